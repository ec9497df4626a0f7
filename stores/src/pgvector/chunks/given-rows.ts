// A chunk as the row that a table would get, and why a table can't take it. Pure.
import { decimalOf } from "#chunks/canonical-value.ts";
import { isSameWithin } from "#chunks/moment-unit.ts";
import { canonicalName } from "#chunks/payload-digest.ts";
import type { ChunkWrite, WholeChunk } from "#ports/chunk-store.ts";
import { epochFormOf, epochNumber, exactTimeOf, unclearUnit } from "#values/epoch.ts";
import { valueAt, withValueAt } from "#values/member-path.ts";
import { holdsNul, isSameValue, numberText } from "#values/same-value.ts";
import { isColumn } from "../client/field-sql.ts";
import { momentPrecisionOf } from "../client/moment-sql.ts";
import type { Column } from "../client/table-catalogue.ts";
import { type Place, type TableColumns, whyUnkeyed } from "./table-columns.ts";
import { GivenPairs, type GivenRow, GivenVector } from "./whole-chunk-sql.ts";

export type Given = GivenRow & {
  readonly id: string;
  /** Columns that are written: those that the chunk speaks of and that Postgres doesn't make itself. */
  readonly names: readonly string[];
};

/** Columns of JSON by name, as a row holds them. */
export type Documents = Readonly<Record<string, unknown>>;

/** The row of a write; `over` is null for a new one. `documents`: what the row holds, for members that are written. A text: why it can't be. */
export function givenOf({ chunk, over }: ChunkWrite, columns: TableColumns, documents: Documents): Given | string {
  const clash = clashOf(chunk, columns) ?? otherNamespace(chunk, columns);
  if (clash !== null) return clash;
  const row: Record<string, unknown> = absentIn(over, columns);
  for (const said of saidOf(chunk, columns)) {
    const { column, path } = said.place;
    const document = isColumn(path) ? {} : ((row[column.name] ?? documents[column.name] ?? {}) as Members);
    const value = valueFor(said, valueAt(document, path.slice(1)), columns);
    if (isNoMoment(value)) return `${path.join(".")}: ${value}`;
    if (isColumn(path)) row[column.name] = inColumn(value, column);
    else if (!said.isSame(valueAt(document, path.slice(1)), value)) {
      const changed = withValueAt(document, path.slice(1), value);
      if (changed === null) return inTheWay(said.place);
      row[column.name] = changed;
    }
  }
  const names = [...(over === null ? [columns.id.name] : []), ...Object.keys(row)];
  return { id: chunk.id, over, names, row: { ...row, [columns.id.name]: chunk.id } };
}

/** What a new chunk doesn't say it hasn't: a column's own default would be somebody else's word. Of a store that dates no chunk none says when it was written. */
function absentIn(
  over: string | null,
  { entity, namespace, embedding, fields }: TableColumns,
): Record<string, unknown> {
  if (over !== null) return {};
  const whole = [entity, namespace, ...fields].flatMap((place) =>
    place !== null && isColumn(place.path) ? [place.column] : [],
  );
  const free = [...whole, embedding].filter(({ isNotNull, isGenerated }) => !isNotNull && !isGenerated);
  return Object.fromEntries(free.map(({ name }) => [name, null]));
}

function clashOf({ entityId, namespace }: WholeChunk, { entity, ...columns }: TableColumns): string | null {
  if (entity === null || columns.namespace !== entity || namespace === undefined || entityId === undefined) return null;
  if (nameOf(namespace) === nameOf(entityId)) return null;
  return `column ${entity.path.join(".")}: it stands for entity and namespace, and the chunk has two different ones; give the table a column of its own for the namespace`;
}

/** A namespace is asked for as text, which finds no number in a payload and finds its text in a table. */
function otherNamespace({ namespace }: WholeChunk, columns: TableColumns): string | null {
  if (columns.namespace === null || numberText(namespace) === null) return null;
  return `column ${columns.namespace.path.join(".")}: the chunk's namespace is a number, which a search for its text doesn't find where it comes from, and would find here; let the application write it as text`;
}

/** A name keeps its type and its spelling: neither 7 nor 7.0 is made the text "7". */
function isSameName(before: unknown, value: unknown): boolean {
  return isSameText(before, value) || (before !== undefined && canonicalName(before) === canonicalName(value));
}

/** A text is compared as text, even where another one would be the same moment. */
function isSameText(before: unknown, value: unknown): boolean {
  return isSameValue(before, value, () => false);
}

function isSameMoment(before: unknown, value: unknown): boolean {
  const time = exactTimeOf(value);
  return isSameText(before, value) || (time !== null && exactTimeOf(before) === time);
}

function inTheWay({ column, path }: Pick<Place, "column" | "path">): string {
  return `column ${column.name}: what it holds on the way to ${path.join(".")} is no object; correct the row`;
}

const otherMoment = "as a number the chunk's moment would be read as another one; make it a timestamptz";

function isNoMoment(value: unknown): value is string {
  return value === otherMoment || value === unclearUnit;
}

/** The chunk's own moment as a number where the store has numbers; `otherMoment` or `unclearUnit` where it can't be one. */
function valueFor({ place, value }: Said, held: unknown, { updatedAt, epoch = null }: TableColumns): unknown {
  const form = place === updatedAt && typeof value === "string" ? (epoch ?? epochFormOf(held)) : null;
  if (form === null) return value;
  return form === "unclear" ? unclearUnit : (epochNumber(value as string, form) ?? otherMoment);
}

type Members = Readonly<Record<string, unknown>>;

/** An object has a notation of its own in hstore. */
function inColumn(value: unknown, { type }: Column): unknown {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value) && numberText(value) === null;
  return type === "hstore" && isObject ? new GivenPairs(value as Members) : value;
}

/** Columns of JSON of which members are written, each once. */
export function documentColumns({ entity, updatedAt, namespace, fields }: TableColumns): string[] {
  const within = [entity, updatedAt, namespace, ...fields].filter((place) => place !== null && !isColumn(place.path));
  return [...new Set(within.map((place) => place?.column.name ?? ""))];
}

type Said = {
  readonly place: Pick<Place, "column" | "path">;
  readonly value: unknown;
  /** Whether a member of JSON that holds `before` says the value already. */
  readonly isSame: (before: unknown, value: unknown) => boolean;
};

function saidOf(chunk: WholeChunk, columns: TableColumns): Said[] {
  const { entity, updatedAt, namespace, embedding, fields } = columns;
  const { moments = {} } = chunk;
  const vector = chunk.vector === null ? undefined : new GivenVector(chunk.vector, embedding.type);
  // Where the column forbids NULL its default stands.
  const isDefault = updatedAt?.column.isNotNull === true && chunk.updatedAt === null;
  const moment = updatedAt === null || isDefault ? undefined : momentFor(chunk.updatedAt, updatedAt.column);
  const said = (place: Said["place"] | null, value: unknown, isSame: Said["isSame"]): Said[] =>
    place === null ? [] : [{ place, value, isSame }];
  const all = [
    ...said(entity, entity === null ? undefined : entityFor(chunk.entityId, entity), isSameName),
    ...said(updatedAt, moment, isSameMoment),
    ...said({ column: embedding, path: [embedding.name] }, vector, isSameText),
    // One place may stand for both.
    ...said(namespace === entity ? null : namespace, chunk.namespace, isSameName),
    ...fields.flatMap((field) =>
      said(field, valueAt(chunk.fields, [field.name]), Object.hasOwn(moments, field.name) ? isSameValue : isSameText),
    ),
  ];
  return all.filter(({ place: { column }, value }) => value !== undefined && !column.isGenerated);
}

/** As text a number has the digits that both stores compare: `2.0` is 2. */
function entityFor(value: unknown, { path, column: { type } }: Place): unknown {
  const digits = isColumn(path) && /^(text|varchar|bpchar|citext)$/.test(type) ? numberText(value) : null;
  return digits === null ? value : decimalOf(digits);
}

/** Cut to the column's precision: Postgres would round it, perhaps into the future. */
function momentFor(text: string | null | undefined, { type, modifier }: Column): string | null | undefined {
  if (typeof text !== "string" || !type.startsWith("timestamp") || modifier < 0) return text;
  return text.replace(/\.(\d+)/, (_, digits: string) => (modifier === 0 ? "" : `.${digits.slice(0, modifier)}`));
}

/** Why the table can't take a row, as far as the catalogue tells; null: nothing is known. */
export function whyRefused({ id, row, over, names }: Given, columns: TableColumns): string | null {
  const nul = id.includes("\0") ? columns.id.name : names.find((name) => holdsNul(row[name]));
  if (nul !== undefined) {
    return `column ${nul}: the value holds the character NUL, which no text of Postgres can; remove it where it comes from`;
  }
  if (over === null) {
    const unkeyed = whyUnkeyed(columns.id);
    if (unkeyed !== null) return `it might be written twice: ${unkeyed}`;
    if (columns.id.isGenerated) {
      return `${columns.id.name} is GENERATED ALWAYS, so that Postgres takes no id for a new row (428C9); make it BY DEFAULT`;
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
    return `column ${columns.id.name} (${columns.id.type}): it would hold the id in another spelling; correct the id where it comes from`;
  for (const name of given.names) {
    const column = columns.all.find((each) => each.name === name) as Column;
    if (!isCompared(column, columns) || isKept(saidIn(given, name), back[name], column, columns)) continue;
    const [from, to] = [kindOf(saidIn(given, name)), kindOf(back[name])];
    return `column ${name} (${column.type}): the chunk's ${from} would become ${from === to ? "another" : "a"} ${to}; change the column's type, or the value where it comes from`;
  }
  return null;
}

function saidIn({ row }: Given, name: string): unknown {
  const value = row[name];
  return value instanceof GivenPairs ? value.members : value;
}

/** Vectors and moments have a precision of their own, by which verification compares them. */
function isCompared(column: Column, { id, embedding, updatedAt }: TableColumns): boolean {
  const moment = updatedAt !== null && isColumn(updatedAt.path) ? updatedAt.column : null;
  return column !== id && column !== embedding && column !== moment;
}

function isKept(given: unknown, back: unknown, column: Column, { entity, namespace }: TableColumns): boolean {
  if (isSameValue(given, back)) return true;
  // A name is text or a number, whichever the column has.
  if ((column === entity?.column || column === namespace?.column) && nameOf(given) === nameOf(back)) return true;
  const precision = momentPrecisionOf(column);
  if (precision !== null) return isSameValue(given, back, (a, b) => isSameWithin(a, b, precision));
  // A float knows no more; a char(n) is padded.
  if (column.type === "float4") return Math.fround(doubleOf(given)) === Math.fround(doubleOf(back));
  if (column.type === "float8") return doubleOf(given) === doubleOf(back);
  if (column.type === "bpchar" || column.type === "_bpchar") return isSameValue(trimmed(given), trimmed(back));
  return false;
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
