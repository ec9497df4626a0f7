// A real Postgres and a stand-in for Qdrant of a story's own, empty, with a client for each.
import { Client } from "pg";
import { type Qdrant, startQdrant } from "#stores/qdrant.ts";
import { type Caller, openQdrant, pathOf } from "#stores/qdrant-rest.ts";
import type { WheelVersion } from "#stores/wheel-install.ts";
import { startWheelPostgres } from "#stores/wheel-postgres.ts";

export type TwoStores = {
  readonly postgres: Awaited<ReturnType<typeof startWheelPostgres>>;
  readonly qdrant: Qdrant;
  readonly client: Client;
  readonly caller: Caller;
  /** The collection `chunks` anew, of two dimensions. */
  readonly makeCollection: (distance?: string) => Promise<void>;
  /** A table `chunks` of these columns beside entity_id, updated_at and embedding, and rows of them in SQL. */
  readonly makeTable: (columns: string, ...rows: readonly (string | readonly string[])[]) => Promise<void>;
  readonly makePoints: (payloads: readonly object[], idOf?: (index: number) => unknown) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** When every row and point was updated that doesn't say otherwise. */
export const noon = "2026-01-31T12:00:00.000Z";

/** The extension is there, and nothing else. */
export async function startTwoStores(address: string, version: WheelVersion): Promise<TwoStores> {
  const [postgres, qdrant] = await Promise.all([
    startWheelPostgres({ address, version }),
    startQdrant({ address, external: { url: undefined, apiKey: undefined } }),
  ]);
  const caller = openQdrant(qdrant);
  const client = new Client({ connectionString: postgres.connectionString });
  await client.connect();
  await client.query("CREATE EXTENSION vector");
  const close = async (): Promise<void> => {
    await client.end();
    await caller.close();
    await Promise.all([postgres.close(), qdrant.close()]);
  };
  return { postgres, qdrant, client, caller, ...makersOf(client, caller), close };
}

function makersOf(client: Client, caller: Caller): Pick<TwoStores, "makeCollection" | "makeTable" | "makePoints"> {
  return {
    makeCollection: async (distance = "Cosine") => {
      await caller.call({ method: "DELETE", path: pathOf("chunks") });
      await caller.call({ method: "PUT", path: pathOf("chunks"), body: { vectors: { size: 2, distance } } });
    },
    makeTable: async (columns, ...rows) => {
      await client.query(`CREATE TABLE chunks (${columns}, entity_id text DEFAULT 'e',
        updated_at timestamptz DEFAULT '${noon}', embedding vector(2) DEFAULT '[1,0]')`);
      for (const row of rows.flat()) await client.query(`INSERT INTO chunks ${row}`);
    },
    makePoints: async (payloads, idOf = (index) => index + 1) => {
      const points = payloads.map((own, index) => ({
        id: idOf(index),
        vector: [1, 0],
        payload: { entity_id: "e", updated_at: noon, ...own },
      }));
      await caller.call({ method: "PUT", path: pathOf("chunks", "/points?wait=true"), body: { points } });
    },
  };
}
