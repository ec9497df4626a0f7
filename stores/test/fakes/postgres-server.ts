// A Postgres with pgvector, reached over a socket: the one PGVECTOR_URL names, else the one that all tests of a run share,
// else one inside this process.
import { randomBytes } from "node:crypto";
import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { Client } from "pg";
import { inject } from "vitest";
import type { FakePoint } from "./qdrant-server.ts";

export type TestPostgres = {
  readonly connectionString: string;
  /** False: one session serves all connections, so statements and settings of one are those of all. */
  readonly hasSessions: boolean;
  readonly exec: (sql: string) => Promise<unknown>;
  readonly close: () => Promise<void>;
};

type Database = Omit<TestPostgres, "close"> & {
  readonly insert: (sql: string, values: unknown[]) => Promise<unknown>;
  readonly close: () => Promise<void>;
};

declare module "vitest" {
  // oxlint-disable-next-line typescript/consistent-type-definitions -- only an interface adds to another module's
  interface ProvidedContext {
    /** Empty where there is no real Postgres. */
    readonly postgresUrl: string;
  }
}

/** Holds `vector_chunks`, filled, in a database of its own. An empty `url`: inside this process. */
export async function startPostgres(
  points: readonly FakePoint[],
  url = process.env["PGVECTOR_URL"] ?? inject("postgresUrl"),
): Promise<TestPostgres> {
  const database = url === "" ? await startEmbedded() : await makeDatabase(url);
  const dimension = points[0]?.vector.length ?? 0;
  await database.exec(`
    CREATE EXTENSION IF NOT EXISTS vector;
    CREATE TABLE vector_chunks (chunk_id text PRIMARY KEY, entity_id text NOT NULL, namespace text, lang text, pages int,
      updated_at timestamptz, embedding vector(${dimension}) NOT NULL);`);
  const columns = ["chunk_id", "entity_id", "namespace", "lang", "pages", "updated_at"];
  for (const { payload, vector: numbers } of points) {
    const values = columns.map((key) => payload[key] ?? null);
    const insert = "INSERT INTO vector_chunks VALUES ($1, $2, $3, $4, $5, $6, $7)";
    await database.insert(insert, [...values, JSON.stringify(numbers)]);
  }
  return database;
}

async function startEmbedded(): Promise<Database> {
  const database = await PGlite.create({ extensions: { vector } });
  const server = new PGLiteSocketServer({ db: database, host: "127.0.0.1", port: 0, maxConnections: 50 });
  await server.start();
  const port = Number(server.getServerConn().split(":").at(-1));
  return {
    connectionString: `postgres://postgres:secret-word@127.0.0.1:${port}/postgres`,
    hasSessions: false,
    exec: (sql) => database.exec(sql),
    insert: (sql, values) => database.query(sql, values),
    close: async () => {
      await server.stop();
      await database.close();
    },
  };
}

async function makeDatabase(url: string): Promise<Database> {
  const name = `retriever_test_${randomBytes(6).toString("hex")}`;
  const admin = new Client({ connectionString: url });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  if (own.password === "") own.password = "secret-word";
  const client = new Client({ connectionString: own.href });
  await client.connect();
  return {
    connectionString: own.href,
    hasSessions: true,
    exec: (sql) => client.query(sql),
    insert: (sql, values) => client.query(sql, values),
    close: async () => {
      await client.end();
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.end();
    },
  };
}
