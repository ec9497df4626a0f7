// An application's writers during a migration: they change, add and remove chunks of the source, and know of no other store.
import { setTimeout as pause } from "node:timers/promises";
import { Client } from "pg";
import type { World } from "#support/world/start-world.ts";

const writesPerSecond = 5;
/** Each so many writes one is of a new chunk, and a removal follows. */
const removalEvery = 20;

export type Writers = {
  readonly counts: () => { readonly writes: number; readonly removals: number };
  /** Ends them. Rejects with what a statement failed with. */
  readonly stop: () => Promise<void>;
};

/** Begin at once, on a connection of their own. */
export async function startWriters({ postgres, table, dataset }: World): Promise<Writers> {
  const client = new Client({ connectionString: postgres.connectionString });
  await client.connect();
  const stopping = new AbortController();
  const counts = { writes: 0, removals: 0 };
  const any = (): string => dataset.chunks[Math.floor(Math.random() * dataset.chunks.length)]?.chunkId ?? "";
  // Its vector is between two others, so that no search finds a tie.
  const add = `INSERT INTO ${table} (chunk_id, entity_id, namespace, updated_at, embedding)
    SELECT $1, a.entity_id, a.namespace, now(), a.embedding + b.embedding FROM ${table} a, ${table} b
    WHERE a.chunk_id = $2 AND b.chunk_id = $3 ON CONFLICT DO NOTHING`;
  const change = `UPDATE ${table} SET updated_at = now(), entity_id = entity_id || '*' WHERE chunk_id = $1`;
  const work = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const isNew = counts.writes % removalEvery === 0;
      if (isNew) await client.query(add, [`written-${counts.writes}`, any(), any()]);
      else await client.query(change, [any()]);
      counts.writes += 1;
      if (isNew)
        counts.removals += (await client.query(`DELETE FROM ${table} WHERE chunk_id = $1`, [any()])).rowCount ?? 0;
      await pause(1000 / writesPerSecond, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const working = endedAfter(client, work());
  // Told of by `stop`.
  working.catch(() => undefined);
  return {
    counts: () => ({ ...counts }),
    stop: () => {
      stopping.abort();
      return working;
    },
  };
}

async function endedAfter(client: Client, work: Promise<void>): Promise<void> {
  try {
    await work;
  } finally {
    await client.end();
  }
}
