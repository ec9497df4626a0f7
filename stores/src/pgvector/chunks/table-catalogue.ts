// What the catalogue says of a table before any of its rows is read.
import type { PoolClient } from "pg";
import { readRows } from "../client/row-query.ts";
import type { PgvectorSpec } from "../config/schema.ts";

export type Column = {
  /** Below a domain: `text`, `bpchar`, `int8`, `timestamptz`, … */
  readonly type: string;
  readonly typeSchema: string;
  readonly modifier: number;
  /** Whether an index begins with it. */
  readonly isIndexed: boolean;
  /** Whether a unique index is on it alone. */
  readonly isUnique: boolean;
  /** Whether the server alone makes its values. */
  readonly isGenerated: boolean;
};
export type Catalogue = {
  /** By name; empty for no such table. */
  readonly columns: ReadonlyMap<string, Column>;
  /** The planner's estimate. */
  readonly estimate: number;
  /** Whether a policy may hide rows from this role. */
  readonly hidesRows: boolean;
  readonly role: string;
  /** Names of the triggers that can change a row before it is written. */
  readonly rewritingTriggers: readonly string[];
  readonly isReadOnly: boolean;
};

const columnsQuery = `
SELECT a.attname::text, b.typname::text, n.nspname::text, a.atttypmod,
  EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indkey[0] = a.attnum AND i.indpred IS NULL
    AND i.indisvalid),
  EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indkey[0] = a.attnum AND i.indpred IS NULL
    AND i.indisvalid AND i.indisunique AND i.indnkeyatts = 1),
  a.attgenerated <> '' OR a.attidentity = 'a'
FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
JOIN pg_type b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
JOIN pg_namespace n ON n.oid = b.typnamespace
WHERE s.nspname = $1 AND c.relname = $2`;

/** Bits of tgtype: 1 for each row, 2 before, 4 insert, 16 update. */
const tableQuery = `
SELECT c.reltuples::bigint, row_security_active(c.oid), current_user::text,
  (SELECT string_agg(g.tgname::text, ', ' ORDER BY g.tgname) FROM pg_trigger g WHERE g.tgrelid = c.oid
    AND NOT g.tgisinternal AND g.tgenabled <> 'D' AND g.tgtype & 3 = 3 AND g.tgtype & 20 > 0),
  pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on'
FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
WHERE s.nspname = $1 AND c.relname = $2`;

/** Rejects with what the driver throws. */
export async function readCatalogue(client: PoolClient, { schema, table }: PgvectorSpec): Promise<Catalogue> {
  const values = [schema, table];
  const columns = await readRows(client, { text: columnsQuery, values });
  const [facts = []] = await readRows(client, { text: tableQuery, values });
  const [estimate, hidesRows, role, triggers, isReadOnly] = facts;
  return {
    columns: new Map(
      columns.map(([name, type, typeSchema, modifier, isIndexed, isUnique, isGenerated]) => [
        name ?? "",
        {
          type: type ?? "",
          typeSchema: typeSchema ?? "",
          modifier: Number(modifier),
          isIndexed: isIndexed === "t",
          isUnique: isUnique === "t",
          isGenerated: isGenerated === "t",
        },
      ]),
    ),
    estimate: Number(estimate),
    hidesRows: hidesRows === "t",
    role: role ?? "",
    rewritingTriggers: triggers?.split(", ") ?? [],
    isReadOnly: isReadOnly === "t",
  };
}

/** What a repair of this table has to reckon with, as sentences. */
export function remarksOf({ columns, rewritingTriggers, isReadOnly }: Catalogue): string[] {
  const generated = [...columns].filter(([, { isGenerated }]) => isGenerated).map(([name]) => name);
  return [
    ...(isReadOnly
      ? ["the server takes no writes (a replica, or default_transaction_read_only): a repair can't write it"]
      : []),
    ...(rewritingTriggers.length === 0
      ? []
      : [`the trigger ${rewritingTriggers.join(", ")} may change what is written: a repaired chunk can differ again`]),
    ...(generated.length === 0 ? [] : [`the server makes ${generated.join(", ")} itself: a repair can't write it`]),
  ];
}
