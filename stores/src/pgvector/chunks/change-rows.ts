// Changes of a table's rows, each by one statement in a transaction of its own, and what those come to that weren't changed.
import type { PoolClient } from "pg";
import type { LeftChunk } from "#ports/chunk-store.ts";
import { type Row, type RowQuery, readRows } from "../client/row-query.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import type { Given } from "./given-rows.ts";
import type { TableColumns } from "./table-columns.ts";
import { begin, namesakesQuery, writingOf } from "./whole-chunk-sql.ts";

type Table = { readonly client: PoolClient; readonly spec: PgvectorSpec; readonly columns: TableColumns };

/** A batch of whole chunks, vectors as text. */
const wholeChunks = { rows: 50_000, bytes: 128 * 1_048_576 };

/** Rows that the statement passed over: they aren't what they were. */
export async function change(table: Table, rows: readonly Given[], query: RowQuery): Promise<LeftChunk[]> {
  const changed = new Set((await inTransaction(table, query)).map(([id]) => id));
  return rows.filter(({ id }) => !changed.has(id)).map(({ id }) => ({ id, why: "changed" }));
}

/** A column may take two texts for one id (citext, a collation): a new chunk that it has under another one was no change. */
export async function namedOtherwise(table: Table, left: readonly LeftChunk[]): Promise<LeftChunk[]> {
  const column = table.columns.id.name;
  const rows = left.flatMap(({ id, why }) => (why === "changed" ? [{ row: { [column]: id }, over: null }] : []));
  const found = rows.length === 0 ? [] : await inTransaction(table, namesakesQuery(writingOf(table), rows));
  const names = new Map(found.map(([id, name]) => [id, name]));
  return left.map((each) => {
    const name = names.get(each.id) ?? each.id;
    if (each.why !== "changed" || name === each.id) return each;
    const reason = `the table holds it as ${JSON.stringify(name)}, which ${column} takes for the same id; rename or remove one of the two`;
    return { id: each.id, why: "refused", reason };
  });
}

export async function inTransaction({ client }: Pick<Table, "client">, query: RowQuery): Promise<readonly Row[]> {
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
