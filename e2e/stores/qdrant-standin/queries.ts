// What a collection is asked: searches, scrolls and its description. Bodies have been read before.
// Searches are exhaustive and exact; equal scores come in an order that hangs on the seed and the request, never on the ids.
import type { z } from "zod";
import type { queryBody, scrollBody } from "./bodies.ts";
import { type Collection, checkDimension } from "./data/collection.ts";
import { parseDatetime } from "./data/datetime.ts";
import { wrongInput } from "./data/fault.ts";
import { type Json, toDouble } from "./data/json.ts";
import { elementsAt, parsePath } from "./data/payload.ts";
import { indexedInteger, isIndexed } from "./data/payload-index.ts";
import { comparePointIds, printPointId } from "./data/point-id.ts";
import { pointPrinter } from "./data/print-point.ts";

const defaultLimit = 10;

/** `POST points/query`, best first. Throws when the collection lacks the vector or the dimension differs. */
export function runQuery(collection: Collection, body: z.infer<typeof queryBody>, seed: number): string {
  const offset = body.offset ?? 0;
  const limit = offset + (body.limit ?? defaultLimit);
  const space = collection.space(body.using ?? "");
  checkDimension(space, body.query);
  const hits = space.search({
    query: body.query,
    count: Math.min(limit, collection.count()),
    accepts: (slot) => {
      const point = collection.at(slot);
      return point !== undefined && collection.passes(point, body.filter);
    },
    tieBreak: (slot) => shuffled(slot, seed, limit),
  });
  const print = pointPrinter(collection, body);
  const points = hits.slice(offset).flatMap(({ slot, score }) => {
    const point = collection.at(slot);
    return point === undefined ? [] : [print(point, { score })];
  });
  return `{"points":[${points.join(",")}]}`;
}

/** A number that looks random for every slot, and is the same for the same seed and request. */
function shuffled(slot: number, seed: number, request: number): number {
  let mixed = Math.imul(slot + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca6b) ^ Math.imul(request + 1, 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

type ScrollBody = z.infer<typeof scrollBody>;

/** `POST points/scroll`: by id from `offset` on, or by an indexed time. */
export function runScroll(collection: Collection, body: ScrollBody): string {
  const limit = body.limit ?? defaultLimit;
  const from = body.offset ?? null;
  const print = pointPrinter(collection, body, true);
  const points = collection.scan(body.filter);
  if (body.order_by !== undefined && body.order_by !== null) {
    if (from !== null) throw wrongInput(offsetWithOrder);
    const ordered = inOrder(collection, points, body.order_by).slice(0, limit);
    return page(
      ordered.map(({ point, order }) => print(point, { order })),
      "null",
    );
  }
  const rest = points.filter(({ id }) => from === null || comparePointIds(id, from) >= 0);
  const next = rest[limit];
  return page(
    rest.slice(0, limit).map((point) => print(point)),
    next === undefined ? "null" : printPointId(next.id),
  );
}

const offsetWithOrder =
  "Cannot use an `offset` when using `order_by`. The alternative for paging is to use `order_by.start_from` " +
  "and a filter to exclude the IDs that you've already seen for the `order_by.start_from` value";

function page(points: readonly string[], next: string): string {
  return `{"points":[${points.join(",")}],"next_page_offset":${next}}`;
}

type OrderBy = NonNullable<ScrollBody["order_by"]>;

/** What an index orders by: times are microseconds since 1970. */
const orderOf: Readonly<Record<string, (value: Json) => number | undefined>> = {
  datetime: (value) => (typeof value === "string" ? parseDatetime(value) : undefined),
  integer: (value) => (indexedInteger(value) === undefined ? undefined : toDouble(value)),
  float: toDouble,
};

/** Points of whose key the index holds nothing are left out. */
function inOrder(collection: Collection, points: ReturnType<Collection["scan"]>, { key, direction }: OrderBy) {
  const orderIn = orderOf[collection.indexes.get(key)?.type ?? ""];
  if (orderIn === undefined) {
    throw wrongInput(
      `No range index for \`order_by\` key: \`${key}\`. Please create one to use \`order_by\`. Check ` +
        "https://qdrant.tech/documentation/concepts/indexing/#payload-index to see which payload schemas support Range conditions",
    );
  }
  const path = parsePath(key);
  const ordered = points.flatMap((point) =>
    elementsAt(point.payload, path).flatMap((value) => {
      const order = orderIn(value);
      return order === undefined ? [] : [{ point, order }];
    }),
  );
  const sign = direction === "desc" ? -1 : 1;
  return ordered.toSorted((a, b) => sign * (a.order - b.order));
}

/** Nothing here depends on them: Qdrant's defaults, and what was set. */
const defaultSettings = {
  hnsw_config: { m: 16, ef_construct: 100, full_scan_threshold: 10_000, max_indexing_threads: 0, on_disk: false },
  optimizer_config: {
    deleted_threshold: 0.2,
    vacuum_min_vector_number: 1000,
    default_segment_number: 0,
    max_segment_size: null,
    memmap_threshold: null,
    indexing_threshold: 10_000,
    flush_interval_sec: 5,
    max_optimization_threads: null,
    prevent_unoptimized: null,
  },
  wal_config: { wal_capacity_mb: 32, wal_segments_ahead: 0, wal_retain_closed: 1 },
};

/** `GET collections/C`. The status is always green: nothing here is ever being indexed. */
export function describeCollection(collection: Collection): object {
  const {
    isMap = false,
    vectors = {},
    hnsw_config,
    optimizers_config,
    quantization_config = null,
  } = collection.settings;
  const params = [...collection.spaces].map(
    ([name, { size, distance }]) => [name, { size, distance, ...vectors[name] }] as const,
  );
  const unnamed = params.find(([name]) => name === "");
  const indexes = [...collection.indexes].map(([name, { type, params: given }]) => {
    const path = parsePath(name);
    const points = collection
      .scan()
      .filter(({ payload }) => elementsAt(payload, path).some((value) => isIndexed(type, value)));
    return [name, { data_type: type, ...(given === undefined ? {} : { params: given }), points: points.length }];
  });
  return {
    status: "green",
    optimizer_status: "ok",
    indexed_vectors_count: 0,
    points_count: collection.count(),
    segments_count: 2,
    config: {
      params: {
        vectors: isMap || unnamed === undefined ? Object.fromEntries(params) : unnamed[1],
        shard_number: 1,
        replication_factor: 1,
        write_consistency_factor: 1,
        on_disk_payload: true,
      },
      ...defaultSettings,
      hnsw_config: { ...defaultSettings.hnsw_config, ...hnsw_config },
      optimizer_config: { ...defaultSettings.optimizer_config, ...optimizers_config },
      quantization_config,
      ...(collection.strict === null ? {} : { strict_mode_config: collection.strict }),
    },
    payload_schema: Object.fromEntries(indexes),
    update_queue: { length: 0 },
  };
}
