// A chunk as the row that a table would get, and why a table can't take it. Pure.
import type { ChunkWrite, WholeChunk } from "#ports/chunk-store.ts";
import { holdsNul, isSameValue, numberText } from "#values/same-value.ts";
import type { Column } from "./table-catalogue.ts";
import type { TableColumns } from "./table-columns.ts";
import { type GivenRow, vectorText } from "./whole-chunk-sql.ts";

export type Given = GivenRow & {
  readonly id: string;
  /** Columns that are written: those that the chunk speaks of and that Postgres doesn't make itself. */
  readonly names: readonly string[];
  /** Why the columns can't hold the chunk at all. */
  readonly clash?: string;
};

/** The row of a write; `over` is null for a new one. */
export function givenOf({ chunk, over }: ChunkWrite, columns: TableColumns): Given {
  const said = saidOf(chunk, columns).filter(([column, value]) => value !== undefined && !column.isGenerated);
  const values = said.map(([{ name }, value]) => [name, value] as const);
  return {
    id: chunk.id,
    over,
    names: [...(over === null ? [columns.id.name] : []), ...values.map(([name]) => name)],
    row: { ...Object.fromEntries(values), [columns.id.name]: chunk.id },
    ...clashOf(chunk, columns),
  };
}

function clashOf({ entityId, namespace }: WholeChunk, columns: TableColumns): Pick<Given, "clash"> {
  if (columns.namespace !== columns.entity || namespace === undefined || entityId === undefined) return {};
  if (nameOf(namespace ?? null) === nameOf(entityId ?? null)) return {};
  return {
    clash: `column ${columns.entity.name}: it stands for entity and namespace, and the chunk has two different ones; give the table a column of its own for the namespace`,
  };
}

function saidOf(chunk: WholeChunk, columns: TableColumns): (readonly [Column, unknown])[] {
  const { entity, updatedAt, namespace, embedding, fields } = columns;
  return [
    [entity, chunk.entityId],
    [updatedAt, momentFor(chunk.updatedAt, updatedAt)],
    [embedding, chunk.vector === null ? undefined : vectorText(chunk.vector, embedding.type)],
    // One column may stand for both.
    ...(namespace === null || namespace === entity ? [] : [[namespace, chunk.namespace] as const]),
    ...fields.map((field) => [field, chunk.fields[field.name]] as const),
  ];
}

/** Cut to the column's precision: Postgres would round it, perhaps into the future. */
function momentFor(text: string | null | undefined, { type, modifier }: Column): string | null | undefined {
  if (typeof text !== "string" || !type.startsWith("timestamp") || modifier < 0) return text;
  return text.replace(/\.(\d+)/, (_, digits: string) => (modifier === 0 ? "" : `.${digits.slice(0, modifier)}`));
}

/** Why the table can't take a row, as far as the catalogue tells; null: nothing is known. */
export function whyRefused({ id, row, over, names, clash }: Given, columns: TableColumns): string | null {
  if (clash !== undefined) return clash;
  const nul = id.includes("\0") ? columns.id.name : names.find((name) => holdsNul(row[name]));
  if (nul !== undefined) {
    return `column ${nul}: the value holds the character NUL, which no text of Postgres can; remove it where it comes from`;
  }
  if (over === null) {
    if (!columns.id.isConflictTarget)
      return "chunk_id has no unique index, so that a chunk might be written twice; create one";
    if (columns.id.isGenerated) {
      return "chunk_id is GENERATED ALWAYS, so that Postgres takes no id for a new row (428C9); make it BY DEFAULT";
    }
    const lacking = columns.all.filter(({ name, isRequired }) => isRequired && (row[name] ?? null) === null);
    if (lacking.length > 0) {
      return `column ${lacking.map(({ name }) => name).join(", ")}: NOT NULL without a default, and the chunk has no value; give the column a default`;
    }
  }
  const emptied = columns.all.find(({ name, isNotNull }) => isNotNull && names.includes(name) && row[name] === null);
  return emptied === undefined
    ? null
    : `column ${emptied.name}: NOT NULL, and the chunk's value is null; correct the chunk where it comes from`;
}

/** The first column that would hold something else than the chunk says, in a sentence without the value; null: none. */
export function whyChanged(
  given: Given,
  id: string | null,
  back: Readonly<Record<string, unknown>>,
  columns: TableColumns,
) {
  if (id !== given.id)
    return `column chunk_id (${columns.id.type}): it would hold the id in another spelling; correct the id where it comes from`;
  for (const name of given.names) {
    const column = columns.all.find((each) => each.name === name) as Column;
    if (!isCompared(column, columns) || isKept(given.row[name], back[name], column, columns)) continue;
    const [from, to] = [kindOf(given.row[name]), kindOf(back[name])];
    return `column ${name} (${column.type}): the chunk's ${from} would become ${from === to ? "another" : "a"} ${to}; change the column's type, or the value where it comes from`;
  }
  return null;
}

/** Vectors and moments have a precision of their own, by which verification compares them. */
function isCompared(column: Column, { id, embedding, updatedAt }: TableColumns): boolean {
  return column !== id && column !== embedding && column !== updatedAt;
}

function isKept(given: unknown, back: unknown, column: Column, { entity, namespace }: TableColumns): boolean {
  if (isSameValue(given, back)) return true;
  // A float knows no more; a char(n) is padded; a name is text or a number, whichever the column has.
  if (column.type === "float4") return Math.fround(doubleOf(given)) === Math.fround(doubleOf(back));
  if (column.type === "float8") return doubleOf(given) === doubleOf(back);
  if (column.type === "bpchar" || column.type === "_bpchar") return isSameValue(trimmed(given), trimmed(back));
  return (column === entity || column === namespace) && nameOf(given) === nameOf(back);
}

function trimmed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(trimmed);
  return typeof value === "string" ? value.trimEnd() : value;
}

function doubleOf(value: unknown): number {
  return Number(numberText(value) ?? Number.NaN);
}

function nameOf(value: unknown): unknown {
  return numberText(value) ?? value;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "NULL";
  if (numberText(value) !== null) return "number";
  return typeof value === "string" ? "text" : Array.isArray(value) ? "list" : typeof value;
}
