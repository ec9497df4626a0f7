// What the catalogue says of a table before any of its rows is read.
import type { PoolClient } from "pg";
import { errorsOf, RetrieverError } from "#errors.ts";
import { codeOf } from "#values/node-error.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import { whyNoId } from "./id-type.ts";
import { quoteName, rowsOf } from "./names.ts";
import { estimateIn, orderedSettings, planOf, sortsIn } from "./plan.ts";
import { type Row, readRows } from "./row-query.ts";

const missing = errorsOf("RETR_BACKEND_MISSING");

export type Column = {
  readonly name: string;
  /** Below a domain: `text`, `bpchar`, `int8`, `timestamptz`, … */
  readonly type: string;
  readonly typeSchema: string;
  /** As it was declared, for a cast: `tenant_name`, `character varying(40)`. */
  readonly declared: string;
  /** Schema of the operators that an index orders the type by: citext's are with it, wherever that is. */
  readonly operatorSchema: string;
  /** Whether different texts can be equal by its collation. */
  readonly isLoose: boolean;
  readonly isEnum: boolean;
  /** The first thousand of an enum, as they are now. */
  readonly labels: ReadonlySet<string>;
  readonly modifier: number;
  /** Whether an index begins with it that knows the order of ORDER BY: by the type's own operators, in the column's collation. */
  readonly isIndexed: boolean;
  /** Whether a unique index is on it alone, of all rows there are, and whether ON CONFLICT can use it. */
  readonly isUnique: boolean;
  readonly isConflictTarget: boolean;
  readonly isNotNull: boolean;
  /** NOT NULL, and nothing gives it a value by itself. */
  readonly isRequired: boolean;
  /** Whether the server alone makes its values (GENERATED ALWAYS). */
  readonly isGenerated: boolean;
  /** Whether an index is on it or on an expression of it. */
  readonly isReadByIndex: boolean;
  /** Whether a new row that has no value for it gets the next of a sequence. */
  readonly isNumbered: boolean;
  /** Whether the role may read it. */
  readonly isReadable: boolean;
};
export type Catalogue = {
  /** `r` table, `p` partitioned, `v` view, `m` materialized view, `f` foreign table. */
  readonly relation: string;
  /** Version and schema of the extension vector; null: the database lacks it. */
  readonly extension: { readonly version: string; readonly schema: string } | null;
  /** By name; empty for no such table. */
  readonly columns: ReadonlyMap<string, Column>;
  /** The planner's estimate of the rows that meet the base's condition. */
  readonly estimate: number;
  /** Whether a policy, of the table or of one below a view, may hide rows from this role. */
  readonly hidesRows: boolean;
  readonly role: string;
  readonly isStandby: boolean;
  readonly isReadOnly: boolean;
  /**
   * Names of the triggers that can change a row before it is written, of those that can keep it from being removed, of
   * those that can do more beside either, of those that do something else in the place of it, of rules.
   */
  readonly rewriting: readonly string[];
  readonly keeping: readonly string[];
  readonly following: readonly string[];
  readonly replacing: readonly string[];
  readonly rules: readonly string[];
  /** Tables of which a foreign key removes or changes rows when a row of this one goes. */
  readonly dependent: readonly string[];
};

/** Schema of the operators by which indexes order a type, as SQL. */
export function operatorSchemaOf(type: string): string {
  return `coalesce((SELECT os.nspname::text FROM pg_opclass oc JOIN pg_am m ON m.oid = oc.opcmethod AND m.amname = 'btree'
    JOIN pg_amop ao ON ao.amopfamily = oc.opcfamily AND ao.amopstrategy = 3 AND ao.amoplefttype = oc.opcintype AND ao.amoprighttype = oc.opcintype
    JOIN pg_operator o ON o.oid = ao.amopopr JOIN pg_namespace os ON os.oid = o.oprnamespace
    WHERE oc.opcdefault AND oc.opcintype = ${type}), 'pg_catalog')`;
}

/** The labels of an enum as SQL, a list of JSON; NULL for another type. */
export function labelsOf(type: string): string {
  return `(SELECT json_agg(l.enumlabel) FROM (SELECT enumlabel FROM pg_enum WHERE enumtypid = ${type} LIMIT 1000) AS l)`;
}

export function readLabels(text: string | null | undefined): ReadonlySet<string> {
  return new Set(JSON.parse(text ?? "[]") as string[]);
}

/** A domain may stand on another one; each may forbid NULL, or give a value. No index is over a table and what inherits from it. */
const columnsQuery = `
SELECT a.attname::text, b.typname::text, n.nspname::text, format_type(a.atttypid, a.atttypmod), b.modifier,
  ${operatorSchemaOf("b.base")}, ${labelsOf("b.base")},
  EXISTS (SELECT 1 FROM pg_collation l WHERE l.oid = a.attcollation AND NOT l.collisdeterministic),
  b.kind = 'e',
  EXISTS (SELECT 1 FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam AND m.amname = 'btree'
    JOIN pg_opclass o ON o.oid = i.indclass[0] AND EXISTS (SELECT 1 FROM pg_opclass d WHERE d.opcfamily = o.opcfamily AND d.opcdefault)
    WHERE i.indrelid = c.oid AND i.indkey[0] = a.attnum AND i.indpred IS NULL AND i.indisvalid AND i.indcollation[0] = a.attcollation),
  u.is_unique, u.is_immediate,
  a.attnotnull OR b.not_null,
  (a.attnotnull OR b.not_null) AND NOT a.atthasdef AND NOT b.has_default AND a.attidentity = '',
  a.attgenerated <> '' OR a.attidentity = 'a',
  EXISTS (SELECT 1 FROM pg_depend p JOIN pg_index i ON i.indexrelid = p.objid WHERE p.classid = 'pg_class'::regclass
    AND p.refclassid = 'pg_class'::regclass AND p.refobjid = c.oid AND p.refobjsubid = a.attnum AND i.indpred IS NULL),
  a.attidentity <> '' OR EXISTS (SELECT 1 FROM pg_attrdef e JOIN pg_depend p ON p.classid = 'pg_attrdef'::regclass AND p.objid = e.oid
    AND p.refclassid = 'pg_class'::regclass JOIN pg_class q ON q.oid = p.refobjid AND q.relkind = 'S'
    WHERE e.adrelid = c.oid AND e.adnum = a.attnum),
  pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')
FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
CROSS JOIN LATERAL (SELECT coalesce(bool_or(true), false) AS is_unique, coalesce(bool_or(i.indimmediate), false) AS is_immediate
  FROM pg_index i WHERE i.indrelid = c.oid AND i.indkey[0] = a.attnum AND i.indpred IS NULL
    AND i.indisvalid AND i.indisunique AND i.indnkeyatts = 1
    AND (c.relkind = 'p' OR NOT EXISTS (SELECT 1 FROM pg_inherits h WHERE h.inhparent = c.oid))) AS u
CROSS JOIN LATERAL (WITH RECURSIVE d AS (
    SELECT t.*, a.atttypmod AS modifier, 0 AS depth FROM pg_type t WHERE t.oid = a.atttypid
    UNION ALL
    SELECT t.*, CASE WHEN d.modifier >= 0 THEN d.modifier ELSE d.typtypmod END, d.depth + 1
      FROM d JOIN pg_type t ON t.oid = d.typbasetype WHERE d.typtype = 'd')
  SELECT (array_agg(d.oid ORDER BY d.depth DESC))[1] AS base, (array_agg(d.typname ORDER BY d.depth DESC))[1] AS typname,
    (array_agg(d.typtype ORDER BY d.depth DESC))[1] AS kind,
    (array_agg(d.typnamespace ORDER BY d.depth DESC))[1] AS typnamespace,
    (array_agg(d.modifier ORDER BY d.depth DESC))[1] AS modifier,
    bool_or(d.typnotnull) AS not_null, bool_or(d.typdefault IS NOT NULL) AS has_default FROM d) AS b
JOIN pg_namespace n ON n.oid = b.typnamespace
WHERE s.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`;

/** Bits of tgtype: 1 for each row, 2 before, 4 insert, 8 delete, 16 update, 64 instead. Partitions, tables that inherit, and those below a view have triggers of their own. */
const tableQuery = `
WITH RECURSIVE t AS (SELECT c.* FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace WHERE s.nspname = $1 AND c.relname = $2),
  parts AS (SELECT oid FROM t UNION SELECT below.oid FROM parts CROSS JOIN LATERAL (
    SELECT h.inhrelid AS oid FROM pg_inherits h WHERE h.inhparent = parts.oid UNION ALL
    SELECT d.refobjid FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
      AND d.refclassid = 'pg_class'::regclass WHERE r.ev_class = parts.oid AND r.ev_type = '1') AS below),
  triggers AS (SELECT g.tgname, g.tgtype FROM pg_trigger g JOIN parts ON parts.oid = g.tgrelid
    WHERE NOT g.tgisinternal AND g.tgenabled <> 'D' AND g.tgtype & 28 > 0)
SELECT t.relkind::text, (SELECT x.extversion || ' ' || n.nspname FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace
    WHERE x.extname = 'vector'), current_user::text, pg_is_in_recovery(),
  current_setting('transaction_read_only') = 'on' OR current_setting('default_transaction_read_only') = 'on',
  (SELECT string_agg(DISTINCT tgname::text, ', ') FROM triggers WHERE tgtype & 3 = 3 AND tgtype & 20 > 0),
  (SELECT string_agg(DISTINCT tgname::text, ', ') FROM triggers WHERE tgtype & 3 = 3 AND tgtype & 8 > 0),
  (SELECT string_agg(DISTINCT tgname::text, ', ') FROM triggers WHERE tgtype & 3 <> 3 AND tgtype & 64 = 0),
  (SELECT string_agg(DISTINCT tgname::text, ', ') FROM triggers WHERE tgtype & 64 > 0),
  (SELECT string_agg(DISTINCT r.rulename::text, ', ') FROM pg_rewrite r JOIN parts ON parts.oid = r.ev_class
    WHERE r.ev_type IN ('2', '3', '4') AND r.ev_enabled <> 'D'),
  (SELECT string_agg(DISTINCT k.conrelid::regclass::text, ', ') FROM pg_constraint k JOIN parts ON parts.oid = k.confrelid
    WHERE k.contype = 'f' AND k.confdeltype IN ('c', 'n', 'd'))
FROM t`;

/** Within a transaction. Rejects with what the driver throws, and with RETR_BACKEND_MISSING for a condition that is none. */
export async function readCatalogue(client: PoolClient, spec: PgvectorSpec): Promise<Catalogue> {
  const values = [spec.schema, spec.table];
  const columns = await readRows(client, { text: columnsQuery, values });
  const [facts = []] = await readRows(client, { text: tableQuery, values });
  const [relation, extension, role, isStandby, isReadOnly, ...names] = facts;
  const [rewriting, keeping, following, replacing, rules, dependent] = names.map((each) => each?.split(", ") ?? []);
  return {
    columns: new Map(columns.map(readColumn).map((column) => [column.name, column])),
    relation: relation ?? "",
    extension: readExtension(extension ?? null),
    ...(columns.length === 0 ? { estimate: 0, hidesRows: false } : await readRowFacts(client, spec)),
    role: role ?? "",
    isStandby: isStandby === "t",
    isReadOnly: isReadOnly === "t",
    rewriting: rewriting ?? [],
    keeping: keeping ?? [],
    following: following ?? [],
    replacing: replacing ?? [],
    rules: rules ?? [],
    dependent: dependent ?? [],
  };
}

function readExtension(text: string | null): Catalogue["extension"] {
  const [version = "", ...schema] = text?.split(" ") ?? [];
  return text === null ? null : { version, schema: schema.join(" ") };
}

/** Where a policy would hide rows, however deep below a view, the plan without policies is an error. */
async function readRowFacts(client: PoolClient, spec: PgvectorSpec) {
  const all = { text: `SELECT 1 FROM ${rowsOf(spec)}`, values: [] };
  const refuse = (error: unknown): never => {
    const code = codeOf(error);
    if (spec.where === undefined || !/^(22|42)/.test(code) || code === "42501") throw error;
    throw missing(`where: Postgres can't read it as a condition on the table's rows (${code})`, error);
  };
  const bare = await planOf(client, all, [["row_security", "off"]]).catch((error: unknown) => {
    if (isRowSecurity(error)) return undefined;
    return refuse(error);
  });
  if (bare !== undefined) return { estimate: estimateIn(bare), hidesRows: false };
  return { estimate: estimateIn(await planOf(client, all).catch(refuse)), hidesRows: true };
}

/** Whether it is Postgres's refusal of a query from which a policy would hide rows. */
export function isRowSecurity(error: unknown): boolean {
  return error instanceof Error && "routine" in error && error.routine === "check_enable_rls";
}

function readColumn([name, type, typeSchema, declared, modifier, operatorSchema, labels, ...flags]: Row): Column {
  const [
    isLoose,
    isEnum,
    isIndexed,
    isUnique,
    isImmediate,
    isNotNull,
    isRequired,
    isGenerated,
    isReadByIndex,
    isNumbered,
    isReadable,
  ] = flags.map((flag) => flag === "t");
  return {
    name: name ?? "",
    type: type ?? "",
    typeSchema: typeSchema ?? "",
    declared: declared ?? "",
    modifier: Number(modifier),
    operatorSchema: operatorSchema ?? "",
    isLoose: isLoose === true,
    isEnum: isEnum === true,
    labels: readLabels(labels),
    isIndexed: isIndexed === true,
    isUnique: isUnique === true,
    isConflictTarget: isImmediate === true,
    isNotNull: isNotNull === true,
    isRequired: isRequired === true,
    isGenerated: isGenerated === true,
    isReadByIndex: isReadByIndex === true,
    isNumbered: isNumbered === true,
    isReadable: isReadable === true,
  };
}

/** Whether an index gives the rows in the order of their ids; below a view the planner alone knows of it. */
export async function hasOrderedIds(
  client: PoolClient,
  spec: PgvectorSpec,
  columns: Catalogue["columns"],
): Promise<boolean> {
  const id = columns.get(spec.fields.id?.[0] ?? "");
  if (id === undefined || id.isIndexed || whyNoId(id) !== null) return id?.isIndexed === true;
  const text = `SELECT 1 FROM ${rowsOf(spec, "t")} ORDER BY t.${quoteName(id.name)}`;
  return !sortsIn(await planOf(client, { text, values: [] }, orderedSettings)).sorts;
}

/** Of these, the columns that there are and that the role may not read. */
export function unreadableIn(columns: Catalogue["columns"], names: readonly string[]): string[] {
  return [...new Set(names)].filter((name) => columns.get(name)?.isReadable === false);
}

/** A chunk that is written over or removed has to be what was seen of its row. */
export function unreadable(list: string): string {
  return `the role has no right to read ${list}, and a copy, a sync or a repair reads whole rows: GRANT SELECT ON the table, or name a view without these columns as the source`;
}

export function noTable(): RetrieverError {
  const message = "Postgres has no such table: correct schema and table, of which the case of letters counts";
  return new RetrieverError({ code: "RETR_BACKEND_MISSING", message, isAbsent: true });
}

/** What a repair of this table has to reckon with, as sentences. */
export function remarksOf({ columns, rewriting, keeping, rules, dependent, ...others }: Catalogue): string[] {
  const generated = [...columns.values()].filter(({ isGenerated }) => isGenerated).map(({ name }) => name);
  const said = (names: readonly string[], sentence: (list: string) => string): string[] =>
    names.length === 0 ? [] : [sentence(names.join(", "))];
  return [
    ...said(unreadableIn(columns, [...columns.keys()]), unreadable),
    ...(others.relation === "f"
      ? ["it is a foreign table: rows that its own server hides from the mapped role aren't seen, and not compared"]
      : []),
    ...(others.isStandby || others.isReadOnly
      ? ["the server takes no writes (a replica, or default_transaction_read_only): a repair can't write it"]
      : []),
    ...said(rewriting, (list) => `the trigger ${list} may change what is written: a repaired chunk can differ again`),
    ...said(keeping, (list) => `the trigger ${list} may keep a chunk from being removed: it is named as changed then`),
    ...said(
      others.following,
      (list) => `the trigger ${list} runs with a write or a removal, and may write this table or another one`,
    ),
    ...said(
      others.replacing,
      (list) =>
        `the trigger ${list} puts something else in the place of a write or a removal: what it does isn't known`,
    ),
    ...said(
      rules,
      (list) =>
        `the rule ${list} puts something else in the place of a write or a removal, which can be refused or do nothing`,
    ),
    ...said(dependent, (list) => `a foreign key removes or changes rows of ${list} with each chunk that is removed`),
    ...said(generated, (list) => `the server makes ${list} itself: a repair can't write it`),
  ];
}
