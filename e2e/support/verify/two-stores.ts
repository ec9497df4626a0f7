// A real Postgres and a stand-in for Qdrant of a story's own, empty, with a client for each.
import { Client } from "pg";
import { type Qdrant, startQdrant } from "#stores/qdrant.ts";
import { type Caller, openQdrant } from "#stores/qdrant-rest.ts";
import type { WheelVersion } from "#stores/wheel-install.ts";
import { startWheelPostgres } from "#stores/wheel-postgres.ts";

export type TwoStores = {
  readonly postgres: Awaited<ReturnType<typeof startWheelPostgres>>;
  readonly qdrant: Qdrant;
  readonly client: Client;
  readonly caller: Caller;
  readonly close: () => Promise<void>;
};

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
  return { postgres, qdrant, client, caller, close };
}
