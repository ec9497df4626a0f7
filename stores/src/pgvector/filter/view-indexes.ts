// Which declared fields of a view an index serves: the planner alone knows what stands below it.
import type { PoolClient } from "pg";
import { placeIn } from "#config/chunk-fields.ts";
import { type FieldType, type Filterable, fieldsOf } from "#config/filterable.ts";
import type { FilterValue } from "#ports/filter.ts";
import { rowsOf } from "../client/names.ts";
import { lookUpsIn, planOf } from "../client/plan.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import type { Columns } from "./columns.ts";
import { faultOfField, filterSql } from "./filter-sql.ts";

const someValue: Readonly<Record<FieldType, FilterValue>> = {
  keyword: "a",
  integer: 0n,
  float: 0,
  boolean: true,
  moment: "2026-01-01T00:00:00.000000Z",
};
/** With these an index is looked up in wherever one can be. */
const lookingUp = [["enable_seqscan", "off"]] as const;

/** Their names; none of what is no view. Within a transaction. Rejects with what the driver throws. */
export async function servedInView(
  client: PoolClient,
  spec: PgvectorSpec,
  filterable: Filterable,
  columns: Columns,
): Promise<ReadonlySet<string>> {
  const table = { columns, placeOf: placeIn(spec.fields) };
  const unknown = fieldsOf(filterable).filter(
    (field) => columns.get(table.placeOf(field.name)[0])?.indexes === null && faultOfField(field, table) === undefined,
  );
  const lookUps = async (where: string, values: readonly string[]): Promise<number> =>
    lookUpsIn(await planOf(client, { text: `SELECT 1 FROM ${rowsOf(spec)}${where}`, values }, lookingUp));
  const served = new Set<string>();
  // Those of a join are there without the filter as well.
  const own = unknown.length === 0 ? 0 : await lookUps("", []);
  for (const field of unknown) {
    const values: string[] = [];
    const condition = { op: "in", field, values: [someValue[field.type]] } as const;
    const where = filterSql(condition, { ...table, bind: (text) => `$${values.push(text)}` });
    if ((await lookUps(` WHERE ${where}`, values)) > own) served.add(field.name);
  }
  return served;
}
