import { afterAll, beforeAll, expect, test } from "vitest";
import type { ChunkWriter } from "#ports/chunk-store.ts";
import { describeChunkWriter, limit, makeChunk } from "#test/chunk-writer-contract.ts";
import { startPostgres, type TestPostgres } from "#test/fakes/postgres-server.ts";
import { makePoints } from "#test/points.ts";
import { makeSpec } from "#test/spec.ts";
import { makePgvectorChunkWriter } from "./chunk-writer.ts";

const identity = { kind: "pgvector", label: "pgvector://test", digest: "0".repeat(32) };
let postgres: TestPostgres;
let writer: ChunkWriter;

beforeAll(async () => {
  postgres = await startPostgres(makePoints(4));
  writer = make({});
});

afterAll(async () => {
  await writer.close();
  await postgres.close();
});

function make(change: object): ChunkWriter {
  const { connectionString } = postgres;
  const spec = makeSpec("pgvector", { connectionString, preparedStatements: false, ...change });
  return makePgvectorChunkWriter(spec, { identity, fields: ["lang", "pages"] });
}

describeChunkWriter(() => writer);

test("digits beyond the millisecond are kept, and don't make a chunk newer", async () => {
  const finer = makeChunk("finer", { updatedAt: "2026-03-01T00:00:00.123456Z" });
  await writer.upsert([finer], limit());
  expect((await writer.fetch(["finer"], limit()))[0]?.updatedAt).toBe("2026-03-01T00:00:00.123456Z");
  expect(await writer.upsert([{ ...finer, updatedAt: "2026-03-01T00:00:00.123Z" }], limit())).toEqual([]);
});

test("a table as it should be needs no caution; missing columns and indexes are said", async () => {
  expect(await writer.cautions(limit())).toEqual([]);
  await postgres.exec(`CREATE TABLE bare (chunk_id text, entity_id text, updated_at timestamp, embedding vector(8));
    INSERT INTO bare VALUES ('a', 'b', '2026-01-01 10:00:00', '[1,2,3,4,5,6,7,8]')`);
  const bare = make({ table: "bare" });
  expect(await bare.cautions(limit())).toEqual([
    "the table has no columns for lang, pages: these fields aren't written",
    "chunk_id has no unique index, so that chunks can be removed and not written",
  ]);
  const [chunk] = await bare.fetch(["a"], limit());
  expect(chunk).toMatchObject({ namespace: null, updatedAt: "2026-01-01T10:00:00.000Z", fields: {} });
  await expect(bare.upsert([makeChunk("x")], limit())).rejects.toMatchObject({
    code: "RETR_REPAIR_WRITE_REFUSED",
    message: "Postgres refused a chunk: chunk_id has no unique index, so that a chunk can't be replaced (42P10)",
  });
  await bare.close();
});

test("a value that a column can't hold refuses the batch and names the column or the reason, never the value", async () => {
  const nameless = writer.upsert([makeChunk("whole-2"), makeChunk("nameless", { entityId: null })], limit());
  await expect(nameless).rejects.toMatchObject({
    code: "RETR_REPAIR_WRITE_REFUSED",
    message: "Postgres refused a chunk: a column without default lacks a value (column entity_id) (23502)",
  });
  const short = writer.upsert([makeChunk("short", { vector: Float32Array.of(1, 2) })], limit());
  await expect(short).rejects.toMatchObject({ code: "RETR_REPAIR_WRITE_REFUSED" });
  const wordy = writer.upsert([makeChunk("wordy", { fields: { lang: "de", pages: "many" } })], limit());
  await expect(wordy).rejects.toThrow("a value doesn't fit its column (22P02)");
  expect(await writer.fetch(["whole-2", "nameless", "short", "wordy"], limit())).toEqual([]);
});

test("a table that isn't there is missing", async () => {
  const absent = make({ table: "absent" });
  await expect(absent.fetch(["a"], limit())).rejects.toMatchObject({ code: "RETR_BACKEND_MISSING" });
  await absent.close();
});
