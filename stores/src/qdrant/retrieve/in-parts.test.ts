import { afterAll, beforeAll, expect, test } from "vitest";
import { RetrieverError } from "#errors.ts";
import type { Backend, Candidate } from "#ports/backend.ts";
import { type FakeQdrant, startFakeQdrant } from "#test/fakes/qdrant-server.ts";
import { makePoints, vectorAt } from "#test/points.ts";
import { requestOf } from "#test/requests.ts";
import { makeSpec, testDeps } from "#test/spec.ts";
import { makeQdrantBackend } from "./backend.ts";
import { type Part, readSearch } from "./in-parts.ts";

const content = { text: true, metadata: [] };
const documentChars = 300_000;
let server: FakeQdrant;
let backend: Backend;

beforeAll(async () => {
  const points = makePoints(40).map((point) => ({
    ...point,
    payload: { ...point.payload, body: String(point.id).padEnd(documentChars, "x") },
  }));
  server = await startFakeQdrant({ points });
  const spec = makeSpec("qdrant", { url: server.url, collection: "chunks", fields: { text: "body" } });
  backend = makeQdrantBackend(spec, testDeps);
});

afterAll(async () => {
  await backend.close();
  await server.close();
});

test("thirty chunks that hold documents of 300 kB are found as they are without their texts, each with its beginning", async () => {
  const request = requestOf({ embedding: vectorAt(3), k: 30 });
  const plain = await startFakeQdrant({ points: makePoints(40) });
  const other = makeQdrantBackend(makeSpec("qdrant", { url: plain.url, collection: "chunks" }), testDeps);
  const bare = await other.retrieve(request, AbortSignal.timeout(20_000));
  await other.close();
  await plain.close();
  const { candidates } = await backend.retrieve({ ...request, content }, AbortSignal.timeout(20_000));
  expect(candidates.map(({ text: _text, ...rest }) => rest)).toEqual(bare.candidates);
  expect(candidates.map(({ text }) => text?.length)).toEqual(Array(30).fill(65_537));
  expect(candidates.every(({ chunkId, text }) => text?.startsWith(`${chunkId.slice("chunk-".length)}x`))).toBe(true);
});

const tooLarge = new RetrieverError({ code: "RETR_BACKEND_ANSWER_INVALID", message: "too large", isTooLarge: true });

/** A search of points whose texts are so long, and whose answers may have so many characters. */
function searchOf(lengths: readonly number[], mostChars: number, asked: Part[] = []) {
  return async (part: Part): Promise<string> => {
    asked.push(part);
    const { offset, limit } = part;
    const texts = lengths.slice(offset, offset + limit).map((length) => "y".repeat(length));
    if (texts.join("").length > mostChars) throw tooLarge;
    const points = texts.map((body, index) => ({
      id: offset + index,
      score: 1 - (offset + index) / 100,
      payload: { chunk_id: `c${offset + index}`, body },
    }));
    return JSON.stringify({ result: { points } });
  };
}

const { fields } = makeSpec("qdrant", { url: "http://127.0.0.1:1", collection: "c", fields: { text: "body" } });
const idsOf = (found: readonly Candidate[]) => found.map(({ chunkId }) => chunkId);

test("a search whose parts fit comes whole and in order, whichever of its chunks are long", async () => {
  for (const lengths of [
    [9, 0, 0, 0, 9, 9],
    [0, 0, 9, 9],
    [9, 9, 9, 9, 9],
  ]) {
    const read = await readSearch(searchOf(lengths, 10), fields, { k: lengths.length, content });
    const found = read((score) => score * 2);
    expect(idsOf(found)).toEqual(lengths.map((_, index) => `c${index}`));
    expect(found.map(({ similarity }) => similarity)).toEqual(lengths.map((_, index) => 2 * (1 - index / 100)));
  }
});

test("fewer chunks than were asked for are all found, and what fits is asked for once", async () => {
  expect(idsOf((await readSearch(searchOf([9, 9, 9], 10), fields, { k: 9, content }))(Number))).toHaveLength(3);
  const asked: Part[] = [];
  await readSearch(searchOf([1, 1], 10, asked), fields, { k: 2, content });
  expect(asked).toEqual([{ offset: 0, limit: 2 }]);
});

test("a chunk that is too large by itself fails the search, as does one without content", async () => {
  await expect(readSearch(searchOf([1, 11, 1], 10), fields, { k: 3, content })).rejects.toBe(tooLarge);
  const asked: Part[] = [];
  await expect(readSearch(searchOf([9, 9], 10, asked), fields, { k: 2, content: undefined })).rejects.toBe(tooLarge);
  expect(asked).toHaveLength(1);
});

test("parts that are too large together fail the search before all of them were asked for", async () => {
  const asked: Part[] = [];
  const search = searchOf(Array<number>(40).fill(1_000_000), 8_000_000, asked);
  await expect(readSearch(search, fields, { k: 40, content })).rejects.toBe(tooLarge);
  expect(asked.at(-1)?.offset).toBeLessThan(40);
});
