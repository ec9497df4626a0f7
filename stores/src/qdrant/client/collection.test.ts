import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type FakeQdrant, startFakeQdrant } from "#test/fakes/qdrant-server.ts";
import { makePoints } from "#test/points.ts";
import { makeSpec, testDeps } from "#test/spec.ts";
import { checkCollection } from "../check/check-collection.ts";
import { makeQdrantBackend } from "../retrieve/backend.ts";

let server: FakeQdrant;

beforeAll(async () => {
  server = await startFakeQdrant({ points: makePoints(40) });
});

afterEach(() => {
  server.behave = undefined;
});

afterAll(() => server.close());

const dense = { size: 8, distance: "Cosine" };
const many = { ...dense, multivector_config: { comparator: "max_sim" } };

/** What a probe and `check-config --connect` make of a collection that says this of itself. */
async function inspect(result: object, change: object = {}) {
  server.behave = (request, response) =>
    request.method === "GET" ? response.end(JSON.stringify({ result, status: "ok" })) : "as usual";
  const spec = makeSpec("qdrant", { url: server.url, collection: "chunks", ...change });
  const backend = makeQdrantBackend(spec, testDeps);
  const facts = await backend.probe(AbortSignal.timeout(5000));
  await backend.close();
  return { facts, findings: await checkCollection(spec, { signal: AbortSignal.timeout(5000), filterable: undefined }) };
}

const of = (params: object) => ({ status: "green", points_count: 40, config: { params } });
const ofVectors = (vectors: object) => of({ vectors });

test.each([
  ["an unnamed vector where a name is configured", ofVectors(dense), { vectorName: "text" }, "(vectorName)"],
  ["named ones where none is configured", ofVectors({ a: dense, b: dense }), {}, "(vectorName); it has a, b"],
  [
    "others than the configured one",
    ofVectors({ a: dense, m: many }),
    { vectorName: "c" },
    "(vectorName); it has a, m",
  ],
])("%s are told with the names that there are", async (_, result, change, end) => {
  const { facts, findings } = await inspect(result, change);
  const message = `the collection has no vector of the configured name ${end}`;
  expect(facts.fault).toMatchObject({ code: "RETR_BACKEND_MISSING", message });
  expect(findings).toContainEqual(expect.objectContaining({ level: "fails", field: "vectorName", found: message }));
});

const list = "a list of vectors for each point (multivector_config)";

test.each([
  [{ vectors: many }, {}, list],
  [{ vectors: { late: many, other: dense } }, { vectorName: "late" }, list],
  [{ vectors: { text: dense }, sparse_vectors: { words: {} } }, { vectorName: "words" }, "a sparse one"],
  [{ vectors: {}, sparse_vectors: { words: { index: {} } } }, { vectorName: "words" }, "a sparse one"],
])("of %j the vector of %j is refused by its kind before the first request", async (params, change, kind) => {
  const { facts, findings } = await inspect(of(params), change);
  const message = `vectorName: expected a dense vector, the collection has ${kind} of this name: name another one`;
  expect(facts).toMatchObject({ dimension: null, fault: { code: "RETR_BACKEND_MISSING", message } });
  expect(findings).toContainEqual(expect.objectContaining({ level: "fails", field: "vectorName" }));
});

test("a vector of more numbers than any request has is refused before the first one, and one of as many isn't", async () => {
  const { facts, findings } = await inspect(ofVectors({ ...dense, size: 16_001 }));
  const message = "vectorName: expected a vector of at most 16000 numbers, as no request has more, it has 16001";
  expect(facts).toMatchObject({ dimension: null, fault: { code: "RETR_BACKEND_MISSING", message } });
  expect(findings).toContainEqual(expect.objectContaining({ level: "fails", field: "vectorName", found: message }));
  expect((await inspect(ofVectors({ ...dense, size: 16_000 }))).facts).toMatchObject({
    fault: null,
    dimension: 16_000,
  });
});

test("a dense vector beside those of other kinds is served", async () => {
  const params = { vectors: { text: dense, late: many }, sparse_vectors: { words: {} } };
  const { facts } = await inspect(of(params), { vectorName: "text" });
  expect(facts).toMatchObject({ fault: null, dimension: 8 });
});

test.each([
  ["alone, made by the empty name as LangChain does", { vectors: { "": dense } }],
  ["by the empty name beside another", { vectors: { "": dense, other: { size: 2, distance: "Dot" } } }],
  ["alone beside a sparse one", { vectors: dense, sparse_vectors: { words: {} } }],
])("an unnamed vector %s is served where no name is configured", async (_, params) => {
  const { facts, findings } = await inspect(of(params));
  expect(facts).toMatchObject({ fault: null, dimension: 8 });
  expect(findings).toContainEqual(expect.objectContaining({ level: "ok", field: "vectorName" }));
});

test("where a name is configured, an unnamed vector isn't offered as one of a name", async () => {
  const { facts } = await inspect(of({ vectors: { "": dense, late: dense } }), { vectorName: "text" });
  expect(facts.fault?.message).toMatch(/\(vectorName\); it has late$/);
});

test.each([
  ["red", "its optimizer failed"],
  ["grey", "waits for the next write"],
])("a collection that is %s answers, and what ails it is said", async (status, words) => {
  const { facts, findings } = await inspect({ ...ofVectors(dense), status });
  expect(facts).toMatchObject({ fault: null, dimension: 8, remarks: [expect.stringContaining(words)] });
  expect(findings).toContainEqual(
    expect.objectContaining({ level: "slow", field: "collection", found: expect.stringContaining(words) as string }),
  );
});

test.each(["green", "yellow", "turquoise", undefined])(
  "a collection that is %s has nothing said of it",
  async (status) => {
    const { facts } = await inspect({ ...ofVectors(dense), status });
    expect(facts).toMatchObject({ fault: null, remarks: [] });
  },
);
