// Pools of the Postgres driver, and work on their connections that ends at a signal.

import { Pool, type PoolClient, type PoolConfig } from "pg";
import { codeOf } from "#values/node-error.ts";
import type { PgvectorSpec } from "../config/schema.ts";

const idleMs = 30_000;

/** A pool that connects on demand. Nothing of the process's PG* variables reaches a store through it. */
export function makePool(spec: PgvectorSpec, size: number, timeoutMs: number): Pool {
  const pool = new Pool({
    host: spec.host,
    port: spec.port,
    database: spec.database,
    user: spec.user.reveal(),
    // A function even for "none": for an absent password the driver would look into PGPASSWORD and ~/.pgpass.
    password: () => spec.password?.reveal() ?? "",
    ssl: spec.tls === null ? false : { rejectUnauthorized: true, ...(spec.tls.ca === null ? {} : { ca: spec.tls.ca }) },
    max: size,
    connectionTimeoutMillis: timeoutMs,
    idleTimeoutMillis: idleMs,
    keepAlive: true,
    application_name: "retriever-sidecar",
    ...sessionSettings(spec, timeoutMs),
  });
  // An idle connection that breaks is replaced by the next request; without a listener it would end the process.
  pool.on("error", () => undefined);
  // The pool doesn't listen to a connection that is in use; its query is told of the break by its own callback.
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

/** Poolers refuse or leak settings of a session, so without prepared statements none are sent. */
function sessionSettings(spec: PgvectorSpec, timeoutMs: number): PoolConfig {
  if (!spec.preparedStatements) return {};
  const options = indexSettings(spec).map(([name, value]) => `-c ${name}=${value}`);
  return { statement_timeout: timeoutMs, ...(options.length === 0 ? {} : { options: options.join(" ") }) };
}

/** Settings of the index scan that the configuration asks for. */
export function indexSettings({ indexSettings }: PgvectorSpec): readonly (readonly [string, number])[] {
  const { hnswEfSearch, ivfflatProbes } = indexSettings ?? {};
  return [
    ...(hnswEfSearch === undefined ? [] : [["hnsw.ef_search", hnswEfSearch] as const]),
    ...(ivfflatProbes === undefined ? [] : [["ivfflat.probes", ivfflatProbes] as const]),
  ];
}

/** Runs `work` on a connection of the pool. A failure other than the server's own words costs the connection. */
export function withClient<T>(pool: Pool, signal: AbortSignal, work: (client: PoolClient) => Promise<T>): Promise<T> {
  if (signal.aborted) return Promise.reject(asError(signal.reason));
  return new Promise((resolve, reject) => {
    let held: PoolClient | null = null;
    const settle = (isBroken: boolean): void => {
      signal.removeEventListener("abort", onAbort);
      held?.release(isBroken);
      held = null;
    };
    // Whoever still runs on the connection goes down with it; one that is only coming goes back unused.
    const onAbort = (): void => {
      settle(true);
      reject(asError(signal.reason));
    };
    const run = async (): Promise<void> => {
      const client = await pool.connect();
      if (signal.aborted) return client.release();
      held = client;
      const result = await work(client);
      settle(false);
      resolve(result);
    };
    signal.addEventListener("abort", onAbort);
    run().catch((error: unknown) => {
      settle(!isServerWord(error));
      reject(asError(error));
    });
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error("aborted");
}

/** An error the server reported leaves the connection usable, unless what is prepared there isn't any more. */
function isServerWord(error: unknown): boolean {
  return error instanceof Error && "severity" in error && error.severity === "ERROR" && !isSpentStatement(error);
}

/** Forgotten by the server; its columns have changed since; prepared by somebody else on a session that a pooler shares. */
const spentStates = new Set(["26000", "0A000", "42P05"]);

/** Of a prepared statement that can't be used: the same query unnamed can. */
export function isSpentStatement(error: unknown): boolean {
  return spentStates.has(codeOf(error));
}
