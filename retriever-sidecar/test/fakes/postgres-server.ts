// Real Postgres with pgvector in this process, reached over a socket like any other.
import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import type { FakePoint } from "./qdrant-server.ts";

export type TestPostgres = {
  readonly port: number;
  readonly database: PGlite;
  readonly close: () => Promise<void>;
};

/** Listens on a free port with `vector_chunks` filled. One session serves all connections. */
export async function startPostgres(points: readonly FakePoint[]): Promise<TestPostgres> {
  const database = await PGlite.create({ extensions: { vector } });
  const dimension = points[0]?.vector.length ?? 0;
  await database.exec(`
    CREATE EXTENSION vector;
    CREATE TABLE vector_chunks (chunk_id text PRIMARY KEY, entity_id text NOT NULL, namespace text, lang text, pages int,
      updated_at timestamptz, embedding vector(${dimension}) NOT NULL);`);
  for (const { payload, vector } of points) {
    const values = ["chunk_id", "entity_id", "namespace", "lang", "pages", "updated_at"].map(
      (key) => payload[key] ?? null,
    );
    const insert = "INSERT INTO vector_chunks VALUES ($1, $2, $3, $4, $5, $6, $7)";
    await database.query(insert, [...values, JSON.stringify(vector)]);
  }
  const server = new PGLiteSocketServer({ db: database, host: "127.0.0.1", port: 0, maxConnections: 50 });
  await server.start();
  const port = Number(server.getServerConn().split(":").at(-1));
  return {
    port,
    database,
    close: async () => {
      await server.stop();
      await database.close();
    },
  };
}
