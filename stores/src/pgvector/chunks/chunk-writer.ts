// Writes a table for a repair, and reads from it what is to be written elsewhere. One connection of its own.
import type { PoolClient } from "pg";
import { inHalves } from "#chunks/in-halves.ts";
import type {
  ChunkAccess,
  ChunkRemoval,
  ChunkWrite,
  ChunkWriter,
  LeftChunk,
  StoredChunk,
  StoreUse,
} from "#ports/chunk-store.ts";
import { parseExact } from "#values/exact-json.ts";
import { findHeld } from "../client/encoding.ts";
import { makePool, withClient } from "../client/pool.ts";
import { inSettings, sessionSettings } from "../client/session-settings.ts";
import { type Catalogue, readCatalogue } from "../client/table-catalogue.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import { change, inTransaction, namedOtherwise } from "./change-rows.ts";
import { refuseDoubled } from "./doubled-ids.ts";
import { readEpochForm } from "./epoch-form.ts";
import { type Documents, documentColumns, type Given, givenOf, whyChanged, whyRefused } from "./given-rows.ts";
import { encodeRows, groupsOf, isCopied, isLoaded, isLoadedWhole, type LoadedTable, leastCopied } from "./load-rows.ts";
import {
  cautionsOf,
  readColumns,
  refuseCondition,
  refuseHidden,
  refuseReadOnly,
  refuseUnkeyed,
  refuseUnreadable,
  type TableColumns,
  unnamedIn,
} from "./table-columns.ts";
import { readShape } from "./table-shape.ts";
import { makeReadChunk } from "./whole-chunk-row.ts";
import { scanWhole } from "./whole-chunk-scan.ts";
import {
  fetchQuery,
  heldQuery,
  insertQuery,
  readVector,
  removeQuery,
  statementTimeoutMs,
  tryQuery,
  updateQuery,
  writingOf,
} from "./whole-chunk-sql.ts";
import { skipRefused, writeError } from "./write-refusal.ts";

/** Connects on demand only. */
export function makePgvectorChunkWriter(spec: PgvectorSpec, access: ChunkAccess): ChunkWriter {
  const { identity, fields, atOnce = 1 } = access;
  const pool = makePool(spec, atOnce, statementTimeoutMs);
  const scanPool = makePool(spec, 1, statementTimeoutMs);
  let known: Omit<Table, "spec" | "client"> | undefined;
  // A sync goes on for weeks, and somebody changes the table meanwhile.
  const tableAt = async (client: PoolClient): Promise<Table> => {
    const shape = await readShape(client, spec);
    if (known?.shape !== shape) known = { shape, ...(await learn(client, spec, fields)) };
    return { spec, client, ...known };
  };
  const work = async <T>(signal: AbortSignal, run: (table: Table) => Promise<T>): Promise<T> => {
    try {
      return await withClient(pool, signal, async (client) => run(await tableAt(client)));
    } catch (error) {
      throw writeError(error, signal);
    }
  };
  /** What the rows of the writes come to; nothing is asked for none. */
  const each = async (writes: readonly ChunkWrite[], signal: AbortSignal, run: Rows): Promise<LeftChunk[]> =>
    writes.length === 0
      ? []
      : inHalves(writes, (some) =>
          work(signal, async (table) => {
            const { left, rows } = await makeRows(table, some);
            return [...left, ...(await run(table, rows))];
          }),
        );
  return {
    identity,
    addsById: true,
    scan: async function* (options, signal) {
      const columnsOf = async (client: PoolClient) => (await tableAt(client)).columns;
      try {
        yield* scanWhole(scanPool, { ...options, spec, timeoutMs: statementTimeoutMs, columnsOf }, signal);
      } catch (error) {
        throw writeError(error, signal);
      }
    },
    inspect: (use, signal) => work(signal, ({ client }) => inspectTable(client, spec, { use, fields })),
    fetch: async (ids, signal) =>
      ids.length === 0 ? [] : inHalves(ids, (some) => work(signal, (table) => fetchRows(table, some))),
    check: (writes, signal) => each(writes, signal, checkRows),
    write: (writes, signal) => each(writes, signal, writeRows),
    load: async (chunks, signal) => {
      const writes = chunks.map((chunk): ChunkWrite => ({ chunk, over: null }));
      const load = async (client: PoolClient) => known !== undefined && loadAtOnce({ spec, client, ...known }, writes);
      // Whatever fails, the other way meets it as well, and says so.
      const isDone = writes.length >= leastCopied && (await withClient(pool, signal, load).catch(() => false));
      return isDone ? [] : each(writes, signal, loadRows);
    },
    remove: async (removals, signal) =>
      removals.length === 0 ? [] : work(signal, (table) => removeRows(table, removals)),
    close: async () => {
      await Promise.allSettled([pool.end(), scanPool.end()]);
    },
  };
}

async function learn(client: PoolClient, spec: PgvectorSpec, fields: readonly string[]) {
  const catalogue = await catalogueOf(client, spec);
  const epoch = await inSettings(client, sessionSettings(spec, statementTimeoutMs), () =>
    readEpochForm(client, spec, catalogue.columns),
  );
  const columns = { ...readColumns(spec, fields, catalogue), epoch };
  return { columns, takesCopies: isCopied(catalogue, columns) };
}

function catalogueOf(client: PoolClient, spec: PgvectorSpec): Promise<Catalogue> {
  return inSettings(client, sessionSettings(spec, statementTimeoutMs), () => readCatalogue(client, spec));
}

type Table = LoadedTable & { readonly columns: TableColumns; readonly takesCopies: boolean };

type Rows = (table: Table, rows: readonly Given[]) => Promise<LeftChunk[]>;

async function inspectTable(
  client: PoolClient,
  spec: PgvectorSpec,
  { use, fields }: { readonly use: StoreUse; readonly fields: readonly string[] },
): Promise<readonly string[]> {
  const catalogue = await catalogueOf(client, spec);
  refuseHidden(catalogue, spec);
  refuseUnreadable(catalogue);
  if (use === "read" || use === "copy") {
    const columns = readColumns(spec, fields, catalogue);
    if (use === "copy") await refuseDoubled(client, spec, columns.id);
    return unnamedIn(columns);
  }
  refuseCondition(spec);
  refuseReadOnly(catalogue);
  if (use === "fill") refuseUnkeyed(catalogue, spec);
  return cautionsOf(catalogue, spec, fields);
}

async function checkRows(table: Table, rows: readonly Given[]): Promise<LeftChunk[]> {
  return (await tryRows(table, rows)).left;
}

function removeRows(table: Table, removals: readonly ChunkRemoval[]): Promise<LeftChunk[]> {
  const column = table.columns.id.name;
  const rows = removals.map(({ id, version }) => ({ id, row: { [column]: id }, over: version, names: [] }));
  return skipRefused(rows, (some) => change(table, some, removeQuery(writingOf(table), some)));
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
  const found = rows.length === 0 ? [] : await inTransaction(table, heldQuery(writingOf(table, names), rows));
  return new Map(
    found.map(([id, version, documents]): [string, Held] => [
      id ?? "",
      { version: version ?? "", documents: parseExact(documents ?? "{}") as Documents },
    ]),
  );
}

/** Rows may hold whole documents. */
const mostFetched = 100;

async function fetchRows(table: Table, ids: readonly string[]): Promise<StoredChunk[]> {
  const found: StoredChunk[] = [];
  for (let start = 0; start < ids.length; start += mostFetched)
    found.push(...(await fetchSome(table, ids.slice(start, start + mostFetched))));
  return found;
}

async function fetchSome(table: Table, ids: readonly string[]): Promise<StoredChunk[]> {
  const wanted = new Set(ids);
  const rows = await findHeld(table.client, ids, (some) =>
    inTransaction(table, fetchQuery(table.spec, table.columns, some)),
  );
  // A column's type may take two spellings for one value.
  const read = makeReadChunk(table.columns);
  return rows
    .map(([embedding = null, version, ...texts]) => ({
      ...read(texts, readVector(embedding, table.columns.embedding.type)),
      version: version ?? "",
    }))
    .filter(({ id }) => wanted.has(id));
}

/** Which rows the table would refuse, and which it would take; nothing is written. */
async function tryRows(table: Table, rows: readonly Given[]) {
  const { columns } = table;
  const known = rows.flatMap((row): LeftChunk[] => {
    const reason = whyRefused(row, columns);
    return reason === null ? [] : [{ id: row.id, why: "refused", reason }];
  });
  const attempt = async (some: readonly Given[]): Promise<LeftChunk[]> => {
    const found = await inTransaction(table, tryQuery(writingOf(table, some[0]?.names), some));
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
    const query = tryQuery(writingOf(table, [name]), [{ row: { [name]: value }, over }]);
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
    const passed = await skipRefused(group, (some) => change(table, some, query(writingOf(table, names), some)));
    left.push(...(over === null ? await namedOtherwise(table, passed) : passed));
  }
  return left;
}

/** By what is known of the table: a change of it shows in the statement that writes, which is undone then. */
async function loadAtOnce(table: Table, writes: readonly ChunkWrite[]): Promise<boolean> {
  if (!table.takesCopies) return false;
  const { left, rows } = await makeRows(table, writes);
  return left.length === 0 && isLoadedWhole(table, rows);
}

/** New rows, all of a group at once; what isn't surely taken as it is, and a group of which one isn't, goes the other way. */
async function loadRows(table: Table, rows: readonly Given[]): Promise<LeftChunk[]> {
  const others: Given[] = [];
  for (const group of groupsOf(rows)) {
    if (!table.takesCopies || group.length < leastCopied) {
      others.push(...group);
      continue;
    }
    const { encoded, odd } = encodeRows(group, table.columns);
    others.push(...odd);
    if (encoded.rows.length > 0 && !(await isLoaded(table, encoded))) others.push(...encoded.rows);
  }
  return writeRows(table, others);
}

function without<Item extends { readonly id: string }>(items: readonly Item[], left: readonly LeftChunk[]): Item[] {
  const skipped = new Set(left.map(({ id }) => id));
  return items.filter(({ id }) => !skipped.has(id));
}
