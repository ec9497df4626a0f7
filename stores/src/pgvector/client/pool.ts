// Pools of the Postgres driver, and work on their connections that ends at a signal.

import { Pool, type PoolClient, type PoolConfig } from "pg";
import { codeOf } from "#values/node-error.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import { LoginClient, type LoginOptions, streamOf } from "./login-client.ts";
import { sessionSettings } from "./session-settings.ts";

const idleMs = 30_000;

/** A pool that connects on demand. Nothing of the process's PG* variables reaches a store through it. */
export function makePool(spec: PgvectorSpec, size: number, timeoutMs: number): Pool {
  const pool = new Pool({
    Client: LoginClient,
    host: spec.host,
    port: spec.port,
    database: spec.database,
    user: spec.user.reveal(),
    // A function even for "none": for an absent password the driver would look into PGPASSWORD and ~/.pgpass.
    password: () => spec.password?.reveal() ?? "",
    ssl: spec.tls === null ? false : { rejectUnauthorized: true, ...(spec.tls.ca === null ? {} : { ca: spec.tls.ca }) },
    max: size,
    connectionTimeoutMillis: Math.min(timeoutMs, spec.session.connectTimeoutMs ?? timeoutMs),
    idleTimeoutMillis: idleMs,
    keepAlive: true,
    application_name: spec.session.applicationName ?? "retriever-sidecar",
    // Else the driver would take PGSSLNEGOTIATION.
    sslnegotiation: "postgres",
    ...(spec.session.options === undefined ? {} : { options: spec.session.options }),
    ...(spec.preparedStatements ? { sessionSettings: sessionSettings(spec, timeoutMs) } : {}),
  } satisfies PoolConfig & LoginOptions);
  // An idle connection that breaks is replaced by the next request; without a listener it would end the process.
  pool.on("error", () => undefined);
  // The pool doesn't listen to a connection that is in use, and without a listener an error would end the process. The
  // query itself gets the error by its callback.
  pool.on("connect", (client) => {
    client.on("error", () => undefined);
    watchAnswers(client);
  });
  return pool;
}

/** What is known of a pool's connection: how often something came on it, and when it was last given back. */
type Use = { answers: number; returned: number };
const uses = new WeakMap<PoolClient, Use>();
let returns = 0;

function watchAnswers(client: PoolClient): void {
  const use: Use = { answers: 0, returned: 0 };
  uses.set(client, use);
  streamOf(client).on("data", () => {
    use.answers += 1;
  });
}

/** The error of work on a connection that had died while nobody used it: nothing of the work's came back. */
class DiedIdle extends Error {
  readonly returned: number;

  constructor(returned: number, cause: unknown) {
    super("the connection had died while idle", { cause });
    this.returned = returned;
  }
}

type Work<T> = (client: PoolClient) => Promise<T>;

/** Runs `work` on a connection of the pool, and closes the connection after a failure that the server didn't report. */
export function withClient<T>(pool: Pool, signal: AbortSignal, work: Work<T>): Promise<T> {
  return attempt(pool, signal, work).catch(throwCause);
}

/**
 * Likewise, for work that only reads: once more, within the signal, where the connection had died while idle, closed by
 * the server or by something on the way.
 */
export function readWithClient<T>(pool: Pool, signal: AbortSignal, work: Work<T>): Promise<T> {
  return attempt(pool, signal, work).catch((error: unknown) => {
    if (!(error instanceof DiedIdle)) throw error;
    return attempt(pool, signal, work, error.returned).catch(throwCause);
  });
}

function throwCause(error: unknown): never {
  throw error instanceof DiedIdle ? error.cause : error;
}

function attempt<T>(pool: Pool, signal: AbortSignal, work: Work<T>, since = 0): Promise<T> {
  if (signal.aborted) return Promise.reject(asError(signal.reason));
  return new Promise((resolve, reject) => {
    let held: PoolClient | null = null;
    const settle = (isBroken: boolean): void => {
      signal.removeEventListener("abort", onAbort);
      if (held !== null) giveBack(held, isBroken);
      held = null;
    };
    // Closing the connection ends the query on it; a connection that comes later goes back unused.
    const onAbort = (): void => {
      settle(true);
      reject(asError(signal.reason));
    };
    const run = async (): Promise<void> => {
      const client = await take(pool, since);
      if (signal.aborted) return client.release();
      held = client;
      const before = { ...uses.get(client) };
      try {
        const result = await work(client);
        settle(false);
        resolve(result);
      } catch (error) {
        const isReport = isServerReport(error);
        settle(!isReport);
        const isSilent = !isReport && before.answers === uses.get(client)?.answers;
        throw isSilent && before.returned !== 0 ? new DiedIdle(before.returned ?? 0, asError(error)) : error;
      }
    };
    signal.addEventListener("abort", onAbort);
    run().catch((error: unknown) => {
      settle(true);
      reject(asError(error));
    });
  });
}

/** A connection that is new, or was given back after `since`: those that were idle for longer have died as well. */
async function take(pool: Pool, since: number): Promise<PoolClient> {
  for (;;) {
    const client = await pool.connect();
    const returned = uses.get(client)?.returned ?? 0;
    if (returned === 0 || returned > since) return client;
    client.release(true);
  }
}

function giveBack(client: PoolClient, isBroken: boolean): void {
  returns += 1;
  const use = uses.get(client);
  if (use !== undefined) use.returned = returns;
  client.release(isBroken);
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error("aborted");
}

/** An error the server reported leaves the connection usable, unless what is prepared there isn't any more. */
function isServerReport(error: unknown): boolean {
  return error instanceof Error && "severity" in error && error.severity === "ERROR" && !isStaleStatement(error);
}

/** Unknown to the server; its columns have changed since; prepared by another client on a session that a pooler shares. */
const staleStates = new Set(["26000", "0A000", "42P05"]);

/** Of a prepared statement that can't be used: the same query unnamed can. */
export function isStaleStatement(error: unknown): boolean {
  return staleStates.has(codeOf(error));
}
