// What the checks of a table go by: the catalogue, and the plan of the very query that requests are answered with.
import type { PoolClient } from "pg";
import type { RetrieverError } from "#errors.ts";
import type { BackendRequest } from "#ports/backend.ts";
import { type Catalogue, readCatalogue } from "../chunks/table-catalogue.ts";
import { postgresError } from "../client/classify.ts";
import { readRows } from "../client/row-query.ts";
import { isSettled } from "../client/session-settings.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import { type Columns, readColumns } from "../filter/columns.ts";
import { vectorQuery } from "../retrieve/statement.ts";
import { readShape, type TableShape } from "../retrieve/table-shape.ts";

export type TableFacts = {
  readonly catalogue: Catalogue;
  /** As filters know them. */
  readonly columns: Columns;
  readonly serverVersion: string;
  readonly isEncrypted: boolean;
  /** Whether another's sessions are lent for each statement, so that nothing can be kept prepared. */
  readonly isPooled: boolean;
  /** What it is searched as, and by which index where one can serve the query; or why it can't be searched. */
  readonly search: { readonly shape: TableShape; readonly index: string | null } | { readonly error: RetrieverError };
};

const serverQuery = `
SELECT current_setting('server_version'), (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid())`;

/** Without a sort and a scan of the table the planner takes an index of vectors wherever one fits the query. */
const indexOnly =
  "BEGIN READ ONLY; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off";

/** Rejects with what the driver throws. */
export async function readTableFacts(client: PoolClient, spec: PgvectorSpec, signal: AbortSignal): Promise<TableFacts> {
  const catalogue = await readCatalogue(client, spec);
  const [[serverVersion, isEncrypted] = []] = await readRows(client, { text: serverQuery, values: [] });
  return {
    catalogue,
    columns: await readColumns(client, spec),
    serverVersion: serverVersion ?? "",
    isEncrypted: isEncrypted === "t",
    isPooled: spec.preparedStatements && !isSettled(client),
    search: await planSearch(client, spec).catch((error: unknown) => ({ error: postgresError(error, signal) })),
  };
}

async function planSearch(client: PoolClient, spec: PgvectorSpec) {
  const shape = await readShape(client, spec);
  const { text, values } = vectorQuery(spec, shape, trialRequest(shape.dimension ?? 1));
  await client.query(indexOnly);
  try {
    const [row] = await readRows(client, { text: `EXPLAIN (FORMAT JSON) ${text}`, values });
    return { shape, index: orderingIndex(JSON.parse(row?.[0] ?? "[]")) };
  } finally {
    await client.query("ROLLBACK");
  }
}

/** The index whose own order is the answer's, at any depth: partitions have one each. */
function orderingIndex(plan: unknown): string | null {
  if (typeof plan !== "object" || plan === null) return null;
  if ("Order By" in plan && "Index Name" in plan) return String(plan["Index Name"]);
  return Object.values(plan).reduce<string | null>((found, each) => found ?? orderingIndex(each), null);
}

function trialRequest(dimension: number): BackendRequest {
  const binary = Buffer.alloc(4 + dimension * 4);
  binary.writeUInt16BE(dimension, 0);
  for (let at = 4; at < binary.length; at += 4) binary.writeFloatBE(1, at);
  return { k: 10, embedding: { dimension, binary: () => binary, json: () => new Uint8Array() } };
}
