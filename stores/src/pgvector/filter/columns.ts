// What the catalogue says of the columns that filters ask for.
import type { PoolClient } from "pg";
import { readRows } from "../client/row-query.ts";
import type { PgvectorSpec } from "../config/schema.ts";

/** A column's type; of an array its elements' type, of a domain the type below it. */
export type Column = {
  /** Postgres' own name: `int4`, `timestamptz`. */
  readonly type: string;
  readonly isArray: boolean;
  readonly isEnum: boolean;
  /** Most digits of a numeric; null: unlimited. */
  readonly digits: number | null;
  /** Whether an index begins with the column. */
  readonly isIndexed: boolean;
};
export type Columns = ReadonlyMap<string, Column>;

const query = `
SELECT a.attname, coalesce(e.typname, b.typname), e.oid IS NOT NULL, coalesce(e.typtype, b.typtype) = 'e',
  CASE WHEN b.typname = 'numeric' AND a.atttypmod > 0 THEN ((a.atttypmod - 4) >> 16) & 65535 END,
  EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indkey[0] = a.attnum AND i.indpred IS NULL)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
JOIN pg_type b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
LEFT JOIN pg_type e ON e.oid = b.typelem AND b.typcategory = 'A'
WHERE n.nspname = $1 AND c.relname = $2`;

/** All columns of the table by name; none when there is no such table. */
export async function readColumns(
  client: PoolClient,
  { schema, table }: Pick<PgvectorSpec, "schema" | "table">,
): Promise<Columns> {
  const rows = await readRows(client, { text: query, values: [schema, table] });
  return new Map(
    rows.map(([name, type, isArray, isEnum, digits, isIndexed]) => [
      name ?? "",
      {
        type: type ?? "",
        isArray: isArray === "t",
        isEnum: isEnum === "t",
        digits: digits === null || digits === undefined ? null : Number(digits),
        isIndexed: isIndexed === "t",
      },
    ]),
  );
}
