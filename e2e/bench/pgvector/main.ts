// `make bench-pgvector`: W4, a search of vector(3072) by the usual index on its half precision, as the sidecar sends it and
// as the best SQL by hand, one after the other in changing order on one Postgres 16 with pgvector 0.8.
import { parseArgs } from "node:util";
import type { Backend } from "@retriever/stores/ports/backend.ts";
import { requestOf } from "@retriever/stores/test/requests.ts";
import { openBackend } from "@retriever/stores/test/spec.ts";
import { Client } from "pg";
import { startWheelPostgres } from "#stores/wheel-postgres.ts";
import { endOnSignals } from "#support/process/start-process.ts";
import { makeRandom } from "#support/random.ts";
import { amount, estimated, isMissed, most, printRows, summaryOf } from "../report/rows.ts";
import { median } from "../report/statistics.ts";

const { values } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const sizes = values.quick ? { rows: 2000, rounds: 5, searches: 20 } : { rows: 20_000, rounds: 15, searches: 50 };
const dimension = 3072;
const k = 10;

const load = `
  CREATE EXTENSION vector;
  CREATE TABLE chunks (chunk_id text PRIMARY KEY, entity_id text, updated_at timestamptz, namespace text,
    embedding vector(${dimension}));
  SELECT setseed(0.5);
  INSERT INTO chunks SELECT 'chunk-' || i, 'entity', now(), 'n',
    ARRAY(SELECT random() - 0.5 + i * 0 FROM generate_series(1, ${dimension}))::vector
    FROM generate_series(1, ${sizes.rows}) AS i;
  SET maintenance_work_mem = '1GB';
  CREATE INDEX ON chunks USING hnsw ((embedding::halfvec(${dimension})) halfvec_cosine_ops);
  ANALYZE chunks`;

/** As an application writes it that knows of the index: prepared, the vector as text. */
const byHand = `SELECT chunk_id, entity_id, updated_at, embedding::halfvec(${dimension}) <=> $1::halfvec(${dimension}) AS distance
  FROM chunks ORDER BY embedding::halfvec(${dimension}) <=> $1::halfvec(${dimension}) LIMIT $2`;

/** A search that is ready to be sent: what either needs of the vector is made before the clock starts. */
type Search = (vector: readonly number[]) => () => Promise<readonly string[]>;

function searchesOf(client: Client, backend: Backend): { readonly own: Search; readonly hand: Search } {
  return {
    own: (embedding) => {
      const request = requestOf({ embedding, k });
      return async () => {
        const { candidates } = await backend.retrieve(request, AbortSignal.timeout(10_000));
        return candidates.map(({ chunkId }) => chunkId);
      };
    },
    hand: (vector) => {
      const query = { name: "by-hand", text: byHand, values: [JSON.stringify(vector), k] };
      return async () => (await client.query<{ chunk_id: string }>(query)).rows.map((row) => row.chunk_id);
    },
  };
}

type Timed = { readonly ms: number; readonly ids: readonly string[] };

async function timed(search: Search, vector: readonly number[]): Promise<Timed> {
  const send = search(vector);
  const startedAt = performance.now();
  const ids = await send();
  return { ms: performance.now() - startedAt, ids };
}

async function run(client: Client, backend: Backend) {
  const random = makeRandom(20);
  const { own, hand } = searchesOf(client, backend);
  const ratios: number[] = [];
  const all = { own: [] as number[], hand: [] as number[] };
  let [same, found] = [0, 0];
  for (let round = -1; round < sizes.rounds; round += 1) {
    const taken = { own: [] as number[], hand: [] as number[] };
    for (let index = 0; index < sizes.searches; index += 1) {
      const vector = Array.from({ length: dimension }, () => random() - 0.5);
      const first = index % 2 === 0 ? own : hand;
      const a = await timed(first, vector);
      const b = await timed(first === own ? hand : own, vector);
      const [ours, theirs] = first === own ? [a, b] : [b, a];
      taken.own.push(ours.ms);
      taken.hand.push(theirs.ms);
      found += theirs.ids.length;
      same += ours.ids.filter((id) => theirs.ids.includes(id)).length;
    }
    // The first round warms up.
    if (round < 0) continue;
    ratios.push(median(taken.own) / median(taken.hand));
    all.own.push(...taken.own);
    all.hand.push(...taken.hand);
  }
  return {
    id: "W4",
    parts: [
      estimated("median latency of a search, as the sidecar sends it / by hand", ratios, most(1.1)),
      amount("share of the chunks found by hand that it finds", same / found, null, { n: found }),
      amount("ms, as the sidecar sends it", median(all.own), null, { n: all.own.length }),
      amount("ms, by hand", median(all.hand), null, { n: all.hand.length }),
    ],
  } as const;
}

endOnSignals();
const server = await startWheelPostgres({ address: "127.0.0.79", version: "16-0.8" });
const client = new Client({ connectionString: server.connectionString });
await client.connect();
const backend = await openBackend("pgvector", {
  connectionString: server.connectionString,
  table: "chunks",
  poolSize: 1,
});
try {
  process.stdout.write(`loading ${sizes.rows} rows\n`);
  await client.query(load);
  const rows = [await run(client, backend)];
  process.stdout.write(`${printRows(rows)}\n${values.quick ? "quick: nothing here counts.\n" : ""}`);
  process.stdout.write(`${JSON.stringify(summaryOf(rows, { rows: sizes.rows }))}\n`);
  process.exitCode = isMissed(rows) ? 1 : 0;
} finally {
  await backend.close();
  await client.end();
  await server.close();
}
