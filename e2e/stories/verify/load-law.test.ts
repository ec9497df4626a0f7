// What a table holds of chunks that were loaded by COPY is what it holds of chunks that were written one by one, and it
// refuses the same ones: over types of columns and values of all kinds, on a real server.
import { loadAdapters } from "@retriever/stores/kinds.ts";
import type { ChunkWriter, LeftChunk, WholeChunk } from "@retriever/stores/ports/chunk-store.ts";
import { oddValues } from "@retriever/stores/test/odd-values.ts";
import { makeSpec } from "@retriever/stores/test/spec.ts";
import fc from "fast-check";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWheelPostgres } from "#stores/wheel-postgres.ts";

const types = {
  text: "text",
  short: "varchar(5)",
  padded: "char(4)",
  small: "int2",
  whole: "int4",
  large: "int8",
  single: "real",
  double: "double precision",
  decimal: "numeric",
  money: "numeric(6,2)",
  flag: "bool",
  uuid: "uuid",
  json: "json",
  jsonb: "jsonb",
  zoned: "timestamptz",
  seconds: "timestamptz(0)",
  local: "timestamp",
  day: "date",
  tags: "text[]",
  pages: "int[]",
  required: "text DEFAULT 'x' NOT NULL",
  checked: "int CHECK (checked < 100)",
} as const;
const fields = Object.keys(types);
/** At least as many chunks as are worth a COPY. */
const chunks = 40;
const tables = ["written", "loaded"] as const;
/** Types of ids, and what the first of many are spelled like; each has one that the column would hold in another spelling. */
const idTypes: Readonly<Record<string, { readonly idOf: (index: number) => string; readonly odd: string }>> = {
  text: { idOf: (index) => `chunk ${index}`, odd: "chunk\u0000" },
  "varchar(9)": { idOf: (index) => `c${index}`, odd: "c123456789" },
  int8: { idOf: (index) => String(9_007_199_254_740_992n + BigInt(index)), odd: "007" },
  int2: { idOf: (index) => String(index - 20), odd: "40000" },
  "int8 GENERATED ALWAYS AS IDENTITY": { idOf: (index) => String(index), odd: "007" },
  numeric: { idOf: (index) => `${index}.50`, odd: "1e3" },
  uuid: {
    idOf: (index) => `a0eebc99-9c0b-4ef8-bb6d-6bb9bd38${String(index).padStart(4, "0")}`,
    odd: "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD38FFFF",
  },
};

const values: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(...oddValues),
  fc.integer(),
  fc.string({ maxLength: 8 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const chunk = fc.record({
  entityId: fc.constantFrom<unknown>("e", 7, "8", null),
  namespace: fc.constantFrom<unknown>("n", 12, null),
  fields: fc.dictionary(fc.constantFrom(...fields), values, { maxKeys: 3 }),
  vector: fc.constantFrom(Float32Array.of(0.1, -0), Float32Array.of(1e-20, 3.4e38), Float32Array.of(1)),
});

let postgres: Awaited<ReturnType<typeof startWheelPostgres>>;
let client: Client;
const opened: ChunkWriter[] = [];
const columns = Object.entries(types).map(([name, type]) => `"${name}" ${type}`);

beforeAll(async () => {
  postgres = await startWheelPostgres({ address: "127.0.0.85", version: "16-0.8" });
  client = new Client({ connectionString: postgres.connectionString });
  await client.connect();
  await client.query("CREATE EXTENSION vector");
});

/** A table each for what is written and what is loaded, made anew. */
async function makeWriters(idType: string): Promise<readonly ChunkWriter[]> {
  const pgvector = (await loadAdapters()).find(({ kind }) => kind === "pgvector");
  const made: ChunkWriter[] = [];
  for (const table of tables) {
    await client.query(`DROP TABLE IF EXISTS ${table}; CREATE TABLE ${table} (chunk_id ${idType} PRIMARY KEY,
      entity_id text, namespace int, updated_at timestamptz(3), embedding vector(2), ${columns.join(", ")})`);
    const spec = makeSpec("pgvector", { connectionString: postgres.connectionString, table });
    const identity = { kind: "pgvector", label: table, digest: "0".repeat(32) };
    const writer = pgvector?.makeChunkWriter?.(spec, { identity, fields });
    if (writer !== undefined) made.push(writer);
  }
  opened.push(...made);
  return made;
}

afterAll(async () => {
  await Promise.all(opened.map((writer) => writer.close()));
  await client.end();
  await postgres.close();
});

async function contentOf(table: string): Promise<unknown> {
  const { rows } = await client.query(`SELECT array_agg(t::text ORDER BY chunk_id) AS all_rows FROM ${table} AS t`);
  return rows[0];
}

const idsOf = (left: readonly LeftChunk[]): string[] =>
  left.map((each) => `${each.id} ${each.why === "refused" ? each.reason : each.why}`).toSorted();

test.each(Object.entries(idTypes))(
  "chunks that are loaded at once end as chunks that are written one by one do, with ids of type %s",
  async (idType, { idOf, odd }) => {
    const limit = () => AbortSignal.timeout(60_000);
    const [one, other] = (await makeWriters(idType)) as [ChunkWriter, ChunkWriter];
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { minLength: chunks, maxLength: chunks }), async (made) => {
        await client.query(`TRUNCATE ${tables.join(", ")}`);
        const updatedAt = "2026-03-01T00:00:00.123456Z";
        const given = made.map(
          (each, index): WholeChunk => ({
            ...each,
            id: index === 0 ? odd : idOf(index),
            updatedAt,
          }),
        );
        const writes = given.map((each) => ({ chunk: each, over: null }));
        const left = await one.write(writes, limit());
        const refused = await other.load(given, limit());
        expect(idsOf(refused)).toEqual(idsOf(left));
        expect(await contentOf("loaded")).toEqual(await contentOf("written"));
      }),
      { numRuns: idType === "text" ? 10 : 2 },
    );
  },
);
