// Reads other than searches: scroll, count, retrieve, facet and a collection's description.
// Bodies are read first and whole, then the collection is asked for: that is Qdrant's order of checks.
import type { Collection, Point } from "./collection.ts";
import { parseDatetime } from "./datetime.ts";
import { LimitFault, ShapeFault, wrongInput } from "./fault.ts";
import { parseFilter } from "./filter.ts";
import { printJson, printMembers } from "./json-print.ts";
import { type Json, type JsonObject, toDouble } from "./json-value.ts";
import { asList, asObject, asString, readBoolean, readString, readUnsigned, required } from "./members.ts";
import { elementsAt, parsePath, parsePayloadSelector } from "./payload.ts";
import { canFacet, canOrder, isIndexed, orderValue } from "./payload-index.ts";
import { comparePointIds, parsePointId, printPointId } from "./point-id.ts";
import { parseVectorSelector, printRecord, type Shown } from "./print-point.ts";

/** What is left to do once the body is read; gives the printed `result`. */
export type Task = (collection: Collection) => string;

function parseShown(body: JsonObject, payloadByDefault: boolean): Shown {
  return {
    payload: parsePayloadSelector(body.get("with_payload"), payloadByDefault),
    vector: parseVectorSelector(body.get("with_vector") ?? body.get("with_vectors")),
  };
}

/** `POST points`: in the order of the request, each once, missing ones left out. */
export function parseRetrieve(value: Json): Task {
  const body = asObject(value, "struct PointRequest");
  const ids = new Set(asList(required(body, "ids")).map(parsePointId));
  const shown = parseShown(body, false);
  return (collection) => {
    const points = [...ids].flatMap((id) => collection.find(id) ?? []);
    return `[${points.map((point) => printRecord(collection, point, shown)).join(",")}]`;
  };
}

export function parseCount(value: Json): Task {
  const body = asObject(value, "struct CountRequest");
  const filter = parseFilter(body.get("filter"));
  readBoolean(body, "exact");
  return (collection) => `{"count":${collection.count(filter)}}`;
}

type OrderBy = { readonly key: string; readonly sign: 1 | -1; readonly startFrom: number | undefined };

/** `POST points/scroll`: by id from `offset` on, or by an indexed field. */
export function parseScroll(value: Json): Task {
  const body = asObject(value, "struct ScrollRequest");
  const limit = readUnsigned(body, "limit") ?? 10;
  const from = (body.get("offset") ?? null) === null ? undefined : parsePointId(body.get("offset"));
  const filter = parseFilter(body.get("filter"));
  const shown = parseShown(body, true);
  const orderBy = parseOrderBy(body.get("order_by") ?? null);
  if (limit < 1) throw new LimitFault("scroll_request.limit: value 0 invalid, must be 1 or larger");
  return (collection) => {
    if (orderBy !== undefined) {
      if (from !== undefined) throw wrongInput(offsetWithOrder);
      const ordered = inOrder(collection, collection.scan(filter), orderBy).slice(0, limit);
      return page(
        ordered.map(({ point, order }) => printRecord(collection, point, shown, order)),
        "null",
      );
    }
    const rest = collection.scan(filter).filter(({ id }) => from === undefined || comparePointIds(id, from) >= 0);
    const next = rest[limit];
    const printed = rest.slice(0, limit).map((point) => printRecord(collection, point, shown));
    return page(printed, next === undefined ? "null" : printPointId(next.id));
  };
}

const offsetWithOrder =
  "Cannot use an `offset` when using `order_by`. The alternative for paging is to use `order_by.start_from` " +
  "and a filter to exclude the IDs that you've already seen for the `order_by.start_from` value";

function page(points: readonly string[], next: string): string {
  return `{"points":[${points.join(",")}],"next_page_offset":${next}}`;
}

function parseOrderBy(value: Json): OrderBy | undefined {
  if (value === null) return undefined;
  if (typeof value === "string") return { key: value, sign: 1, startFrom: undefined };
  const object = asObject(value, "struct OrderBy");
  const direction = readString(object, "direction") ?? "asc";
  if (direction !== "asc" && direction !== "desc") {
    throw new ShapeFault(`unknown variant \`${direction}\`, expected \`asc\` or \`desc\``);
  }
  const start = object.get("start_from") ?? null;
  const startFrom = start === null ? undefined : (toDouble(start) ?? parseDatetime(asString(start)));
  return { key: asString(required(object, "key")), sign: direction === "asc" ? 1 : -1, startFrom };
}

type Ordered = { readonly point: Point; readonly order: number };

function inOrder(collection: Collection, points: readonly Point[], { key, sign, startFrom }: OrderBy): Ordered[] {
  const index = collection.indexes.get(key);
  if (index === undefined || !canOrder(index)) {
    throw wrongInput(
      `No range index for \`order_by\` key: \`${key}\`. Please create one to use \`order_by\`. Check ${indexing} ` +
        "to see which payload schemas support Range conditions",
    );
  }
  const path = parsePath(key);
  const ordered = points.flatMap((point) =>
    elementsAt(point.payload, path).flatMap((value) => {
      const order = orderValue(index, value);
      return order === undefined || (startFrom !== undefined && sign * (order - startFrom) < 0)
        ? []
        : [{ point, order }];
    }),
  );
  return ordered.toSorted((a, b) => sign * (a.order - b.order));
}

const indexing = "https://qdrant.tech/documentation/concepts/indexing/#payload-index";

/** `POST facet`: how many points have each value, most frequent first, then by value. */
export function parseFacet(value: Json): Task {
  const body = asObject(value, "struct FacetRequest");
  const key = asString(required(body, "key"));
  const limit = readUnsigned(body, "limit") ?? 10;
  const filter = parseFilter(body.get("filter"));
  readBoolean(body, "exact");
  if (limit < 1) throw new LimitFault("facet_request.limit: value 0 invalid, must be 1 or larger");
  return (collection) => {
    const index = collection.indexes.get(key);
    if (index === undefined || !canFacet(index)) {
      throw wrongInput(
        `No appropriate index for faceting: \`${key}\`. Please create one to facet on this field. Check ${indexing} ` +
          "to see which payload schemas support Match conditions",
      );
    }
    const counts = new Map<string, number>();
    const path = parsePath(key);
    for (const point of collection.scan(filter)) {
      const values = elementsAt(point.payload, path).filter((element) => isIndexed(index, element));
      for (const printed of new Set(values.map(printJson))) counts.set(printed, (counts.get(printed) ?? 0) + 1);
    }
    const hits = [...counts].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, limit);
    return `{"hits":[${hits.map(([printed, count]) => `{"value":${printed},"count":${count}}`).join(",")}]}`;
  };
}

/** `GET collections/C`. The status is always green: nothing here is ever being indexed. */
export function describeCollection(collection: Collection): string {
  const schema = [...collection.indexes].map(([name, index]) => {
    const path = parsePath(name);
    const points = collection.count(({ payload }) =>
      elementsAt(payload, path).some((value) => isIndexed(index, value)),
    );
    const params = index.params === undefined ? undefined : printJson(index.params);
    return [
      name,
      printMembers([
        ["data_type", `"${index.type}"`],
        ["params", params],
        ["points", String(points)],
      ]),
    ] as const;
  });
  return printMembers([
    ["status", '"green"'],
    ["optimizer_status", '"ok"'],
    ["indexed_vectors_count", "0"],
    ["points_count", String(collection.count())],
    ["segments_count", "2"],
    ["config", printJson(collection.config.shown)],
    ["payload_schema", printMembers(schema)],
    ["update_queue", '{"length":0}'],
  ]);
}
