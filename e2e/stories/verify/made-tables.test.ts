// Tables that a copy makes on a pgvector of before half precision, and graphs for which its own defaults are too little:
// what pgvector would refuse once the table is full is made otherwise, or refused before.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { addIndexes, pathOf } from "#stores/qdrant-rest.ts";
import { startTwoStores, type TwoStores } from "#support/verify/two-stores.ts";
import { placeOf, runCopy } from "#support/verify/verify-process.ts";

let { postgres, qdrant, caller, client, close } = {} as TwoStores;

beforeAll(async () => {
  ({ postgres, qdrant, caller, client, close } = await startTwoStores("127.0.0.79", "16-0.6"));
});

afterAll(() => close());

const table = (name: string) => ({ kind: "pgvector", connectionString: postgres.connectionString, table: name });

async function fill(name: string, dimension: number): Promise<void> {
  await client.query(`CREATE TABLE ${name} (chunk_id text PRIMARY KEY, entity_id text, updated_at timestamptz,
    embedding vector(${dimension})); INSERT INTO ${name} SELECT i, 'e', '2026-01-31', array_fill(i, ARRAY[${dimension}])::vector
    FROM generate_series(1, 5) AS i`);
}

/** Copies into what isn't there, with the parameters of an index. */
async function make(source: object, name: string, index: object = {}) {
  const place = placeOf(source, table(name));
  onTestFinished(place.remove);
  const file = join(place.path, "index.json");
  writeFileSync(file, JSON.stringify(index));
  const ended = await runCopy(place, ["--budget", "none", "--lag", "0", "--create", "--index", file]);
  const { rows } = await client.query("SELECT indexdef FROM pg_indexes WHERE tablename = $1", [name]);
  return { ...ended, indexes: rows.map(({ indexdef }) => String(indexdef)).filter((each) => each.includes("hnsw")) };
}

test("a graph with more neighbours than pgvector's own default bears is made with twice as many candidates", async () => {
  await fill("source", 2);
  const { exitCode, indexes } = await make(table("source"), "denser", { m: 48 });
  expect({ exitCode, indexes }).toEqual({
    exitCode: 0,
    indexes: [expect.stringContaining("WITH (m='48', ef_construction='96')")],
  });
});

test("a graph with too few candidates is refused before anything is made or copied", async () => {
  await fill("sparse_source", 2);
  const { exitCode, stderr } = await make(table("sparse_source"), "never", { m: 48, efConstruction: 64 });
  expect(exitCode).toBe(3);
  expect(stderr).toContain("efConstruction: pgvector takes no less than twice m, expected at least 96, got 64");
  expect((await client.query("SELECT to_regclass('never') AS made")).rows).toEqual([{ made: null }]);
});

test("more numbers than a graph takes, without half precision to index them by, are copied and not indexed", async () => {
  await fill("wide_source", 2100);
  const { exitCode, stdout, indexes } = await make(table("wide_source"), "wide");
  expect({ exitCode, indexes }).toEqual({ exitCode: 0, indexes: [] });
  expect(stdout).toContain("none of the vectors");
});

test("a collection of half precision is refused with the version that is needed", async () => {
  const vectors = { size: 2, distance: "Cosine", datatype: "float16" };
  await caller.call({ method: "PUT", path: pathOf("halves"), body: { vectors } });
  await addIndexes(caller.call, "halves", { chunk_id: "keyword" });
  const { exitCode, stderr } = await make({ kind: "qdrant", url: qdrant.url, collection: "halves" }, "halved");
  expect(exitCode).toBe(3);
  expect(stderr).toContain("columns of halfvec need pgvector 0.7.0, the database has 0.6");
});
