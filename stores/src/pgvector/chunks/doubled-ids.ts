// Whether a table holds an id more than once, as far as that is quickly seen.
import type { PoolClient } from "pg";
import { errorsOf } from "#errors.ts";
import { codeOf } from "#values/node-error.ts";
import { quoteName, rowsOf } from "../client/names.ts";
import { readRows } from "../client/row-query.ts";
import { inSettings } from "../client/session-settings.ts";
import type { Column } from "../client/table-catalogue.ts";
import type { PgvectorSpec } from "../config/schema.ts";

const doubled = errorsOf("RETR_VERIFY_DUPLICATE_IDS");
/** In the order of an index the first of them end the reading. A table in which there are none is read for so long at most. */
const settings = [
  ["enable_hashagg", "off"],
  ["statement_timeout", 5000],
] as const;

/** Throws RETR_VERIFY_DUPLICATE_IDS with some of them. */
export async function refuseDoubled(client: PoolClient, spec: PgvectorSpec, id: Column): Promise<void> {
  if (id.isUnique) return;
  const name = `${quoteName(id.name)}::text`;
  const text = `SELECT ${name} FROM ${rowsOf(spec)} GROUP BY ${name} HAVING pg_catalog.count(*) > 1 LIMIT 5`;
  const ask = () => inSettings(client, settings, () => readRows(client, { text, values: [], settings }));
  const rows = await ask().catch((error: unknown) => {
    if (codeOf(error) !== "57014") throw error;
    return [];
  });
  if (rows.length === 0) return;
  const ids = rows.map(([each]) => JSON.stringify((each ?? "").slice(0, 200))).join(", ");
  throw doubled(`${id.name}: expected each value once, the source holds ${ids} more than once`);
}
