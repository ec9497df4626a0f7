// Writes a table for a repair, and reads from it what is to be written elsewhere. One connection of its own.
import type { PoolClient } from "pg";
import type { ChunkAccess, ChunkWriter, LeftChunk, StoredChunk } from "#ports/chunk-store.ts";
import { parseExact } from "#values/exact-json.ts";
import { exactTime } from "#values/time.ts";
import { makePool, withClient } from "../client/pool.ts";
import { type Row, type RowQuery, readRows } from "../client/row-query.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import { type Given, givenOf, whyChanged, whyRefused } from "./given-rows.ts";
import { type Column, readCatalogue } from "./table-catalogue.ts";
import {
  cautionsOf,
  readColumns,
  refuseCondition,
  refuseHidden,
  refuseReadOnly,
  type TableColumns,
} from "./table-columns.ts";
import { begin, fetchQuery, insertQuery, readVector, removeQuery, tryQuery, updateQuery } from "./whole-chunk-sql.ts";
import { skipRefused, writeError } from "./write-refusal.ts";

/** Longest statement; the caller's signal may end it earlier. */
const statementTimeoutMs = 60_000;

/** Connects on demand only. */
export function makePgvectorChunkWriter(spec: PgvectorSpec, { identity, fields }: ChunkAccess): ChunkWriter {
  const pool = makePool(spec, 1, statementTimeoutMs);
  let known: TableColumns | undefined;
  const work = async <T>(signal: AbortSignal, run: (table: Table) => Promise<T>): Promise<T> => {
    try {
      return await withClient(pool, signal, async (client) => {
        known ??= readColumns(spec, fields, await readCatalogue(client, spec));
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
        const catalogue = await readCatalogue(client, spec);
        refuseHidden(catalogue, spec);
        if (use === "read") return [];
        refuseCondition(spec);
        refuseReadOnly(catalogue);
        return cautionsOf(catalogue, fields);
      }),
    fetch: async (ids, signal) => (ids.length === 0 ? [] : work(signal, (table) => fetchRows(table, ids))),
    check: async (writes, signal) =>
      writes.length === 0
        ? []
        : work(
            signal,
            async (table) =>
              (
                await tryRows(
                  table,
                  writes.map((each) => givenOf(each, table.columns)),
                )
              ).left,
          ),
    write: async (writes, signal) =>
      writes.length === 0
        ? []
        : work(signal, (table) =>
            writeRows(
              table,
              writes.map((each) => givenOf(each, table.columns)),
            ),
          ),
    remove: async (removals, signal) => {
      const rows = removals.map(({ id, version }) => ({ id, row: { chunk_id: id }, over: version, names: [] }));
      return rows.length === 0
        ? []
        : work(signal, (table) =>
            skipRefused(rows, (some) => change(table, some, removeQuery(spec, [table.columns.id], some))),
          );
    },
    close: () => pool.end(),
  };
}

type Table = { readonly spec: PgvectorSpec; readonly client: PoolClient; readonly columns: TableColumns };

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
  const moment = parseExact(updatedAt ?? "null");
  const at = moment === null ? null : ((typeof moment === "string" ? exactTime(moment) : null) ?? undefined);
  return {
    id: id ?? "",
    entityId: entity ?? null,
    namespace: columns.namespace === null ? undefined : (namespace ?? null),
    updatedAt: at,
    hasUnreadableMoment: at === undefined,
    fields: parseExact(fields ?? "{}") as Record<string, unknown>,
    decimals: columns.fields.filter(({ type }) => /^_?numeric$|^jsonb?$/.test(type)).map(({ name }) => name),
    moments: columns.fields.filter(({ type }) => /^_?(timestamp|date)/.test(type)).map(({ name }) => name),
    vector: readVector(embedding ?? null, columns.embedding.type),
    version: version ?? "",
  };
}

/** Which rows the table would refuse, and which it would take; nothing is written. */
async function tryRows(table: Table, rows: readonly Given[]) {
  const { columns } = table;
  const known = rows.flatMap((row): LeftChunk[] => {
    const reason = whyRefused(row, columns);
    return reason === null ? [] : [{ id: row.id, why: "refused", reason }];
  });
  const attempt = async (some: readonly Given[]): Promise<LeftChunk[]> => {
    const found = await inTransaction(table, tryQuery(columnsOf(table, some[0]?.names), some));
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
    const query = tryQuery(columnsOf(table, [name]), [{ row: { [name]: value }, over }]);
    const fits = await inTransaction(table, query).then(
      () => true,
      () => false,
    );
    if (!fits) return `column ${name}: `;
  }
  return "";
}

async function writeRows(table: Table, rows: readonly Given[]): Promise<LeftChunk[]> {
  const { spec } = table;
  const { left, taken } = await tryRows(table, rows);
  for (const group of groupsOf(taken)) {
    const [{ names, over }] = group;
    // Only the id of a chunk is known that no column is to be changed of.
    if (names.length === 0) continue;
    const query = over === null ? insertQuery : updateQuery;
    left.push(...(await skipRefused(group, (some) => change(table, some, query(spec, columnsOf(table, names), some)))));
  }
  return left;
}

/** The id's and those of these names. */
function columnsOf({ columns }: Table, names: readonly string[] = []): readonly Column[] {
  return columns.all.filter((column) => column === columns.id || names.includes(column.name));
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
    const rows = await readRows(client, query);
    await client.query("COMMIT");
    return rows;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}
