// The names of entities, which stores keep as text or as numbers.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ChunkWriter, WholeChunk } from "#ports/chunk-store.ts";
import { limit, makeChunk, put } from "#test/chunk-writer-contract.ts";
import { startPostgres, type TestPostgres } from "#test/fakes/postgres-server.ts";
import { makePoints } from "#test/points.ts";
import { makeSpec } from "#test/spec.ts";
import { parseExact } from "#values/exact-json.ts";
import { makePgvectorChunkWriter } from "./chunk-writer.ts";

const identity = { kind: "pgvector", label: "pgvector://test", digest: "0".repeat(32) };
let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await startPostgres(makePoints(4));
});

afterAll(() => postgres.close());

function make(change: object): ChunkWriter {
  const { connectionString } = postgres;
  const spec = makeSpec("pgvector", { connectionString, preparedStatements: false, ...change });
  return makePgvectorChunkWriter(spec, { identity, fields: [] });
}

const named = (id: string, entityId: unknown) =>
  makeChunk(id, { entityId, fields: {}, vector: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) });

test("an entity that is a number is held as text by the digits that it is compared by", async () => {
  const numbers = { whole: "2.0", exponent: "1e2", fraction: "0.10", large: "9007199254740993" };
  const writer = make({});
  const chunks = Object.entries(numbers).map(([id, text]) => named(id, parseExact(text)));
  expect(await put(writer, chunks)).toEqual([]);
  expect(
    await writer.load(
      chunks.map((chunk) => ({ ...chunk, id: `${chunk.id}, copied` })),
      limit(),
    ),
  ).toEqual([]);
  const ids = chunks.flatMap(({ id }) => [id, `${id}, copied`]);
  const found = new Map((await writer.fetch(ids, limit())).map(({ id, entityId }) => [id, entityId]));
  const held = ["2", "100", "0.1", "9007199254740993"];
  expect(ids.map((id) => found.get(id))).toEqual(held.flatMap((digits) => [digits, digits]));
  await writer.close();
});

test.each(["json", "jsonb"])(
  "an entity that is a number within %s is fetched and scanned by the digits that it is compared by",
  async (type) => {
    const held = { "2": "2", "2.0": "2", "1e2": "100", "0.10": "0.1", '"2.0"': "2.0" };
    const table = `within_${type}`;
    const dated = "namespace text, updated_at timestamptz, embedding vector(8)";
    await postgres.exec(`CREATE TABLE ${table} (chunk_id text PRIMARY KEY, ${dated}, meta ${type})`);
    const writer = make({ table, fields: { entity: "meta.entity" } });
    const chunks = Object.keys(held).map((name) => named(name, parseExact(name)));
    expect(await put(writer, [...chunks, named("none", undefined)])).toEqual([]);
    const found = await writer.fetch([...Object.keys(held), "none"], limit());
    const names = (all: readonly WholeChunk[]) => Object.fromEntries(all.map(({ id, entityId }) => [id, entityId]));
    expect(names(found)).toEqual({ ...held, none: undefined });
    for await (const page of writer.scan({ after: null, pageSize: 10 }, limit()))
      expect(names(page.chunks)).toEqual(names(found));
    await writer.close();
  },
);
