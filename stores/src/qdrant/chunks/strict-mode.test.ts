// A collection whose strict mode refuses more than it allows is read and searched all the same.
import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readAll } from "#test/chunk-store-contract.ts";
import { type HeldPoints, serveHeldPoints } from "#test/fakes/qdrant-points.ts";
import { type FakeQdrant, startFakeQdrant } from "#test/fakes/qdrant-server.ts";
import { makePoints } from "#test/points.ts";
import { makeSpec } from "#test/spec.ts";
import { makeQdrantChunkStore } from "./chunk-store.ts";

const identity = { kind: "qdrant", label: "qdrant://test", digest: "0".repeat(32) };
const limit = (): AbortSignal => AbortSignal.timeout(10_000);
let server: FakeQdrant;
let held: HeldPoints;

beforeAll(async () => {
  server = await startFakeQdrant({ points: makePoints(40), apiKey: "key" });
});

beforeEach(() => {
  held = new Map(makePoints(40).map((point) => [JSON.stringify(point.id), point]));
});

afterAll(async () => {
  await server.close();
});

type Strict = {
  readonly max_query_limit?: number;
  readonly max_timeout?: number;
  readonly condition_max_size?: number;
  readonly filter_max_conditions?: number;
  readonly unindexed_filtering_retrieve?: boolean;
};
type Condition = {
  readonly key?: string;
  readonly match?: { readonly any: readonly unknown[] };
  readonly has_id?: readonly unknown[];
};

/** The refusal in Qdrant's words; undefined: it is allowed. */
function refusalOf(
  strict: Strict,
  indexes: object,
  path: string,
  body: { limit: number; filter?: { should: Condition[] } },
) {
  const { max_query_limit = Infinity, max_timeout = Infinity, condition_max_size = Infinity } = strict;
  const seconds = Number(/timeout=(\d+)/.exec(path)?.[1] ?? 0);
  const should = body.filter?.should ?? [];
  const sizes = should.map(({ match, has_id }) => (match?.any ?? has_id ?? []).length);
  if (seconds > max_timeout) return `Limit exceeded ${seconds} > ${max_timeout} for "timeout". Help: …`;
  if (body.limit > max_query_limit) return `Limit exceeded ${body.limit} > ${max_query_limit} for "limit". Help: …`;
  if (Math.max(0, ...sizes) > condition_max_size)
    return `Condition size limit reached (${Math.max(...sizes)} > ${condition_max_size}). Help: …`;
  if (should.length > (strict.filter_max_conditions ?? Infinity))
    return "Filter condition limit reached (9 > 1). Help: …";
  const unindexed = should.find(({ key }) => key !== undefined && !Object.hasOwn(indexes, key));
  if (strict.unindexed_filtering_retrieve !== false || unindexed === undefined) return undefined;
  return `Index required but not found for "${unindexed.key}" of one of the following types: [keyword]. Help: …`;
}

function serveStrict(strict: Strict, indexes: object = {}): void {
  serveHeldPoints(server, held);
  const serve = server.behave;
  server.behave = (request, response) => {
    if (request.method === "GET") {
      const params = { vectors: { size: 8, distance: "Cosine" } };
      const config = { params, strict_mode_config: { enabled: true, ...strict } };
      return send(response, 200, { result: { points_count: held.size, config, payload_schema: indexes } });
    }
    const { path, body } = server.seen.at(-1) ?? { path: "", body: "{}" };
    const refusal = refusalOf(strict, indexes, path, JSON.parse(body) as never);
    return refusal === undefined
      ? serve?.(request, response)
      : send(response, 400, { status: { error: `Bad request: ${refusal}` } });
  };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function makeStore() {
  const spec = makeSpec("qdrant", { url: server.url, collection: "chunks", apiKey: "key" });
  return makeQdrantChunkStore(spec, { identity, fields: [] });
}

const keyword = { chunk_id: { data_type: "keyword" } };

test.each<Strict>([
  { max_query_limit: 3 },
  { max_timeout: 2 },
  { condition_max_size: 2 },
  { filter_max_conditions: 1 },
  {
    max_query_limit: 5,
    max_timeout: 1,
    condition_max_size: 1,
    filter_max_conditions: 1,
    unindexed_filtering_retrieve: false,
  },
])("F8: %j: every chunk is read and found, each once", async (strict) => {
  held.set("900", { id: 900, payload: {}, vector: [1] });
  held.set("901", { id: 901, payload: { chunk_id: "901" }, vector: [1] });
  serveStrict(strict, keyword);
  const store = makeStore();
  const { chunks } = await readAll(store, { level: "fresh", pageSize: 10 });
  const ids = chunks.map(({ id }) => id);
  expect(ids).toHaveLength(42);
  expect((await store.lookUp(ids, "fresh", limit())).map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  await store.close();
});

test("F8: an index that strict mode wants is named with its key before anything is compared", async () => {
  serveStrict({ unindexed_filtering_retrieve: false }, keyword);
  const store = makeStore();
  await expect(readAll(store, { level: "fresh", sinceMs: 0 })).rejects.toThrow(
    "updated_at: strict mode of the collection wants a datetime index",
  );
  await store.close();
});

test.each(["integer", "float"])("moments under an index of %s aren't compared since a time", async (type) => {
  serveStrict({}, { ...keyword, updated_at: { data_type: type } });
  const store = makeStore();
  const refused = { code: "RETR_VERIFY_NOT_COMPARABLE", message: expect.stringContaining("updated_at: its index") };
  await expect(readAll(store, { level: "fresh", sinceMs: 0 })).rejects.toMatchObject(refused);
  await store.close();
});
