// The routes of the REST API that take a key: each reads its body and does its work.
// Refusals are thrown as ApiFault.
import type { z } from "zod";
import { changeAliases, checkFree, dropCollection, listAliases } from "./aliases.ts";
import {
  aliasesBody,
  batchBody,
  changeBody,
  countBody,
  createBody,
  deleteBody,
  indexBody,
  queryBody,
  readBody,
  retrieveBody,
  scrollBody,
  setPayloadBody,
  upsertBody,
} from "./bodies.ts";
import { Collection, type Visibility } from "./data/collection.ts";
import { ApiFault, noCollection, notInStandIn, wrongInput } from "./data/fault.ts";
import type { Filter } from "./data/filter.ts";
import { isObject } from "./data/json.ts";
import { parsePath } from "./data/payload.ts";
import { indexTypes } from "./data/payload-index.ts";
import { readPointId } from "./data/point-id.ts";
import { pointPrinter } from "./data/print-point.ts";
import { checkGraph, checkStrictly } from "./data/strict-mode.ts";
import { describeCollection, runQuery, runScroll } from "./queries.ts";

/** All data of a server. They live longer than any listening socket. */
export type Store = {
  readonly collections: Map<string, Collection>;
  /** By each, the collection that it leads to. */
  readonly aliases: Map<string, string>;
  readonly visible: Visibility;
  /** Decides the order of equal scores. */
  readonly seed: number;
};

type Call = {
  readonly store: Store;
  /** What stands in the path for `*`, decoded. */
  readonly names: readonly string[];
  /** Whether the answer to a write says that it is in force; here it always is. */
  readonly wait: boolean;
  /** As it was asked for, s. */
  readonly timeout: number | undefined;
  readonly body: string;
};

/** Gives the printed `result` of the answer. */
export type Route = { readonly place: string; readonly pattern: RegExp; readonly answer: (call: Call) => string };

function makeRoute(place: string, answer: Route["answer"]): Route {
  return { place, pattern: new RegExp(`^${place.replaceAll("*", "([^/]+)")}$`), answer };
}

/** The route of a method and path, and what stands there for `*`. A trailing slash doesn't count. */
export function matchRoute(method: string, path: string): { route: Route; names: readonly string[] } | undefined {
  for (const route of routes) {
    const match = route.pattern.exec(`${method} ${path.replace(/\/+$/, "")}`);
    if (match === null) continue;
    try {
      return { route, names: match.slice(1).map(decodeURIComponent) };
    } catch {
      return undefined;
    }
  }
  return undefined;
}

function collectionOf({ store, names: [name = ""] }: Call): Collection {
  const own = store.aliases.get(name) ?? name;
  const collection = store.collections.get(own);
  if (collection === undefined) throw noCollection(own);
  return collection;
}

/** Bodies are read whole before the collection is asked for: that is Qdrant's order of checks. */
function withBody<T>(schema: z.ZodType<T>, work: (collection: Collection, body: T, call: Call) => string) {
  return (call: Call): string => {
    const body = readBody(schema, call.body);
    return work(collectionOf(call), body, call);
  };
}

type Read = {
  readonly filter?: Filter | null | undefined;
  readonly limit?: number | null | undefined;
  readonly params?:
    | {
        readonly exact?: boolean | null | undefined;
        readonly hnsw_ef?: number | null | undefined;
        readonly quantization?: { readonly oversampling?: number | null | undefined } | null | undefined;
      }
    | null
    | undefined;
};

/** What strict mode has against a read. */
function checkRead({ strict, indexes }: Collection, { filter, limit, params }: Read, { timeout }: Call): void {
  if (strict === null) return;
  const limits = [
    ["limit", limit, strict.max_query_limit],
    ["timeout", timeout, strict.max_timeout],
    ["hnsw_ef", params?.hnsw_ef, strict.search_max_hnsw_ef],
    ["oversampling", params?.quantization?.oversampling, strict.search_max_oversampling],
  ] as const;
  checkStrictly({ strict, indexes, use: "retrieve", filter, limits, isExact: params?.exact === true });
}

/** What it has against the conditions of a write. */
function checkWrite({ strict, indexes }: Collection, filter: Filter | null | undefined, points = 0): void {
  if (strict === null) return;
  const limits = [["upsert limit", points, strict.upsert_max_batchsize]] as const;
  checkStrictly({ strict, indexes, use: "update", filter, limits });
}

/** A read that answers after strict mode has let it through. */
function read<T extends Read>(
  place: string,
  schema: z.ZodType<T>,
  work: (collection: Collection, body: T, call: Call) => string,
): Route {
  return makeRoute(
    place,
    withBody(schema, (collection, body, call) => {
      checkRead(collection, body, call);
      return work(collection, body, call);
    }),
  );
}

function setPayload(collection: Collection, { points, filter, payload, key }: z.infer<typeof setPayloadBody>): number {
  checkWrite(collection, filter);
  const ids = points ?? collection.scan(filter).map(({ id }) => id);
  return collection.setPayload(ids, payload, typeof key === "string" ? parsePath(key) : []);
}

function carryOut(collection: Collection, operation: z.infer<typeof batchBody>["operations"][number]): string {
  if ("update_vectors" in operation) checkWrite(collection, operation.update_vectors.update_filter);
  const number =
    "set_payload" in operation
      ? setPayload(collection, operation.set_payload)
      : collection.updateVectors(
          operation.update_vectors.points.map(({ id, vector }) => ({ id, vectors: vector })),
          operation.update_vectors.update_filter,
        );
  return `{"operation_id":${number},"status":"completed"}`;
}

/** `apply` gives the number of the update. */
function write<T>(place: string, schema: z.ZodType<T>, apply: (collection: Collection, body: T) => number): Route {
  return makeRoute(
    place,
    withBody(schema, (collection, body, { wait }) => {
      const operation = apply(collection, body);
      return `{"operation_id":${operation},"status":"${wait ? "completed" : "acknowledged"}"}`;
    }),
  );
}

const forbiddenInNames = '<>:"/\\|?*\0\u001f';

function create(call: Call): string {
  const { store, names, body } = call;
  const [name = ""] = names;
  if (Array.from(forbiddenInNames).some((character) => name.includes(character))) {
    throw new ApiFault(422, "Validation error in path parameters: the name has a forbidden character", true);
  }
  const { vectors, ...settings } = readBody(createBody, body);
  checkFree(store, name);
  const isOne = "distance" in vectors && typeof vectors.distance === "string";
  const spaces = Object.entries(isOne ? { "": vectors } : vectors);
  const shown = { ...settings, vectors: Object.fromEntries(spaces), isMap: !isOne };
  store.collections.set(name, new Collection(spaces, store.visible, shown));
  return "true";
}

const present: readonly Route[] = [
  makeRoute("GET /collections", ({ store }) =>
    JSON.stringify({ collections: [...store.collections.keys()].map((name) => ({ name })) }),
  ),
  makeRoute("GET /collections/*", (call) => JSON.stringify(describeCollection(collectionOf(call)))),
  makeRoute("PUT /collections/*", create),
  makeRoute(
    "PATCH /collections/*",
    withBody(changeBody, (collection, { strict_mode_config, ...settings }) => {
      if (strict_mode_config !== undefined) collection.strict = { ...collection.strict, ...strict_mode_config };
      const given = Object.entries(settings).filter(([, value]) => value !== undefined);
      collection.settings = { ...collection.settings, ...Object.fromEntries(given) };
      return "true";
    }),
  ),
  makeRoute("DELETE /collections/*", ({ store, names }) => dropCollection(store, names[0] ?? "")),
  makeRoute("GET /aliases", ({ store }) => listAliases(store)),
  makeRoute("POST /collections/aliases", ({ store, body }) =>
    changeAliases(store, readBody(aliasesBody, body).actions),
  ),
  makeRoute(
    "POST /collections/*/points",
    // In the order of the request, each once, missing ones left out.
    withBody(retrieveBody, (collection, body) => {
      const print = pointPrinter(collection, body);
      const points = [...new Set(body.ids)].flatMap((id) => collection.find(id) ?? []);
      return `[${points.map((point) => print(point)).join(",")}]`;
    }),
  ),
  makeRoute("GET /collections/*/points/*", (call) => {
    const collection = collectionOf(call);
    const [, text = ""] = call.names;
    const id = readPointId(/^\d+$/.test(text) ? BigInt(text) : text);
    if (id === undefined) throw wrongInput(`Can not recognize "${text}" as point id`);
    const point = collection.find(typeof id === "bigint" && id <= Number.MAX_SAFE_INTEGER ? Number(id) : id);
    if (point === undefined) throw new ApiFault(404, `Not found: Point with id ${text} does not exists!`);
    return pointPrinter(collection, { with_payload: true, with_vector: true })(point);
  }),
  read("POST /collections/*/points/query", queryBody, (collection, body, { store }) => {
    const { strict, indexes, settings } = collection;
    if (strict !== null) checkGraph({ strict, indexes, hnsw: { ...settings.hnsw_config }, filter: body.filter });
    return runQuery(collection, body, store.seed);
  }),
  read("POST /collections/*/points/scroll", scrollBody, runScroll),
  read(
    "POST /collections/*/points/count",
    countBody,
    (collection, { filter }) => `{"count":${collection.count(filter)}}`,
  ),
  write("PUT /collections/*/points", upsertBody, (collection, { points, update_filter, update_mode }) => {
    if (points.length === 0) throw new ApiFault(400, "Bad request: Empty update request");
    if (points.some(({ vector }) => [...vector.values()].some(({ length }) => length === 0)))
      throw new ApiFault(422, "Validation error in JSON body: [dense vector must not be empty]", true);
    checkWrite(collection, update_filter, points.length);
    const mode = update_mode ?? "upsert";
    return collection.upsert(
      points.map(({ id, vector, payload }) => ({ id, vectors: vector, payload: payload ?? {} })),
      (held) =>
        held === undefined ? mode !== "update_only" : mode !== "insert_only" && collection.passes(held, update_filter),
    );
  }),
  write("POST /collections/*/points/delete", deleteBody, (collection, { points, filter }) => {
    checkWrite(collection, filter);
    return collection.delete(points ?? collection.scan(filter).map(({ id }) => id));
  }),
  write("POST /collections/*/points/payload", setPayloadBody, setPayload),
  makeRoute(
    "POST /collections/*/points/batch",
    withBody(
      batchBody,
      (collection, { operations }) => `[${operations.map((operation) => carryOut(collection, operation)).join(",")}]`,
    ),
  ),
  write("PUT /collections/*/index", indexBody, (collection, { field_name, field_schema }) => {
    const asked = typeof field_schema === "string" ? field_schema : field_schema.type;
    const type = indexTypes.find((candidate) => candidate === asked);
    if (type === undefined) throw notInStandIn(`${asked} index`);
    const params = isObject(field_schema) ? field_schema : undefined;
    collection.indexes = new Map([...collection.indexes, [field_name, { type, params }]]);
    // The index is built by an operation of its own.
    collection.nextOperation();
    return collection.nextOperation();
  }),
];

/** Routes of Qdrant that this server refuses by name instead of denying that they are there. */
const missing = [
  "GET /metrics",
  "GET /telemetry",
  "GET /cluster",
  "GET /collections/*/exists",
  "DELETE /collections/*/index/*",
  "POST /collections/*/facet",
  "PUT /collections/*/points/payload",
  "POST /collections/*/points/payload/delete",
  "POST /collections/*/points/payload/clear",
  "PUT /collections/*/points/vectors",
  "POST /collections/*/points/vectors/delete",
  "POST /collections/*/points/query/batch",
  "POST /collections/*/points/query/groups",
  "POST /collections/*/points/search",
  "POST /collections/*/points/search/batch",
  "POST /collections/*/points/recommend",
  "POST /collections/*/points/discover",
  "GET /collections/*/optimizations",
  "GET /collections/*/snapshots",
  "POST /collections/*/snapshots",
].map((place) =>
  makeRoute(place, () => {
    throw notInStandIn(place);
  }),
);

const routes: readonly Route[] = [...present, ...missing];
