// Texts that a database can't hold because its own encoding has no such character. No row has them, and to look for one
// is an error of Postgres.
import type { PoolClient } from "pg";
import { codeOf } from "#values/node-error.ts";
import { isAfterBinding, readRows } from "./row-query.ts";

/** Whether a value that was sent has no character in the database's encoding. */
export function isUnheld(error: unknown): boolean {
  return codeOf(error) === "22P05" && !isAfterBinding(error as Error);
}

/** Runs `find` on the ids; where the encoding lacks a character of one, on the others. Outside of a transaction. */
export async function findHeld<T>(
  client: PoolClient,
  ids: readonly string[],
  find: (ids: readonly string[]) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  try {
    return await find(ids);
  } catch (error) {
    const held = codeOf(error) === "22P05" ? await heldIn(client, ids) : ids;
    if (held.length === ids.length) throw error;
    return held.length === 0 ? [] : find(held);
  }
}

async function heldIn(client: PoolClient, ids: readonly string[]): Promise<string[]> {
  try {
    await readRows(client, { text: "SELECT 1 WHERE $1::text IS NULL", values: [ids.join("")] });
    return [...ids];
  } catch (error) {
    if (!isUnheld(error)) throw error;
    const middle = ids.length >> 1;
    if (middle === 0) return [];
    return [...(await heldIn(client, ids.slice(0, middle))), ...(await heldIn(client, ids.slice(middle)))];
  }
}
