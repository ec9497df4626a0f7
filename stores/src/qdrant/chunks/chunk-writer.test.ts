import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { ChunkWriter, WholeChunk } from "#ports/chunk-store.ts";
import { describeChunkWriter, fetchAll, limit, makeChunk, put } from "#test/chunk-writer-contract.ts";
import { type CollectionSettings, type HeldPoints, serveHeldPoints } from "#test/fakes/qdrant-points.ts";
import { type FakeQdrant, startFakeQdrant } from "#test/fakes/qdrant-server.ts";
import { makeSpec } from "#test/spec.ts";
import { parseExact } from "#values/exact-json.ts";
import { makeQdrantChunkWriter } from "./chunk-writer.ts";

const identity = { kind: "qdrant", label: "qdrant://test", digest: "0".repeat(32) };
let server: FakeQdrant;
let collection: CollectionSettings;
let held: HeldPoints;
let writer: ChunkWriter;

beforeAll(async () => {
  server = await startFakeQdrant({ points: [], apiKey: "key" });
});

beforeEach(async () => {
  held = new Map();
  collection = { strict: {}, indexes: {}, version: "1.18.3" };
  serveHeldPoints(server, held, collection);
  await writer?.close();
  writer = make({});
});

afterAll(async () => {
  await writer.close();
  await server.close();
});

function make(change: object, fields: readonly string[] = ["lang", "pages"]): ChunkWriter {
  const spec = makeSpec("qdrant", { url: server.url, collection: "chunks", apiKey: "key", ...change });
  return makeQdrantChunkWriter(spec, { identity, fields });
}

async function withWriter(change: object, work: (other: ChunkWriter) => Promise<void>): Promise<void> {
  const other = make(change);
  try {
    await work(other);
  } finally {
    await other.close();
  }
}

function hold(id: unknown, payload: Record<string, unknown>, vector: unknown = [1, 2]): void {
  held.set(JSON.stringify(id), { id, payload, vector });
}

const payloadOf = (id: unknown): unknown => held.get(JSON.stringify(id))?.payload;
const reasons = async (chunks: readonly WholeChunk[]): Promise<string[]> =>
  (await put(writer, chunks)).map((left) => `${left.id}: ${left.why === "refused" ? left.reason : left.why}`);

describeChunkWriter(() => writer);

const time = "2026-03-01T00:00:00.000Z";

test("an empty collection's first points get UUID version 5 of the chunk id, and wait until they are written", async () => {
  await put(writer, [makeChunk("www.example.com")]);
  // Checked with another implementation of RFC 9562.
  expect([...held.values()].map(({ id }) => id)).toEqual(["b63cdfa4-3df9-568e-97ae-006c5b8fd652"]);
  const sent = server.seen.findLast(({ body }) => body.includes("insert_only"));
  expect(sent?.path).toBe("/collections/chunks/points?wait=true&timeout=60");
  expect(sent?.apiKey).toBe("key");
});

test("a chunk whose new point would get the id of another chunk's isn't loaded and is named, the others are", async () => {
  hold("b63cdfa4-3df9-568e-97ae-006c5b8fd652", { chunk_id: "another" });
  const left = await writer.load([makeChunk("www.example.com"), makeChunk("free")], limit());
  expect(left).toEqual([
    { id: "www.example.com", why: "refused", reason: expect.stringContaining('taken by the chunk "another"') },
  ]);
  expect(payloadOf("b63cdfa4-3df9-568e-97ae-006c5b8fd652")).toEqual({ chunk_id: "another" });
  expect(await fetchAll(writer, ["free"])).toHaveLength(1);
});

test("new points follow the rule of those that are there", async () => {
  hold(7, { chunk_id: 7 });
  await put(writer, [makeChunk("12")]);
  expect(payloadOf(12)).toMatchObject({ chunk_id: 12, entity_id: "entity-1", updated_at: time });
});

test("where the ids follow no rule, that is said before anything is written", async () => {
  hold(7, { chunk_id: "a" });
  expect(await writer.inspect("write", limit())).toEqual([expect.stringContaining("follow no known rule")]);
  held.clear();
  expect(await writer.inspect("write", limit())).toEqual([expect.stringContaining("the collection is empty")]);
});

test("a server that would ignore a write's condition isn't written", async () => {
  collection.version = "1.15.5";
  await expect(writer.inspect("write", limit())).rejects.toMatchObject({
    code: "RETR_REPAIR_WRITE_REFUSED",
    message: "Qdrant 1.15.5 can't make a write depend on what the point holds: upgrade it to 1.16 or later",
  });
  expect(await writer.inspect("read", limit())).toEqual([]);
});

test("a point keeps its 64-bit id, and what the chunk doesn't speak of", async () => {
  const id = parseExact("18446744073709551615");
  hold(id, { chunk_id: "a", text: "kept", ratio: parseExact("1.0"), lang: "en" }, { text: [1, 2], image: [3] });
  await withWriter({ vectorName: "text" }, async (named) => {
    expect(await put(named, [makeChunk("a", { vector: Float32Array.of(5, 6), fields: { lang: null } })])).toEqual([]);
  });
  expect([...held.keys()]).toEqual(["18446744073709551615"]);
  // To set a key to null removes it.
  expect(JSON.stringify(held.get("18446744073709551615"))).toBe(
    `{"id":18446744073709551615,"payload":{"chunk_id":"a","text":"kept","ratio":1.0,"namespace":"even","entity_id":"entity-1","updated_at":"${time}"},"vector":{"text":[5,6],"image":[3]}}`,
  );
});

test("many large vectors go in several requests, and all of them arrive", async () => {
  const vector = new Float32Array(16_000).fill(1 / 3);
  const ids = Array.from({ length: 30 }, (_, index) => `large-${index}`);
  const before = server.seen.length;
  await put(
    writer,
    ids.map((id) => makeChunk(id, { vector })),
  );
  const bodies = server.seen.slice(before).filter(({ path }) => path.startsWith("/collections/chunks/points?wait"));
  expect(bodies.length).toBeGreaterThan(1);
  expect(Math.max(...bodies.map(({ body }) => body.length))).toBeLessThan(33_554_432);
  expect(await writer.fetch(ids, limit())).toHaveLength(30);
});

test("F14: a point id that another chunk's point has is refused with both ids, and nothing of that point changes", async () => {
  const [lower, upper] = ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"];
  hold(lower, { chunk_id: upper, text: "kept" });
  hold("10000000-0000-4000-8000-000000000001", { chunk_id: "10000000-0000-4000-8000-000000000001" });
  const reason = `the point id ${lower} that it would get is taken by the chunk "${upper}"; remove or rename one of the two`;
  expect(await writer.check([{ chunk: makeChunk(lower), over: null }], limit())).toEqual([
    { id: lower, why: "refused", reason },
  ]);
  expect(await reasons([makeChunk(lower)])).toEqual([`${lower}: ${reason}`]);
  expect(payloadOf(lower)).toEqual({ chunk_id: upper, text: "kept" });
});

test("F14: of two new chunks that would get one point id, the second is refused", async () => {
  hold("10000000-0000-4000-8000-000000000001", { chunk_id: "10000000-0000-4000-8000-000000000001" });
  const ids = ["b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "B0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"];
  expect(await reasons(ids.map((id) => makeChunk(id)))).toEqual([
    expect.stringContaining(`taken by the chunk "${ids[0]}"`),
  ]);
});

test("F4: a key with dots leads into objects, both ways; what stands in its way is named", async () => {
  hold(1, { chunk_id: "a", metadata: { tenant: "old", source: "kept" } });
  hold(2, { chunk_id: "b", metadata: "text" });
  hold(3, { chunk_id: "c", "metadata.tenant": "literal" });
  await withWriter({ namespaceField: "metadata.tenant" }, async (nested) => {
    expect((await fetchAll(nested, ["a", "b", "c"])).map(({ namespace }) => namespace)).toEqual([
      "old",
      undefined,
      undefined,
    ]);
    const left = await put(
      nested,
      ["a", "b", "new"].map((id) => makeChunk(id, { namespace: "acme" })),
    );
    expect(left).toEqual([
      {
        id: "b",
        why: "refused",
        reason:
          "key metadata.tenant: what the payload holds on the way there is no object; correct the point's payload",
      },
    ]);
    expect((await fetchAll(nested, ["new"]))[0]?.namespace).toBe("acme");
  });
  expect(payloadOf(1)).toMatchObject({ metadata: { tenant: "acme", source: "kept" } });
  expect(payloadOf(2)).toEqual({ chunk_id: "b", metadata: "text" });
});

test("F9: a value keeps its type, and its spelling where it means the same; a decimal without a fraction is whole", async () => {
  const name = parseExact("7.0");
  hold(1, { chunk_id: "a", entity_id: name, namespace: 7, pages: 12, updated_at: "2026-03-01T00:00:00Z" });
  const chunk = makeChunk("a", {
    entityId: "7",
    namespace: 7,
    fields: { pages: parseExact("12.00"), lang: parseExact("2.50") },
    decimals: ["pages"],
  });
  expect(await reasons([chunk])).toEqual([]);
  expect(JSON.stringify(payloadOf(1))).toContain(
    '{"chunk_id":"a","entity_id":7.0,"namespace":7,"pages":12,"updated_at":"2026-03-01T00:00:00Z","lang":2.50',
  );
  expect(await reasons([makeChunk("b", { fields: { pages: parseExact("12.00") }, decimals: ["pages"] })])).toEqual([]);
  expect(server.seen.findLast(({ body }) => body.includes("insert_only"))?.body).toContain('"pages":12,');
  for (const digits of ["18446744073709551616", "0.12345678901234567890"]) {
    expect(await reasons([makeChunk("c", { fields: { pages: parseExact(digits) } })])).toEqual([
      expect.stringContaining("key pages: Qdrant would keep another number than the chunk's"),
    ]);
  }
});

test("F1: whole numbers beyond 2^53 are found by payload and by point id", async () => {
  const ids = ["1639887574359322625", "-9007199254740993", "18446744073709551615"];
  for (const [index, id] of ids.entries()) hold(index, { chunk_id: parseExact(id), pages: index });
  hold(parseExact("9223372036854775809"), { pages: 9 });
  expect((await fetchAll(writer, [...ids, "9223372036854775809"])).map(({ id }) => id)).toEqual(
    [...ids, "9223372036854775809"].toSorted(),
  );
});

test("F8: sizes follow strict mode's limits; a write that would need an index is refused with the remedy", async () => {
  collection.strict = {
    enabled: true,
    upsert_max_batchsize: 3,
    condition_max_size: 4,
    filter_max_conditions: 5,
    max_timeout: 30,
    unindexed_filtering_update: false,
  };
  collection.indexes = { chunk_id: { data_type: "keyword" }, updated_at: { data_type: "datetime" } };
  await writer.inspect("write", limit());
  const before = server.seen.length;
  const ids = Array.from({ length: 10 }, (_, index) => `strict-${index}`);
  expect(await reasons(ids.map((id) => makeChunk(id)))).toEqual([]);
  expect(await reasons(ids.map((id) => makeChunk(id, { namespace: "odd" })))).toEqual([]);
  const sent = server.seen.slice(before).filter(({ body }) => body.includes("insert_only"));
  expect(sent.map(({ body }) => (JSON.parse(body) as { points: unknown[] }).points.length)).toEqual([3, 3, 3, 1]);
  expect(server.seen.slice(before).every(({ path }) => path.endsWith("timeout=30"))).toBe(true);
  expect(await writer.remove(await fetchAll(writer, ids.slice(1)), limit())).toEqual([]);
  collection.indexes = { chunk_id: { data_type: "keyword" } };
  await writer.inspect("write", limit());
  const reason =
    "strict mode of the collection refuses a write that depends on updated_at without an index: create one of type datetime";
  expect(await reasons([makeChunk("strict-0")])).toEqual([`strict-0: ${reason}`]);
  expect(await writer.remove(await fetchAll(writer, ["strict-0"]), limit())).toEqual([
    { id: "strict-0", why: "refused", reason },
  ]);
});

test("F10: a point that Qdrant refuses is named, and the others are written", async () => {
  server.behave = ((usual) => (request, response) => {
    const body = server.seen.at(-1)?.body ?? "";
    if (request.method !== "PUT" || !body.includes("[9,9,9]")) return usual?.(request, response);
    return response
      .writeHead(400)
      .end('{"status":{"error":"Wrong input: Vector dimension error: expected dim: 8, got 3"}}');
  })(server.behave);
  const chunks = ["p", "q", "r", "s"].map((id) =>
    makeChunk(id, id === "r" ? { vector: Float32Array.of(9, 9, 9) } : {}),
  );
  expect(await reasons(chunks)).toEqual([
    "r: Qdrant refused the point: the vector has 3 numbers, the collection takes 8; correct the chunk where it comes from (HTTP 400)",
  ]);
  expect((await fetchAll(writer, ["p", "q", "r", "s"])).map(({ id }) => id)).toEqual(["p", "q", "s"]);
});

test("a write between the reading and the writing is seen by the server itself", async () => {
  hold(1, { chunk_id: "a", updated_at: time, lang: "de", tags: ["x"] });
  hold(2, { chunk_id: "b", lang: "de" });
  const before = await fetchAll(writer, ["a", "b"]);
  // Whoever else writes does it just before the conditional request arrives.
  server.behave = ((usual) => (request, response) => {
    if (request.url?.includes("wait=true") === true) {
      hold(1, { chunk_id: "a", updated_at: "2026-03-01T00:00:07.000Z", lang: "de", tags: ["x"] });
      hold(2, { chunk_id: "b", lang: "fr" });
    }
    return usual?.(request, response);
  })(server.behave);
  const late = before.map(({ id, version }) => ({ chunk: makeChunk(id), over: version }));
  expect(await writer.write(late, limit())).toEqual([
    { id: "a", why: "changed" },
    { id: "b", why: "changed" },
  ]);
  expect(payloadOf(1)).toMatchObject({ updated_at: "2026-03-01T00:00:07.000Z" });
  expect(payloadOf(2)).toEqual({ chunk_id: "b", lang: "fr" });
});

test("an id that one point has in its payload and another one as its own is held twice", async () => {
  hold(1, { chunk_id: "2" });
  hold(2, {});
  expect(await fetchAll(writer, ["2"])).toHaveLength(2);
  expect(await reasons([makeChunk("2")])).toEqual([expect.stringContaining("more than once")]);
});

test("a chunk held twice is refused by name, and nothing is written", async () => {
  hold(1, { chunk_id: "a" });
  hold(2, { chunk_id: "a" });
  const reason = "the collection holds it more than once; remove the doubles";
  expect(await writer.write([{ chunk: makeChunk("a"), over: null }], limit())).toEqual([
    { id: "a", why: "refused", reason },
  ]);
  expect(await writer.remove([{ id: "a", version: "x" }], limit())).toEqual([{ id: "a", why: "refused", reason }]);
  expect(held.size).toBe(2);
});

test("points without chunk_id are found by their own id", async () => {
  const id = "00000000-0000-4000-8000-000000000001";
  hold(id, { updated_at: time });
  hold(5, { updated_at: time, chunk_id: null });
  expect((await writer.fetch([id, "5", "6", "x"], limit())).map((chunk) => chunk.id)).toEqual([id, "5"]);
  expect(await put(writer, [makeChunk(id)])).toEqual([]);
  expect(await writer.remove(await writer.fetch(["5"], limit()), limit())).toEqual([]);
  expect([...held.keys()]).toEqual([JSON.stringify(id)]);
});

test("refusals of a write are told apart from those of the way there", async () => {
  const usual = server.behave;
  const answering = (status: number, error = "") => {
    server.behave = (request, response) =>
      request.method === "PUT"
        ? response.writeHead(status).end(status === 403 ? error : JSON.stringify({ status: { error } }))
        : usual?.(request, response);
    return put(writer, [makeChunk("a")]);
  };
  await expect(answering(403)).rejects.toMatchObject({
    code: "RETR_BACKEND_AUTH",
    message: "the credential has no right to write the collection (HTTP 403)",
  });
  await expect(answering(403, "ExpiredSignature")).rejects.toThrow("has expired");
  await expect(answering(404)).rejects.toMatchObject({ code: "RETR_BACKEND_MISSING" });
  await expect(answering(400, "Wrong input: Not existing vector name error: x")).rejects.toMatchObject({
    code: "RETR_BACKEND_MISSING",
  });
  await expect(answering(500)).rejects.toMatchObject({ code: "RETR_BACKEND_UNAVAILABLE" });
  // Of all points, not of this one.
  for (const text of ["Bad request: Max points count limit of 20 reached!", "Wrong input: Shard key not specified"])
    await expect(answering(400, text)).rejects.toMatchObject({ code: "RETR_BACKEND_ANSWER_INVALID" });
  server.behave = (_, response) => response.end('{"result":{"status":"green"}}');
  await expect(writer.fetch(["a"], limit())).rejects.toMatchObject({ code: "RETR_BACKEND_ANSWER_INVALID" });
});

test("what verification tells apart is written, in lists as well, and what it takes for one keeps its spelling", async () => {
  collection.indexes = { when: { data_type: "datetime" } };
  const other = make({}, ["counts", "day", "when", "prices"]);
  const before = {
    chunk_id: "a",
    counts: parseExact("[12.0]"),
    day: "2026-01-31T00:00:00Z",
    when: "2026-01-31",
    prices: [1],
  };
  hold(1, before);
  const fields = {
    counts: [12],
    day: "2026-01-31",
    when: "2026-01-31T00:00:00.000Z",
    prices: parseExact("[12.00,0.50]"),
  };
  try {
    expect(await put(other, [makeChunk("a", { fields, decimals: ["prices"] })])).toEqual([]);
    expect(JSON.stringify(payloadOf(1))).toContain(
      '"counts":[12],"day":"2026-01-31","when":"2026-01-31","prices":[12,0.50]',
    );
    const moments = { day: "microsecond", when: "second" } as const;
    const same = { day: "2026-01-31T00:00:00Z", when: "2026-01-31T00:00:00.4Z" };
    expect(await put(other, [makeChunk("a", { fields: same, moments })])).toEqual([]);
    expect(payloadOf(1)).toMatchObject({ day: "2026-01-31", when: "2026-01-31" });
    expect(await put(other, [makeChunk("a", { fields: { when: "2026-01-31T00:00:00.6Z" }, moments })])).toEqual([]);
    expect(payloadOf(1)).toMatchObject({ when: "2026-01-31T00:00:00.6Z" });
  } finally {
    await other.close();
  }
});

test("a namespace that differs by its type alone is named, since neither store may give it another", async () => {
  hold(1, { chunk_id: "a", namespace: 7, entity_id: "entity-1", updated_at: time, lang: "de", pages: 12 });
  const chunk = makeChunk("a", { namespace: "7", vector: null });
  expect(await reasons([chunk])).toEqual([
    "a: key namespace: one store has a number and the other its text, which a search for the namespace doesn't find; let the application write it as text",
  ]);
});

test("one key may stand for entity and namespace; a chunk with two different ones is refused", async () => {
  hold(1, { chunk_id: "a", entity_id: "x" });
  await withWriter({ namespaceField: "entity_id" }, async (both) => {
    expect(await put(both, [makeChunk("a", { entityId: "y", namespace: "y" })])).toEqual([]);
    expect(payloadOf(1)).toMatchObject({ entity_id: "y" });
    expect(await put(both, [makeChunk("a", { entityId: "y", namespace: "z" })])).toMatchObject([
      { id: "a", why: "refused", reason: expect.stringContaining("key entity_id: it stands for entity and namespace") },
    ]);
  });
});

test("what lies within a payload is held to the same: its moments, and one key for entity and namespace", async () => {
  collection.indexes = { "meta.lang": { data_type: "datetime" } };
  const meta = { lang: "2026-01-31", pages: "2026-01-31", tenant: 7 };
  hold(1, { chunk_id: "a", meta, updated_at: time });
  const metadata = ["lang", "pages"].map((name) => ({ name, path: `meta.${name}` }));
  const own = { entityId: "7", namespace: "7", vector: null };
  await withWriter({ fields: { entity: "meta.tenant", namespace: "meta.tenant", metadata } }, async (other) => {
    const fields = { lang: "2026-01-31T00:00:00Z", pages: "2026-01-31T00:00:00Z" };
    expect(await put(other, [makeChunk("a", { ...own, fields })])).toEqual([]);
    expect(payloadOf(1)).toMatchObject({ meta: { ...meta, pages: fields.pages } });
    const same = makeChunk("a", { ...own, fields });
    expect(await put(other, [same])).toMatchObject([
      { reason: expect.stringContaining("key meta.tenant: one store has a number") },
    ]);
    expect(await put(other, [{ ...same, entityId: "8" }])).toMatchObject([
      { reason: expect.stringContaining("key meta.tenant: it stands for entity and namespace") },
    ]);
  });
});
