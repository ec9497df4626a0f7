// The table that the loader makes is the one of the retrieval service's contract, and the sample can be searched in it.
// Runs on whatever Postgres there is, in a schema of its own.
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadDataset } from "#support/dataset/read.ts";
import { loadPgvector, type Postgres, startPostgres } from "./postgres.ts";

const dataset = loadDataset();
const place = { schema: "stores_test", table: "vector_chunks", index: "none" } as const;
let postgres: Postgres;
let client: Client;

beforeAll(async () => {
  postgres = await startPostgres("127.0.0.9");
  await loadPgvector(postgres.connectionString, place, dataset);
  client = new Client({ connectionString: postgres.connectionString });
  await client.connect();
});

afterAll(async () => {
  await client.query("DROP SCHEMA stores_test CASCADE");
  await client.end();
  await postgres.close();
});

async function search(row: number): Promise<{ chunk_id: string; similarity: number }[]> {
  const answer = await client.query<{ chunk_id: string; similarity: number }>(
    "SELECT chunk_id, 1 - (embedding <=> $1) AS similarity FROM stores_test.vector_chunks ORDER BY embedding <=> $1 LIMIT 3",
    [`[${dataset.queryVector(row).join(",")}]`],
  );
  return answer.rows;
}

describe("startPostgres and loadPgvector", () => {
  it("give a table with every column of the contract and every chunk of the sample", async () => {
    const columns = await client.query<{ column_name: string; udt_name: string }>(
      "SELECT column_name, udt_name FROM information_schema.columns WHERE table_schema = 'stores_test' ORDER BY ordinal_position",
    );
    expect(columns.rows.map(({ column_name, udt_name }) => `${column_name} ${udt_name}`)).toEqual([
      "chunk_id text",
      "entity_id text",
      "namespace text",
      "updated_at timestamptz",
      "embedding vector",
      "lang text",
      "pos text",
      "words int4",
      "has_example bool",
    ]);
    const counted = await client.query<{ n: number }>("SELECT count(*)::int AS n FROM stores_test.vector_chunks");
    expect(counted.rows).toEqual([{ n: 5000 }]);
  });

  it("keep the values of a chunk", async () => {
    const chunk = dataset.chunks[4321];
    const select = "SELECT * FROM stores_test.vector_chunks WHERE chunk_id = $1";
    const answer = await client.query<{ embedding: string }>(select, [chunk?.chunkId]);
    const positiveZeros = dataset.vector(4321).map((value) => value + 0);
    expect(Float32Array.from(JSON.parse(answer.rows[0]?.embedding ?? "[]"))).toEqual(positiveZeros);
    expect(answer.rows[0]).toMatchObject({
      entity_id: chunk?.entityId,
      namespace: chunk?.namespace,
      updated_at: new Date(chunk?.updatedAt ?? ""),
      lang: "en",
      pos: chunk?.pos,
      words: chunk?.words,
      has_example: chunk?.hasExample,
    });
  });

  it("find the known nearest chunk of a query", async () => {
    const row = dataset.queries.findIndex(({ queryId }) => queryId === "q0040");
    const [best] = await search(row);
    expect(best?.chunk_id).toBe("wn30-noun-00164152");
  });

  it("make the table anew, with the index asked for", async () => {
    const few = { ...dataset, chunks: dataset.chunks.slice(0, 50) };
    const table = { schema: "stores_test", table: "few", index: "hnsw" } as const;
    await loadPgvector(postgres.connectionString, table, few);
    await loadPgvector(postgres.connectionString, table, few);
    const indexes = await client.query<{ indexdef: string }>("SELECT indexdef FROM pg_indexes WHERE tablename = 'few'");
    expect(indexes.rows.map(({ indexdef }) => indexdef).join()).toContain("USING hnsw (embedding vector_cosine_ops)");
    const counted = await client.query<{ n: number }>("SELECT count(*)::int AS n FROM stores_test.few");
    expect(counted.rows).toEqual([{ n: 50 }]);
  });

  it("refuse a name that isn't a plain identifier", async () => {
    const load = loadPgvector(postgres.connectionString, { schema: 'a"b', table: "t" }, dataset);
    await expect(load).rejects.toThrow('"a\\"b" is not a plain SQL identifier');
  });
});

describe("an external server", () => {
  it("is used as it is named", async () => {
    const external = await startPostgres("127.0.0.1", "postgres://someone@db.example/app");
    expect(external).toMatchObject({ kind: "external", connectionString: "postgres://someone@db.example/app" });
    await external.close();
  });
});
