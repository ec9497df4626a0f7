// The Postgres of the load: a real one, with the ten chunks of the trivial store in a table. On the core of the load, so that
// of its work only what the client's side has with it is measured.
import { Client } from "pg";
import { startWheelPostgres } from "#stores/wheel-postgres.ts";
import { makeRandom } from "#support/random.ts";
import { rows } from "./canned.ts";

const dimension = 768;

const schema = `
  CREATE EXTENSION vector;
  CREATE TABLE vector_chunks (chunk_id text PRIMARY KEY, entity_id text, updated_at timestamptz, embedding vector(${dimension}))`;
const insert =
  "INSERT INTO vector_chunks SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::vector[])";

/** Rejects where no Postgres can be had. */
export async function startPostgres(core: number): ReturnType<typeof startWheelPostgres> {
  const server = await startWheelPostgres({ address: "127.0.0.81", version: "16-0.8", core });
  try {
    await load(server.connectionString);
    return server;
  } catch (error) {
    await server.close();
    throw error;
  }
}

async function load(connectionString: string): Promise<void> {
  const next = makeRandom(dimension);
  const vectorOf = (): string => JSON.stringify(Array.from({ length: dimension }, () => next() - 0.5));
  const client = new Client({ connectionString });
  await client.connect();
  try {
    await client.query(schema);
    await client.query(insert, [...[0, 1, 2].map((place) => rows.map((row) => row[place])), rows.map(vectorOf)]);
    await client.query("ANALYZE vector_chunks");
  } finally {
    await client.end();
  }
}
