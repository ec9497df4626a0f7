// What all measurements share: one real Postgres, its clients, and adapters as a base names them.
import { Client } from "pg";
import { type Postgres, startPostgres } from "#stores/postgres.ts";
import { type Qdrant, startQdrant } from "#stores/qdrant.ts";
import { makeTable } from "./corpus.ts";
import { makeCollection } from "./qdrant-corpus.ts";

export type Sizes = {
  /** Chunks of the large tables. */
  readonly rows: number;
  /** Points of the collection on the stand-in, which looks at every point for every page and every look-up. */
  readonly standInRows: number;
  /** Chunks of the tables that are read many times. */
  readonly fewRows: number;
  /** Ids of the simulated stream. */
  readonly streamIds: number;
  readonly streamDifferences: number;
  readonly faults: number;
  readonly rounds: number;
  readonly kills: number;
  /** Chunks of a copy that is timed, its rounds, kills of one that isn't, and chunks of a simulated one. */
  readonly copyRows: number;
  readonly copyRounds: number;
  readonly copyKills: number;
  readonly copiedIds: number;
};
export type Scene = {
  readonly sizes: Sizes;
  readonly seed: number;
  readonly postgres: Postgres;
  readonly client: Client;
  readonly say: (text: string) => void;
  /** A collection and a table of the same chunks; filled when they are first asked for. */
  readonly collection: () => Promise<Collection>;
  readonly close: () => Promise<void>;
};

type Collection = {
  readonly qdrant: Qdrant;
  readonly name: string;
  readonly rows: number;
  /** As a base names it. */
  readonly adapter: object;
  /** The same chunks in Postgres. */
  readonly table: string;
};

/** Starts the server, and makes the large tables `source` and `copy`. Rejects when there is no Postgres of its own to be had. */
export async function startScene(sizes: Sizes, seed: number, say: Scene["say"]): Promise<Scene> {
  const postgres = await startPostgres("127.0.0.61");
  try {
    if (postgres.kind === "pglite")
      throw new Error("there is no real Postgres here: set PGVECTOR_URL, or install Docker or pip");
    const client = await connect(postgres);
    for (const table of ["source", "copy"]) await makeTable(client, `public.bench_${table}`, sizes.rows);
    let filling: Promise<Collection> | undefined;
    const collection = (): Promise<Collection> => (filling ??= startCollection(client, sizes));
    const close = async (): Promise<void> => {
      await client.end();
      await postgres.close();
      await (await filling?.catch(() => undefined))?.qdrant.close();
    };
    return { sizes, seed, postgres, client, say, collection, close };
  } catch (error) {
    await postgres.close();
    throw error;
  }
}

async function startCollection(client: Client, sizes: Sizes): Promise<Collection> {
  const qdrant = await startQdrant({ address: "127.0.0.62" });
  const [name, table] = ["bench", "beside"];
  const rows = qdrant.standIn ? sizes.standInRows : sizes.rows;
  await makeTable(client, `public.bench_${table}`, rows);
  await makeCollection(qdrant, name, rows);
  const { url, apiKey } = qdrant;
  return { qdrant, name, rows, table, adapter: { kind: "qdrant", url, collection: name, apiKey } };
}

export async function connect({ connectionString }: Postgres): Promise<Client> {
  const client = new Client({ connectionString, connectionTimeoutMillis: 10_000, statement_timeout: 300_000 });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

/** Adapter of a table, as a base names it. */
export function tableAdapter({ postgres }: Pick<Scene, "postgres">, table: string): object {
  return { kind: "pgvector", connectionString: postgres.connectionString, table: `bench_${table}` };
}
