import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { ChunkWriter } from "#ports/chunk-store.ts";
import { describeChunkWriter, limit, makeChunk } from "#test/chunk-writer-contract.ts";
import { type HeldPoints, serveHeldPoints } from "#test/fakes/qdrant-points.ts";
import { type FakeQdrant, startFakeQdrant } from "#test/fakes/qdrant-server.ts";
import { makeSpec } from "#test/spec.ts";
import { parseExact } from "#values/exact-json.ts";
import { makeQdrantChunkWriter } from "./chunk-writer.ts";

const identity = { kind: "qdrant", label: "qdrant://test", digest: "0".repeat(32) };
let server: FakeQdrant;
let held: HeldPoints;
let writer: ChunkWriter;

beforeAll(async () => {
  server = await startFakeQdrant({ points: [], apiKey: "key" });
});

beforeEach(async () => {
  held = new Map();
  serveHeldPoints(server, held);
  await writer?.close();
  writer = make({});
});

afterAll(async () => {
  await writer.close();
  await server.close();
});

function make(change: object): ChunkWriter {
  const spec = makeSpec("qdrant", { url: server.url, collection: "chunks", apiKey: "key", ...change });
  return makeQdrantChunkWriter(spec, { identity, fields: ["lang", "pages"] });
}

function hold(id: unknown, payload: Record<string, unknown>, vector: unknown = [1, 2]): void {
  held.set(JSON.stringify(id), { id, payload, vector });
}

describeChunkWriter(() => writer);

const time = "2026-03-01T00:00:00.000Z";

test("an empty collection's first points get UUID version 5 of the chunk id, and wait until they are written", async () => {
  await writer.upsert([makeChunk("www.example.com")], limit());
  // Checked with another implementation of RFC 9562.
  expect([...held.values()].map(({ id }) => id)).toEqual(["b63cdfa4-3df9-568e-97ae-006c5b8fd652"]);
  expect(server.seen.at(-1)?.path).toBe("/collections/chunks/points?wait=true&timeout=60");
  expect(server.seen.at(-1)?.apiKey).toBe("key");
});

test("new points follow the rule of those that are there", async () => {
  hold(7, { chunk_id: 7 });
  await writer.upsert([makeChunk("12")], limit());
  expect(held.get("12")?.payload).toMatchObject({ chunk_id: 12, entity_id: "entity-1", updated_at: time });
});

test("where the ids follow no rule, that is said before anything is written", async () => {
  hold(7, { chunk_id: "a" });
  expect(await writer.cautions(limit())).toEqual([expect.stringContaining("follow no known rule")]);
  const other = make({});
  held.clear();
  expect(await other.cautions(limit())).toEqual([]);
  await other.close();
});

test("a point keeps its 64-bit id, and what the chunk doesn't speak of", async () => {
  const id = parseExact("18446744073709551615");
  hold(id, { chunk_id: "a", text: "kept", ratio: parseExact("1.0"), lang: "en" }, { text: [1, 2], image: [3] });
  const named = make({ vectorName: "text" });
  await named.upsert([makeChunk("a", { vector: Float32Array.of(5, 6), fields: { lang: null } })], limit());
  await named.close();
  expect([...held.keys()]).toEqual(["18446744073709551615"]);
  const text = server.seen.at(-1)?.body ?? "";
  expect(text).toContain('"ratio":1.0');
  expect(JSON.parse(text)).toMatchObject({
    points: [
      {
        vector: { text: [5, 6], image: [3] },
        payload: { text: "kept", lang: null, chunk_id: "a", namespace: "even", updated_at: time },
      },
    ],
  });
});

test("many large vectors go in several requests, and all of them arrive", async () => {
  const vector = new Float32Array(16_000).fill(1 / 3);
  const ids = Array.from({ length: 60 }, (_, index) => `large-${index}`);
  const before = server.seen.length;
  await writer.upsert(
    ids.map((id) => makeChunk(id, { vector })),
    limit(),
  );
  const bodies = server.seen.slice(before).filter(({ path }) => path.startsWith("/collections/chunks/points?wait"));
  expect(bodies.length).toBeGreaterThan(1);
  expect(Math.max(...bodies.map(({ body }) => body.length))).toBeLessThan(33_554_432);
  expect(await writer.fetch(ids, limit())).toHaveLength(60);
});

test("a chunk held twice is refused by name, and nothing is written", async () => {
  hold(1, { chunk_id: "a" });
  hold(2, { chunk_id: "a" });
  await expect(writer.upsert([makeChunk("a")], limit())).rejects.toMatchObject({
    code: "RETR_VERIFY_DUPLICATE_IDS",
    message: 'the collection holds the chunk "a" more than once',
  });
  expect(server.seen.at(-1)?.path).toContain("/points/scroll");
});

test("points without chunk_id are found by their own id", async () => {
  const id = "00000000-0000-4000-8000-000000000001";
  hold(id, { updated_at: time });
  hold(5, { updated_at: time });
  expect((await writer.fetch([id, "5", "6", "x"], limit())).map((chunk) => chunk.id)).toEqual([id, "5"]);
  await writer.upsert([makeChunk(id)], limit());
  await writer.remove(["5"], limit());
  expect([...held.keys()]).toEqual([JSON.stringify(id)]);
});

test("refusals of a write are told apart from those of the way there", async () => {
  const answer = (status: number) => (): unknown => {
    server.behave = (request, response) =>
      request.method === "PUT" ? response.writeHead(status).end("{}") : response.end('{"result":{"points":[]}}');
    return writer.upsert([makeChunk("a")], limit());
  };
  await expect(answer(400)()).rejects.toMatchObject({ code: "RETR_REPAIR_WRITE_REFUSED" });
  const removing = (): unknown => {
    server.behave = (request, response) =>
      request.url?.includes("/delete") === true
        ? response.writeHead(403).end("{}")
        : response.end('{"result":{"points":[{"id":1,"payload":{"chunk_id":"a"}}]}}');
    return writer.remove(["a"], limit());
  };
  await expect(removing()).rejects.toMatchObject({ code: "RETR_BACKEND_AUTH" });
  await expect(answer(403)()).rejects.toMatchObject({
    code: "RETR_BACKEND_AUTH",
    message: "the credential has no right to write the collection (HTTP 403)",
  });
  await expect(answer(404)()).rejects.toMatchObject({ code: "RETR_BACKEND_MISSING" });
  await expect(answer(500)()).rejects.toMatchObject({ code: "RETR_BACKEND_UNAVAILABLE" });
  server.behave = (_, response) => response.end('{"result":{"status":"green"}}');
  await expect(writer.fetch(["a"], limit())).rejects.toMatchObject({ code: "RETR_BACKEND_ANSWER_INVALID" });
});
