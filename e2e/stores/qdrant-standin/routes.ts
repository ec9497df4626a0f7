// The routes of the REST API: which path, who may take it, and what its body is read as.
// Reading a body and doing the work are two steps: rights are checked in between, as Qdrant does.
import { type Catalog, parseAliasActions } from "./catalog.ts";
import type { Collection } from "./collection.ts";
import { parseCollectionConfig } from "./collection-config.ts";
import { ApiFault, notFound, notInStandIn, wrongInput } from "./fault.ts";
import type { Json } from "./json-value.ts";
import type { Parameters } from "./parameters.ts";
import { parsePathId, printPointId } from "./point-id.ts";
import { printRecord, printScored } from "./print-point.ts";
import { parseBatch, parseQuery, parseSearch, type Query, runQuery } from "./query.ts";
import { describeCollection, parseCount, parseFacet, parseRetrieve, parseScroll, type Task } from "./reads.ts";
import {
  parseClearPayload,
  parseCreateIndex,
  parseDelete,
  parseDeletePayload,
  parseOverwritePayload,
  parseSetPayload,
  parseUpsert,
  type Write,
} from "./writes.ts";

export type Context = {
  readonly catalog: Catalog;
  readonly seed: number;
  /** What stands in the path for `*`, decoded. */
  readonly names: readonly string[];
  readonly parameters: Parameters;
  readonly body: Json;
};

/** `result`: printed JSON for the `result` member. `text` and `json`: the whole body. */
export type Answer = { readonly kind: "result" | "text" | "json"; readonly text: string };

export type Route = {
  readonly method: string;
  readonly path: readonly string[];
  /** `open`: without a key, and never disturbed by staged faults. */
  readonly access: "open" | "read" | "write";
  readonly hasBody: boolean;
  /** Reads path and body; throws what is wrong with them. The answer comes from calling what it returns. */
  readonly prepare: (context: Context) => () => Answer;
};

const version = { title: "qdrant - vector search engine", version: "1.18.3", commit: "stand-in" };

function result(text: string): Answer {
  return { kind: "result", text };
}

function plain(path: string, text: string): Route {
  return makeRoute(`GET ${path}`, "open", () => () => ({ kind: "text", text }));
}

function makeRoute(place: string, access: Route["access"], prepare: Route["prepare"]): Route {
  const [method = "", path = ""] = place.split(" ");
  const hasBody = method !== "GET" && method !== "DELETE";
  return { method, path: path.split("/").filter((step) => step !== ""), access, hasBody, prepare };
}

/** A read of one collection with a body. */
function read(path: string, parse: (body: Json) => Task): Route {
  return makeRoute(`POST /collections/*${path}`, "read", ({ catalog, names, body }) => {
    const task = parse(body);
    return () => result(task(catalog.get(names[0] ?? "")));
  });
}

function write(method: string, path: string, parse: (body: Json) => Write): Route {
  return makeRoute(`${method} /collections/*${path}`, "write", ({ catalog, names, body, parameters }) => {
    const apply = parse(body);
    return () => {
      const operation = apply(catalog.get(names[0] ?? ""));
      return result(`{"operation_id":${operation},"status":"${parameters.wait ? "completed" : "acknowledged"}"}`);
    };
  });
}

type Search = {
  readonly parse: (body: Json) => readonly Query[];
  readonly print: (answers: readonly string[]) => string;
};

function search(path: string, { parse, print }: Search): Route {
  return makeRoute(`POST /collections/*/points${path}`, "read", ({ catalog, names, body, seed }) => {
    const queries = parse(body);
    return () => {
      const collection = catalog.get(names[0] ?? "");
      return result(print(queries.map((query) => printHits(collection, query, seed))));
    };
  });
}

function printHits(collection: Collection, query: Query, seed: number): string {
  const shown = { payload: query.showPayload, vector: query.showVector };
  return `[${runQuery(collection, query, seed)
    .map((hit) => printScored(collection, hit, shown))
    .join(",")}]`;
}

function only(answers: readonly string[]): string {
  return answers[0] ?? "[]";
}

function listed(answers: readonly string[]): string {
  return `[${answers.join(",")}]`;
}

function points(answer: string): string {
  return `{"points":${answer}}`;
}

const service: readonly Route[] = [
  makeRoute("GET /", "open", () => () => ({ kind: "json", text: JSON.stringify(version) })),
  plain("/healthz", "healthz check passed"),
  plain("/livez", "healthz check passed"),
  plain("/readyz", "all shards are ready"),
  makeRoute("GET /metrics", "read", ({ catalog }) => () => ({ kind: "text", text: metricsOf(catalog) })),
  makeRoute(
    "GET /telemetry",
    "read",
    ({ catalog }) =>
      () =>
        result(telemetryOf(catalog)),
  ),
];

function metricsOf(catalog: Catalog): string {
  const version = `app_info{name="qdrant",version="1.18.3"} 1`;
  return `# HELP app_info information about qdrant server\n# TYPE app_info gauge\n${version}\n# TYPE collections_total gauge\ncollections_total ${catalog.collections.size}\n`;
}

/** Answers aren't counted here, so only the shape is Qdrant's. */
function telemetryOf({ collections }: Catalog): string {
  const none = { count: 0, avg_duration_micros: 0.5 };
  const counted = ["/readyz", "/livez", "/healthz", "/"].map((path) => [`GET ${path}`, { 200: none }] as const);
  return JSON.stringify({
    id: "00000000-0000-4000-8000-000000000000",
    app: { name: "qdrant", version: version.version, startup: "1970-01-01T00:00:00Z" },
    collections: { number_of_collections: collections.size },
    cluster: { enabled: false, resharding_enabled: false },
    requests: { rest: { responses: Object.fromEntries(counted) }, grpc: { responses: {} } },
  });
}

const collections: readonly Route[] = [
  makeRoute("GET /collections", "read", ({ catalog }) => () => {
    return result(JSON.stringify({ collections: [...catalog.collections.keys()].map((name) => ({ name })) }));
  }),
  makeRoute("GET /aliases", "read", ({ catalog }) => () => {
    const aliases = [...catalog.aliases].map(([alias, name]) => ({ alias_name: alias, collection_name: name }));
    return result(JSON.stringify({ aliases }));
  }),
  makeRoute("POST /collections/aliases", "write", ({ catalog, body }) => {
    const change = parseAliasActions(body);
    return () => {
      change(catalog);
      return result("true");
    };
  }),
  makeRoute(
    "GET /collections/*",
    "read",
    ({ catalog, names }) =>
      () =>
        result(describeCollection(catalog.get(names[0] ?? ""))),
  ),
  makeRoute(
    "GET /collections/*/exists",
    "read",
    ({ catalog, names }) =>
      () =>
        result(`{"exists":${catalog.has(names[0] ?? "")}}`),
  ),
  makeRoute("PUT /collections/*", "write", prepareCreate),
  makeRoute(
    "DELETE /collections/*",
    "write",
    ({ catalog, names }) =>
      () =>
        result(String(catalog.delete(names[0] ?? ""))),
  ),
  makeRoute("DELETE /collections/*/index/*", "write", ({ catalog, names, parameters }) => () => {
    const collection = catalog.get(names[0] ?? "");
    collection.indexes.delete(names[1] ?? "");
    const status = parameters.wait ? "completed" : "acknowledged";
    return result(`{"operation_id":${collection.nextOperation()},"status":"${status}"}`);
  }),
];

const forbiddenInNames = '<>:"/\\|?*\0\u001f';

function prepareCreate({ catalog, names, body }: Context): () => Answer {
  const name = names[0] ?? "";
  const forbidden = Array.from(forbiddenInNames).find((character) => name.includes(character));
  if (forbidden !== undefined) {
    const text = `[collection_name: collection name cannot contain "${forbidden}" char]`;
    throw new ApiFault(422, `Validation error in path parameters: ${text}`, true);
  }
  const config = parseCollectionConfig(body);
  return () => {
    catalog.create(name, config);
    return result("true");
  };
}

function prepareGetPoint({ catalog, names }: Context): () => Answer {
  const text = names[1] ?? "";
  const id = parsePathId(text);
  if (id === undefined) throw wrongInput(`Can not recognize "${text}" as point id`);
  return () => {
    const collection = catalog.get(names[0] ?? "");
    const point = collection.find(id);
    if (point === undefined) throw notFound(`Point with id ${printPointId(id)} does not exists!`);
    return result(printRecord(collection, point, { payload: (payload) => payload, vector: true }));
  };
}

const collectionRoutes: readonly Route[] = [
  makeRoute("GET /collections/*/points/*", "read", prepareGetPoint),
  read("/points", parseRetrieve),
  read("/points/scroll", parseScroll),
  read("/points/count", parseCount),
  read("/facet", parseFacet),
  search("/query", { parse: (body) => [parseQuery(body)], print: (answers) => points(only(answers)) }),
  search("/query/batch", {
    parse: (body) => parseBatch(body, parseQuery),
    print: (answers) => listed(answers.map(points)),
  }),
  search("/search", { parse: (body) => [parseSearch(body)], print: only }),
  search("/search/batch", { parse: (body) => parseBatch(body, parseSearch), print: listed }),
  write("PUT", "/points", parseUpsert),
  write("POST", "/points/delete", parseDelete),
  write("POST", "/points/payload", parseSetPayload),
  write("PUT", "/points/payload", parseOverwritePayload),
  write("POST", "/points/payload/delete", parseDeletePayload),
  write("POST", "/points/payload/clear", parseClearPayload),
  write("PUT", "/index", parseCreateIndex),
];

/** Routes of Qdrant that this server refuses by name instead of denying that they are there. */
const missing: readonly Route[] = [
  "PATCH /collections/*",
  "POST /collections/*/points/batch",
  "PUT /collections/*/points/vectors",
  "POST /collections/*/points/vectors/delete",
  "POST /collections/*/points/query/groups",
  "POST /collections/*/points/recommend",
  "POST /collections/*/points/discover",
  "GET /collections/*/optimizations",
  "GET /collections/*/snapshots",
  "POST /collections/*/snapshots",
  "GET /cluster",
].map((place) =>
  makeRoute(place, "read", () => {
    throw notInStandIn(place);
  }),
);

export const routes: readonly Route[] = [...service, ...collections, ...collectionRoutes, ...missing];
