// Collections as people have them: strict mode, ids of 64 bits, settings of a search.
import type { ServerResponse } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "#ports/backend.ts";
import { type FakeQdrant, startFakeQdrant } from "#test/fakes/qdrant-server.ts";
import { makePoints, vectorAt } from "#test/points.ts";
import { requestOf } from "#test/requests.ts";
import { makeSpec, testDeps } from "#test/spec.ts";
import { makeQdrantBackend } from "./backend.ts";

let server: FakeQdrant;
const opened: Backend[] = [];

beforeAll(async () => {
  server = await startFakeQdrant({ points: makePoints(3) });
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((backend) => backend.close()));
});

afterAll(() => server.close());

const point = '{"id":1,"score":0.5,"payload":{"chunk_id":"a","entity_id":"e"}}';

let schema: object = {};

/** The backend of a collection with these settings, which answers every query with these points. */
function arrange(strict: object, change: object = {}, points = point): Backend {
  const config = {
    params: { vectors: { size: 8, distance: "Dot" } },
    strict_mode_config: { enabled: true, ...strict },
  };
  const info = { result: { config, payload_schema: schema, points_count: 1 } };
  server.behave = ({ method }, response: ServerResponse) => {
    response.end(method === "GET" ? JSON.stringify(info) : `{"result":{"points":[${points}]}}`);
  };
  const backend = makeQdrantBackend(makeSpec("qdrant", { url: server.url, collection: "chunks", ...change }), testDeps);
  opened.push(backend);
  return backend;
}

const ask = (backend: Backend, body: object = {}) =>
  backend.retrieve(requestOf({ embedding: vectorAt(3), k: 1, ...body }), AbortSignal.timeout(2000));
const probe = (backend: Backend) => backend.probe(AbortSignal.timeout(2000));
const lastQuery = () => server.seen.findLast(({ path }) => path.includes("/points/query"));

describe("strict mode", () => {
  test.each([
    { named: "namespace", says: "a filter on namespace without an index: create one of type keyword" },
    // A server that is told keys and queries may say any of them.
    { named: "acme", says: "a filter on one of the keys without an index: create one of type keyword" },
  ])(
    "refuses a filter in words, and by the key $named that it names only if it was asked for",
    async ({ named, says }) => {
      const backend = arrange({});
      const error = `Index required but not found for "${named}" of one of the following types: [keyword]. Help: …`;
      const described = server.behave;
      server.behave = (request, response) =>
        request.method === "GET"
          ? described?.(request, response)
          : void response.writeHead(400).end(JSON.stringify({ status: { error } }));
      const message = expect.stringContaining(says) as string;
      await expect(ask(backend, { namespace: "acme" })).rejects.toMatchObject({
        code: "RETR_BACKEND_MISSING",
        message,
      });
    },
  );

  test("shortens the server's own time limit, of the first request too", async () => {
    await ask(arrange({ max_timeout: 1 }, { timeoutMs: 5000 }));
    expect(lastQuery()?.path).toContain("timeout=1");
    const exact = { ...requestOf({ embedding: vectorAt(3), k: 1 }), isExact: true };
    await arrange({ max_timeout: 3 }).retrieve(exact, AbortSignal.timeout(2000));
    expect(lastQuery()?.path).toContain("timeout=3");
  });

  const field = { name: "lang", type: "keyword", isList: false } as const;
  const oneOf = (...values: string[]) => ({ op: "in", field, values }) as const;
  test.each([
    [
      { filter_max_conditions: 2 },
      { op: "or", of: [oneOf("a"), oneOf("b"), { op: "not", of: oneOf("c") }] } as const,
      "2 conditions",
    ],
    [{ condition_max_size: 2 }, oneOf("a", "b", "c"), "2 values in a condition"],
  ])(
    "that takes less of a filter, %j, is told to the application, before the store is asked",
    async (strict, filter, most) => {
      const backend = arrange(strict);
      await ask(backend);
      const asked = server.seen.length;
      const answer = backend.retrieve(
        { ...requestOf({ embedding: vectorAt(3), k: 1 }), filter },
        AbortSignal.timeout(2000),
      );
      const message = `filter: expected at most ${most}, the limit of the collection's strict mode, got 3`;
      await expect(answer).rejects.toMatchObject({ code: "RETR_REQUEST_INVALID", path: "filter", message });
      expect(server.seen).toHaveLength(asked);
      const within = { ...requestOf({ embedding: vectorAt(3), k: 1 }), filter: oneOf("a", "b") };
      await expect(backend.retrieve(within, AbortSignal.timeout(2000))).resolves.toMatchObject({ candidates: [{}] });
    },
  );

  test("takes any text of a key whose index is one of UUIDs, which can't hold it", async () => {
    schema = { namespace: { data_type: "uuid" }, lang: { data_type: "uuid" } };
    const own = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
    const backend = arrange({ unindexed_filtering_retrieve: false });
    await ask(backend, { namespace: "acme" });
    expect(JSON.parse(lastQuery()?.body ?? "{}")).toMatchObject({ filter: { must: [{ has_id: [] }] } });
    await ask(backend, { namespace: own });
    expect(JSON.parse(lastQuery()?.body ?? "{}")).toMatchObject({ filter: { must: [{ match: { any: [own] } }] } });
    const shouted = own.toUpperCase();
    await ask(backend, { namespace: shouted });
    expect(JSON.parse(lastQuery()?.body ?? "{}")).toMatchObject({ filter: { must: [{ match: { any: [shouted] } }] } });
    const filter = oneOf("acme", shouted, own);
    await backend.retrieve({ ...requestOf({ embedding: vectorAt(3), k: 1 }), filter }, AbortSignal.timeout(2000));
    const any = [shouted, own];
    expect(JSON.parse(lastQuery()?.body ?? "{}")).toMatchObject({ filter: { must: [{ match: { any } }] } });
    schema = {};
  });

  test("F8: that takes fewer points than a request wants is told to the application, before the store is asked", async () => {
    const backend = arrange({ max_query_limit: 10 });
    await ask(backend, { k: 10 });
    const asked = server.seen.length;
    const message = "k: expected at most 10, the limit of the collection's strict mode, got 11";
    await expect(ask(backend, { k: 11 })).rejects.toMatchObject({ code: "RETR_REQUEST_INVALID", path: "k", message });
    expect(server.seen).toHaveLength(asked);
  });

  test.each([
    [{ search_max_hnsw_ef: 64 }, { hnswEf: 128 }, "hnswEf of at most 64"],
    [
      { search_max_oversampling: 1.5 },
      { quantization: { oversampling: 2 } },
      "quantization.oversampling of at most 1.5",
    ],
    [{ search_allow_exact: false }, { exact: true }, "exact left out"],
  ])("with %j refuses the settings %j by name, whatever is asked", async (strict, searchSettings, words) => {
    const backend = arrange(strict, { searchSettings });
    const fault = {
      code: "RETR_BACKEND_MISSING",
      message: `searchSettings: strict mode of the collection expects ${words}`,
    };
    for (let round = 0; round < 2; round += 1) await expect(ask(backend)).rejects.toMatchObject(fault);
    expect(await probe(backend)).toMatchObject({ fault });
    await expect(ask(arrange({ ...strict, enabled: false }, { searchSettings }))).resolves.toBeDefined();
  });

  test("F8: says beforehand what it will refuse", async () => {
    const strict = {
      unindexed_filtering_retrieve: false,
      max_query_limit: 100,
      read_rate_limit: 600,
      search_allow_exact: false,
    };
    expect((await probe(arrange(strict))).remarks).toEqual([
      "strict mode of the collection refuses requests of a namespace: create an index of type keyword on namespace",
      "strict mode of the collection refuses requests of more than 100 chunks",
      "strict mode of the collection refuses more than 600 reads in a minute",
      "strict mode of the collection refuses exact searches: recall can't be measured",
    ]);
    expect((await probe(arrange({ ...strict, enabled: false }))).remarks).toEqual([]);
  });
});

test.each([
  ["1639887574359322625", "1639887574359322625"],
  ["18446744073709551615", "18446744073709551615"],
  ['"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"', "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
])("F2: a point of id %s without a chunk_id is chunk %s", async (id, chunkId) => {
  const backend = arrange({}, {}, `{"id":${id},"score":1.0,"payload":{"entity_id":9007199254740993}}`);
  const { candidates } = await ask(backend);
  expect(candidates).toMatchObject([{ chunkId, entityId: "9007199254740993", similarity: 0.75 }]);
});

test("settings of a search go with every query but the exact ones", async () => {
  const quantization = { ignore: false, rescore: true, oversampling: 2.5 };
  const backend = arrange({}, { searchSettings: { hnswEf: 256, exact: false, quantization } });
  await ask(backend);
  expect(JSON.parse(lastQuery()?.body ?? "")).toMatchObject({ params: { hnsw_ef: 256, exact: false, quantization } });
  await backend.retrieve({ ...requestOf({ embedding: vectorAt(3), k: 1 }), isExact: true }, AbortSignal.timeout(2000));
  expect(JSON.parse(lastQuery()?.body ?? "")).toMatchObject({ params: { exact: true } });
});

test("a key that may search but not describe is served, and asks once for what it isn't told", async () => {
  const backend = arrange({});
  server.behave = ({ method }, response) => {
    if (method === "GET") response.writeHead(403).end("{}");
    else response.end(`{"result":{"points":[${point}]}}`);
  };
  const asked = server.seen.length;
  for (let round = 0; round < 3; round += 1) expect((await ask(backend)).candidates).toHaveLength(1);
  expect(server.seen.slice(asked).filter(({ path }) => !path.includes("query"))).toHaveLength(1);
});
