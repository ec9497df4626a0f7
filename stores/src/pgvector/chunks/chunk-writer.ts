// Writes a table for a repair, and reads from it what is to be written elsewhere. One connection of its own.
import type { PoolClient } from "pg";
import type { ChunkAccess, ChunkWrite, ChunkWriter, LeftChunk, StoredChunk } from "#ports/chunk-store.ts";
import { parseExact } from "#values/exact-json.ts";
import { exactTime } from "#values/time.ts";
import { isColumn } from "../client/field-sql.ts";
import { momentPrecisionOf } from "../client/moment-sql.ts";
import { makePool, withClient } from "../client/pool.ts";
import { type Row, type RowQuery, readRows } from "../client/row-query.ts";
import { inSettings, sessionSettings } from "../client/session-settings.ts";
import { type Catalogue, readCatalogue } from "../client/table-catalogue.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import { type Documents, documentColumns, type Given, givenOf, whyChanged, whyRefused } from "./given-rows.ts";
import {
  cautionsOf,
  type Place,
  readColumns,
  refuseCondition,
  refuseHidden,
  refuseReadOnly,
  type TableColumns,
} from "./table-columns.ts";
import {
  begin,
  fetchQuery,
  heldQuery,
  insertQuery,
  readVector,
  removeQuery,
  tryQuery,
  updateQuery,
  type Writing,
} from "./whole-chunk-sql.ts";
import { skipRefused, writeError } from "./write-refusal.ts";

/** Longest statement; the caller's signal may end it earlier. */
/** A batch of whole chunks, vectors as text. */
const wholeChunks = { rows: 50_000, bytes: 128 * 1_048_576 };
const statementTimeoutMs = 60_000;

/** Connects on demand only. */
export function makePgvectorChunkWriter(spec: PgvectorSpec, { identity, fields }: ChunkAccess): ChunkWriter {
  const pool = makePool(spec, 1, statementTimeoutMs);
  let known: TableColumns | undefined;
  const work = async <T>(signal: AbortSignal, run: (table: Table) => Promise<T>): Promise<T> => {
    try {
      return await withClient(pool, signal, async (client) => {
        known ??= readColumns(spec, fields, await catalogueOf(client, spec));
        return run({ spec, client, columns: known });
      });
    } catch (error) {
      throw writeError(error, signal);
    }
  };
  return {
    identity,
    inspect: (use, signal) =>
      work(signal, async ({ client }) => {
        const catalogue = await catalogueOf(client, spec);
        refuseHidden(catalogue, spec);
        if (use === "read") return [];
        refuseCondition(spec);
        refuseReadOnly(catalogue);
        return cautionsOf(catalogue, spec, fields);
      }),
    fetch: async (ids, signal) => (ids.length === 0 ? [] : work(signal, (table) => fetchRows(table, ids))),
    check: async (writes, signal) =>
      writes.length === 0
        ? []
        : work(signal, async (table) => {
            const { left, rows } = await makeRows(table, writes);
            return [...left, ...(await tryRows(table, rows)).left];
          }),
    write: async (writes, signal) =>
      writes.length === 0
        ? []
        : work(signal, async (table) => {
            const { left, rows } = await makeRows(table, writes);
            return [...left, ...(await writeRows(table, rows))];
          }),
    remove: async (removals, signal) =>
      removals.length === 0
        ? []
        : work(signal, (table) => {
            const column = table.columns.id.name;
            const rows = removals.map(({ id, version }) => ({ id, row: { [column]: id }, over: version, names: [] }));
            return skipRefused(rows, (some) => change(table, some, removeQuery(writing(table), some)));
          }),
    close: () => pool.end(),
  };
}

function catalogueOf(client: PoolClient, spec: PgvectorSpec): Promise<Catalogue> {
  return inSettings(client, sessionSettings(spec, statementTimeoutMs), () => readCatalogue(client, spec));
}

type Table = { readonly spec: PgvectorSpec; readonly client: PoolClient; readonly columns: TableColumns };

/** With the id's column and those of these names. */
function writing({ spec, columns }: Table, names: readonly string[] = []): Writing {
  const { id, all } = columns;
  return { spec, id: id.name, columns: all.filter((column) => column === id || names.includes(column.name)) };
}

/** The rows of writes. A member of JSON is written with all that is beside it, so what the rows hold is read first. */
async function makeRows(table: Table, writes: readonly ChunkWrite[]) {
  const names = documentColumns(table.columns);
  const held = names.length === 0 ? null : await readDocuments(table, writes, names);
  const left: LeftChunk[] = [];
  const rows: Given[] = [];
  for (const write of writes) {
    const { id } = write.chunk;
    const own = held?.get(id);
    if (held !== null && write.over !== null && own?.version !== write.over) {
      left.push({ id, why: "changed" });
      continue;
    }
    const made = givenOf(write, table.columns, write.over === null ? {} : (own?.documents ?? {}));
    if (typeof made === "string") left.push({ id, why: "refused", reason: made });
    else rows.push(made);
  }
  return { left, rows };
}

type Held = { readonly version: string; readonly documents: Documents };

async function readDocuments(table: Table, writes: readonly ChunkWrite[], names: readonly string[]) {
  const column = table.columns.id.name;
  const rows = writes.flatMap(({ chunk: { id }, over }) => (over === null ? [] : [{ row: { [column]: id }, over }]));
  const found = rows.length === 0 ? [] : await inTransaction(table, heldQuery(writing(table, names), rows));
  return new Map(
    found.map(([id, version, documents]): [string, Held] => [
      id ?? "",
      { version: version ?? "", documents: parseExact(documents ?? "{}") as Documents },
    ]),
  );
}

async function fetchRows(table: Table, ids: readonly string[]): Promise<StoredChunk[]> {
  const wanted = new Set(ids);
  const rows = await inTransaction(table, fetchQuery(table.spec, table.columns, ids));
  // A column's type may take two spellings for one value.
  return rows.map((row) => readChunk(row, table.columns)).filter(({ id }) => wanted.has(id));
}

function readChunk(
  [id, entity, namespace, updatedAt, fields, embedding, version]: Row,
  columns: TableColumns,
): StoredChunk {
  const time = columns.updatedAt === null ? undefined : momentOf(updatedAt ?? "null");
  const members = parseExact(fields ?? "{}") as Record<string, unknown>;
  return {
    id: id ?? "",
    entityId: saidOf(columns.entity, entity ?? null),
    namespace: saidOf(columns.namespace, namespace ?? null),
    updatedAt: saidOf(columns.updatedAt, time),
    hasUnreadableMoment: columns.updatedAt !== null && time === undefined,
    fields: Object.fromEntries(
      columns.fields.flatMap((place) => {
        const value = saidOf(place, members[place.name]);
        return value === undefined ? [] : [[place.name, value] as const];
      }),
    ),
    decimals: columns.fields.filter(({ column }) => /^_?numeric$|^jsonb?$/.test(column.type)).map(({ name }) => name),
    moments: Object.fromEntries(
      columns.fields.flatMap(({ name, column, path }) => {
        const precision = isColumn(path) ? momentPrecisionOf(column) : null;
        return precision === null ? [] : [[name, precision] as const];
      }),
    ),
    texts: columns.fields.filter(({ column }) => /^_?(text|varchar|bpchar)$/.test(column.type)).map(({ name }) => name),
    vector: readVector(embedding ?? null, columns.embedding.type),
    version: version ?? "",
  };
}

/**
 * A column's NULL is a value. A member of JSON that isn't there, or is null, says nothing: undefined, so that nothing of
 * the other store's is taken away for it.
 */
function saidOf<T>(place: Place | null, value: T): T | undefined {
  if (place === null || (value === null && !isColumn(place.path))) return undefined;
  return value;
}

/** Of its JSON; undefined for what can't be read as one. */
function momentOf(text: string): string | null | undefined {
  const moment = parseExact(text);
  if (moment === null) return null;
  return typeof moment === "string" ? (exactTime(moment) ?? undefined) : undefined;
}

/** Which rows the table would refuse, and which it would take; nothing is written. */
async function tryRows(table: Table, rows: readonly Given[]) {
  const { columns } = table;
  const known = rows.flatMap((row): LeftChunk[] => {
    const reason = whyRefused(row, columns);
    return reason === null ? [] : [{ id: row.id, why: "refused", reason }];
  });
  const attempt = async (some: readonly Given[]): Promise<LeftChunk[]> => {
    const found = await inTransaction(table, tryQuery(writing(table, some[0]?.names), some));
    return found.flatMap(([number, id, back]) => {
      const row = some[Number(number) - 1] as Given;
      const reason = whyChanged(row, id ?? null, parseExact(back ?? "{}") as Record<string, unknown>, columns);
      return reason === null ? [] : [{ id: row.id, why: "refused", reason }];
    });
  };
  const left = [...known];
  for (const group of groupsOf(without(rows, known))) {
    left.push(...(await skipRefused(group, attempt, (row) => findColumn(table, row))));
  }
  return { left, taken: without(rows, left) };
}

/** The column whose value doesn't fit, for the sentence that says so. */
async function findColumn(table: Table, { row, over }: Given): Promise<string> {
  for (const [name, value] of Object.entries(row)) {
    const query = tryQuery(writing(table, [name]), [{ row: { [name]: value }, over }]);
    const fits = await inTransaction(table, query).then(
      () => true,
      () => false,
    );
    if (!fits) return `column ${name}: `;
  }
  return "";
}

async function writeRows(table: Table, rows: readonly Given[]): Promise<LeftChunk[]> {
  const { left, taken } = await tryRows(table, rows);
  for (const group of groupsOf(taken)) {
    const [{ names, over }] = group;
    // Only the id of a chunk is known that no column is to be changed of.
    if (names.length === 0) continue;
    const query = over === null ? insertQuery : updateQuery;
    left.push(...(await skipRefused(group, (some) => change(table, some, query(writing(table, names), some)))));
  }
  return left;
}

/** Rows with the same columns, new and held ones apart: one statement each. */
function groupsOf(rows: readonly Given[]): (readonly [Given, ...Given[]])[] {
  const groups = new Map<string, [Given, ...Given[]]>();
  for (const row of rows) {
    const key = JSON.stringify([row.over === null, row.names]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

/** Rows that the statement passed over: they aren't what they were. */
async function change(table: Table, rows: readonly Given[], query: RowQuery): Promise<LeftChunk[]> {
  const changed = new Set((await inTransaction(table, query)).map(([id]) => id));
  return rows.filter(({ id }) => !changed.has(id)).map(({ id }) => ({ id, why: "changed" }));
}

function without<Item extends { readonly id: string }>(items: readonly Item[], left: readonly LeftChunk[]): Item[] {
  const skipped = new Set(left.map(({ id }) => id));
  return items.filter(({ id }) => !skipped.has(id));
}

async function inTransaction({ client }: Table, query: RowQuery): Promise<readonly Row[]> {
  await client.query(begin);
  try {
    const rows = await readRows(client, { ...query, limits: wholeChunks });
    await client.query("COMMIT");
    return rows;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}
