// What the catalogue says of the columns that filters ask for.
import type { PoolClient } from "pg";
import { readRows } from "../client/row-query.ts";
import { labelsOf, operatorSchemaOf, readLabels } from "../client/table-catalogue.ts";
import type { PgvectorSpec } from "../config/schema.ts";

/** A column's type; of an array its elements' type, of a domain the type below it. */
export type Column = {
  /** Postgres' own name: `int4`, `timestamptz`. */
  readonly type: string;
  readonly typeSchema: string;
  /** Schema of the operators that an index orders the type by: citext's are with it, wherever that is. */
  readonly operatorSchema: string;
  readonly isArray: boolean;
  readonly isEnum: boolean;
  /** The first thousand of an enum, as they are now. */
  readonly labels: ReadonlySet<string>;
  /** Whether different texts can be equal by its collation. */
  readonly isLoose: boolean;
  /** Most digits of a numeric; null: unlimited. */
  readonly digits: number | null;
  /** Access methods of the indexes that begin with the column, in every partition and every table that inherits. Null: of a view, whose own has none. */
  readonly indexes: readonly string[] | null;
  /** Whether the role may read it. */
  readonly isReadable: boolean;
};
export type Columns = ReadonlyMap<string, Column>;

/** A domain may stand on another one; a partitioned table holds its rows in others, however deep. */
const query = `
WITH RECURSIVE below AS (
    SELECT c.oid, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2
    UNION ALL
    SELECT h.inhrelid, k.relkind FROM below JOIN pg_inherits h ON h.inhparent = below.oid JOIN pg_class k ON k.oid = h.inhrelid),
  held AS MATERIALIZED (SELECT DISTINCT oid FROM below WHERE relkind <> 'p'),
  served AS MATERIALIZED (SELECT f.attname AS name, m.amname::text AS method FROM held
    JOIN pg_index i ON i.indrelid = held.oid AND i.indpred IS NULL AND i.indisvalid
    JOIN pg_attribute f ON f.attrelid = held.oid AND f.attnum = i.indkey[0] AND f.attcollation = i.indcollation[0]
    JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam
    GROUP BY f.attname, m.amname HAVING count(DISTINCT held.oid) = (SELECT count(*) FROM held))
SELECT a.attname, coalesce(e.typname, b.typname), s.nspname::text, ${operatorSchemaOf("coalesce(e.oid, b.oid)")}, e.oid IS NOT NULL, coalesce(e.typtype, b.typtype) = 'e',
  ${labelsOf("coalesce(e.oid, b.oid)")},
  EXISTS (SELECT 1 FROM pg_collation l WHERE l.oid = a.attcollation AND NOT l.collisdeterministic),
  CASE WHEN b.typname = 'numeric' AND b.modifier > 0 THEN ((b.modifier - 4) >> 16) & 65535 END,
  CASE WHEN c.relkind <> 'v' THEN coalesce((SELECT string_agg(served.method, ' ') FROM served WHERE served.name = a.attname), '') END,
  pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
CROSS JOIN LATERAL (WITH RECURSIVE d AS (
    SELECT t.*, a.atttypmod AS modifier FROM pg_type t WHERE t.oid = a.atttypid
    UNION ALL
    SELECT t.*, CASE WHEN d.modifier >= 0 THEN d.modifier ELSE d.typtypmod END
      FROM d JOIN pg_type t ON t.oid = d.typbasetype WHERE d.typtype = 'd')
  SELECT * FROM d WHERE d.typtype <> 'd') AS b
LEFT JOIN pg_type e ON e.oid = b.typelem AND b.typcategory = 'A'
JOIN pg_namespace s ON s.oid = coalesce(e.typnamespace, b.typnamespace)
WHERE n.nspname = $1 AND c.relname = $2`;

/** All columns of the table by name; none when there is no such table. */
export async function readColumns(
  client: PoolClient,
  { schema, table }: Pick<PgvectorSpec, "schema" | "table">,
): Promise<Columns> {
  const rows = await readRows(client, { text: query, values: [schema, table] });
  return new Map(
    rows.map(
      ([name, type, typeSchema, operatorSchema, isArray, isEnum, labels, isLoose, digits, indexes, isReadable]) => [
        name ?? "",
        {
          type: type ?? "",
          typeSchema: typeSchema ?? "",
          operatorSchema: operatorSchema ?? "",
          isArray: isArray === "t",
          isEnum: isEnum === "t",
          labels: readLabels(labels),
          isLoose: isLoose === "t",
          digits: digits === null || digits === undefined ? null : Number(digits),
          indexes: indexes?.split(" ") ?? null,
          isReadable: isReadable === "t",
        },
      ],
    ),
  );
}
