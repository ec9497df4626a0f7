// What a new row holds of a chunk that doesn't say everything, and why a table takes none.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { WholeChunk } from "#ports/chunk-store.ts";
import { limit, makeChunk, put } from "#test/chunk-writer-contract.ts";
import { startPostgres, type TestPostgres } from "#test/fakes/postgres-server.ts";
import { makePoints } from "#test/points.ts";
import { makeSpec } from "#test/spec.ts";
import { makePgvectorChunkWriter } from "./chunk-writer.ts";

const identity = { kind: "pgvector", label: "pgvector://test", digest: "0".repeat(32) };
let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await startPostgres(makePoints(1));
});

afterAll(() => postgres.close());

/** Writes new chunks into a table of these columns; its rows as JSON, and why others aren't there. */
async function write(columns: string, chunks: readonly WholeChunk[], fields: readonly string[] = []) {
  const own = "entity_id text, namespace text, embedding vector(2) DEFAULT '[9,9]'";
  await postgres.exec(`DROP TABLE IF EXISTS other; CREATE TABLE other (chunk_id text PRIMARY KEY, ${own}, ${columns}`);
  const { connectionString } = postgres;
  const spec = makeSpec("pgvector", { connectionString, preparedStatements: false, table: "other" });
  const writer = makePgvectorChunkWriter(spec, { identity, fields });
  const left = await put(writer, chunks);
  const held = await writer.fetch(
    chunks.map(({ id }) => id),
    limit(),
  );
  await writer.close();
  return { left, held };
}

const small = (id: string, change: Partial<WholeChunk>): WholeChunk =>
  makeChunk(id, { fields: {}, vector: Float32Array.of(1, 2), ...change });

test.each([
  ["a chunk without a date has none where the column allows it", "", null, null],
  ["the default stands where the column forbids NULL", " NOT NULL", null, "2020-01-01T00:00:00.000Z"],
  ["the default stands for a chunk of a store that dates none", "", undefined, "2020-01-01T00:00:00.000Z"],
])("%s", async (_, forbids, updatedAt, expected) => {
  const columns = `updated_at timestamptz DEFAULT '2020-01-01Z'${forbids})`;
  const { left, held } = await write(columns, [small("a", { updatedAt })]);
  expect([left, held.map((each) => each.updatedAt)]).toEqual([[], [expected]]);
});

test("a chunk without a vector has none, and its neighbour has its own", async () => {
  const { left, held } = await write("updated_at timestamptz)", [small("a", { vector: null }), small("b", {})]);
  expect([left, held.map(({ vector }) => vector)]).toEqual([[], [null, Float32Array.of(1, 2)]]);
});

test("a row that no partition takes is refused for that, and one that a check refuses for the check", async () => {
  const parted = "updated_at timestamptz, CHECK (entity_id <> 'odd')) PARTITION BY HASH (chunk_id)";
  const one = "CREATE TABLE other_0 PARTITION OF other FOR VALUES WITH (MODULUS 2, REMAINDER 0)";
  const chunks = Array.from({ length: 8 }, (_, index) => small(`c${index}`, { entityId: index < 4 ? "odd" : "e" }));
  const { left } = await write(`${parted}; ${one}`, chunks);
  const reasons = new Set(left.map((each) => (each.why === "refused" ? each.reason : each.why)));
  expect(reasons).toEqual(
    new Set([
      "no partition is for a row like it; create one, or correct the chunk where it comes from (23514)",
      "a check isn't met; correct the chunk where it comes from (23514)",
    ]),
  );
});

test("fields that are called as members of every object are written and read as any other", async () => {
  const columns = 'updated_at timestamptz, "constructor" text, "valueOf" int)';
  const chunks = [small("a", { fields: { constructor: "Ferrari" } }), small("b", { fields: {} })];
  const { left, held } = await write(columns, chunks, ["constructor", "valueOf"]);
  const fields = held.map((each) => ({ ...each.fields }));
  expect([left, fields]).toEqual([
    [],
    [
      { constructor: "Ferrari", valueOf: null },
      { constructor: null, valueOf: null },
    ],
  ]);
});
