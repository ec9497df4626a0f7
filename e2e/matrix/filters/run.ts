// The same filters to the same rows in a real Postgres and in Qdrant's own engine, each through a sidecar of its own:
// the chunks that come back have to be the same.
import { Client } from "pg";
import { startQdrantEngine } from "#stores/qdrant-engine/start-engine.ts";
import { startSidecar } from "#support/sidecar/start-sidecar.ts";
import { type Ask, makeAsk } from "./ask.ts";
import { filterable, payloadIndexes, tableColumns } from "./fields.ts";
import { makeFilters, makeRows } from "./generate.ts";

type Options = {
  readonly connectionString: string;
  readonly filters: number;
  readonly seed: number;
  /** What is said about the table's connections; PGlite has but one. */
  readonly adapter?: object;
  /** Of the database, for whoever connects from then on. */
  readonly settings?: readonly string[];
};
type Outcome = {
  readonly compared: number;
  /** Filters that some rows pass and others don't. */
  readonly telling: number;
  /** One line each. */
  readonly differences: readonly string[];
};

const rowCount = 240;
const table = "filter_matrix";

/** Half of the filters are put to a collection without payload indexes, half to one with all of them. */
export async function runFilterMatrix(options: Options): Promise<Outcome> {
  const { connectionString, filters, seed, adapter = {}, settings = [] } = options;
  const rows = makeRows(rowCount, seed);
  await fillTable(connectionString, rows, settings);
  const engine = await startQdrantEngine();
  const place = {
    kind: "pgvector",
    connectionString,
    table,
    timeoutMs: 60_000,
    distance: "inner-product",
    ...adapter,
  };
  const sidecars = await Promise.all([
    startSidecar({ base: { primary: place, filterable } }),
    startSidecar({
      base: { primary: { kind: "qdrant", url: engine.url, collection: "c", timeoutMs: 60_000 }, filterable },
    }),
  ]);
  const [askTable, askCollection] = sidecars.map(({ appUrl }) => makeAsk(appUrl)) as [Ask, Ask];
  const halves: Outcome[] = [];
  try {
    for (const indexes of [{}, payloadIndexes]) {
      await engine.load(rows, indexes);
      const half = [...makeFilters(filters / 2, seed + halves.length + 1)].map((filter) => JSON.stringify(filter));
      halves.push(await compareAll(half, { rows, askTable, askCollection }));
    }
  } finally {
    await Promise.allSettled([...sidecars.map(({ stop }) => stop()), engine.close()]);
    await Promise.allSettled([askTable.close(), askCollection.close()]);
  }
  return {
    compared: halves.reduce((sum, { compared }) => sum + compared, 0),
    telling: halves.reduce((sum, { telling }) => sum + telling, 0),
    differences: halves.flatMap(({ differences }) => differences),
  };
}

type Both = { readonly rows: readonly object[]; readonly askTable: Ask; readonly askCollection: Ask };

async function compareAll(filters: readonly string[], { rows, askTable, askCollection }: Both): Promise<Outcome> {
  let telling = 0;
  const differences: string[] = [];
  for (const filter of filters) {
    const [ofTable, ofCollection] = await Promise.all([askTable(filter), askCollection(filter)]);
    if (ofTable.length > 0 && ofTable.length < rowCount) telling += 1;
    if (ofTable.join() !== ofCollection.join()) differences.push(describe(filter, rows, ofTable, ofCollection));
  }
  return { compared: filters.length, telling, differences };
}

async function fillTable(
  connectionString: string,
  rows: readonly object[],
  settings: readonly string[],
): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    await client.query(`SET TIME ZONE 'UTC'; CREATE EXTENSION IF NOT EXISTS vector; DROP TABLE IF EXISTS ${table};
      CREATE TABLE ${table} (chunk_id text PRIMARY KEY, entity_id text, updated_at timestamptz, embedding vector(1), ${tableColumns})`);
    const held = JSON.stringify(rows.map((row) => ({ ...row, embedding: "[1]" })));
    for (const setting of settings) await client.query(`ALTER DATABASE postgres SET ${setting}`);
    await client.query(`INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb)`, [
      held,
    ]);
  } finally {
    await client.end();
  }
}

function describe(
  what: string,
  rows: readonly object[],
  table: readonly string[],
  collection: readonly string[],
): string {
  const only = (these: readonly string[], those: readonly string[]): string =>
    these
      .filter((id) => !those.includes(id))
      .slice(0, 2)
      .map((id) => JSON.stringify(rows[Number(id.slice(1))] ?? id).slice(0, 1500))
      .join(" ");
  return `${what}: only in the table ${only(table, collection)}; only in the collection ${only(collection, table)}`;
}
