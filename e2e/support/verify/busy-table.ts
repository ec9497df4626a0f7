// An application that writes a table and removes from it, on a connection of its own, until it is told to stop.
import { setTimeout as pause } from "node:timers/promises";
import { Client } from "pg";

type Busy = {
  readonly connectionString: string;
  readonly table: string;
  /** SQL of an embedding. */
  readonly embedding: string;
  /** Ids by their numbers, of which some are new to the table. */
  readonly idOf: (index: number) => string;
  readonly ids: number;
  readonly random: () => number;
  /** From one write to the next, or as soon after as the server lets it; each tenth has a removal beside it. */
  readonly everyMs: number;
};

type Written = { readonly writes: number; readonly perSecond: number };

/** Begins at once. `stop` resolves with how many writes there were, and how many a second. */
export async function keepBusy({ connectionString, table, embedding, idOf, ids, random, everyMs }: Busy) {
  const client = new Client({ connectionString });
  await client.connect();
  const stopping = new AbortController();
  const any = (): string => idOf(Math.floor(random() * ids * 1.1));
  const upsert = `INSERT INTO ${table} (chunk_id, entity_id, updated_at, embedding) VALUES ($1, 'e', now(), ${embedding})
    ON CONFLICT (chunk_id) DO UPDATE SET updated_at = now(), entity_id = 'entity-' || random(), embedding = EXCLUDED.embedding`;
  const work = async (): Promise<Written> => {
    const startedAt = performance.now();
    let writes = 0;
    while (!stopping.signal.aborted) {
      await client.query(upsert, [any()]);
      if (writes % 10 === 0) await client.query(`DELETE FROM ${table} WHERE chunk_id = $1`, [any()]);
      writes += 1;
      await pause(Math.max(0, startedAt + writes * everyMs - performance.now()));
    }
    const seconds = (performance.now() - startedAt) / 1000;
    await client.end();
    return { writes, perSecond: writes / seconds };
  };
  const working = work();
  return {
    stop: (): Promise<Written> => {
      stopping.abort();
      return working;
    },
  };
}
