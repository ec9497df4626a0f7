// Settings in which a statement means the same and prints the same, whatever a role, a database or a pooler's session sets.
import type { PoolClient } from "pg";
import type { PgvectorSpec } from "../config/schema.ts";
import { LoginClient, type Setting } from "./login-client.ts";
import { readRows } from "./row-query.ts";

/** Rows that a policy hides are left out, as for the role's other queries; floats are printed to their last digit. */
const meaningSettings = [
  ["datestyle", "ISO, YMD"],
  ["timezone", "UTC"],
  ["intervalstyle", "postgres"],
  ["extra_float_digits", 1],
  ["bytea_output", "hex"],
  ["row_security", "on"],
] as const;

/** Of a store's statements. */
export function sessionSettings(spec: PgvectorSpec, timeoutMs: number): readonly Setting[] {
  return [...meaningSettings, ...indexSettings(spec), ["statement_timeout", timeoutMs]];
}

/** Settings of the index scan that the configuration asks for. */
function indexSettings({ indexSettings = {} }: PgvectorSpec): Setting[] {
  return Object.entries(parameters).flatMap(([name, parameter]) => {
    const value = indexSettings[name as keyof typeof parameters];
    return value === undefined ? [] : [[parameter, value] as const];
  });
}

const parameters = {
  hnswEfSearch: "hnsw.ef_search",
  ivfflatProbes: "ivfflat.probes",
  hnswIterativeScan: "hnsw.iterative_scan",
  hnswMaxScanTuples: "hnsw.max_scan_tuples",
  ivfflatIterativeScan: "ivfflat.iterative_scan",
  ivfflatMaxProbes: "ivfflat.max_probes",
} as const;

/** Whether a version of pgvector is older than 0.`minor`. */
export function isBefore(version: string, minor: number): boolean {
  const [major = 0, own = 0] = version.split(".").map(Number);
  return major === 0 && own < minor;
}

/** Settings that a version of pgvector doesn't know, and would pass over without a word. */
export function unknownSettings({ indexSettings = {} }: PgvectorSpec, version: string): string[] {
  if (!isBefore(version, 8)) return [];
  return Object.keys(indexSettings).filter((name) => /Iterative|Max/.test(name));
}

/** Whether the connection's session is its own and has the settings: they needn't go along with its statements. */
export function isSettled(client: PoolClient): boolean {
  return client instanceof LoginClient && client.isSettled;
}

/** Runs reads of several statements in these settings, in one transaction: the session may be anybody's next. */
export async function inSettings<T>(
  client: PoolClient,
  settings: readonly Setting[],
  work: () => Promise<T>,
): Promise<T> {
  await client.query("BEGIN");
  try {
    if (!isSettled(client)) await readRows(client, { text: "SELECT 1", values: [], settings });
    return await work();
  } finally {
    await client.query("ROLLBACK").catch(() => undefined);
  }
}
