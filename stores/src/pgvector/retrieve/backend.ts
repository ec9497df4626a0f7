// Postgres with pgvector: the vector goes in binary, the answer never holds one.
import type { Pool, PoolClient } from "pg";
import type { BackendDeps, BackendRequest, Candidate } from "#ports/backend.ts";
import { type Backend, exactTimeoutMs } from "#ports/backend.ts";
import type { Metric } from "#similarity.ts";
import { failedFacts } from "#values/failed-facts.ts";
import { readTime } from "#values/time.ts";
import { postgresError } from "../client/classify.ts";
import { indexSettings, isStaleStatement, makePool, readWithClient } from "../client/pool.ts";
import { type Row, type RowQuery, readRows } from "../client/row-query.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import { probeTable } from "./probe.ts";
import { statementName, vectorQuery } from "./statement.ts";

const probeTimeoutMs = 2000;
const exactPoolSize = 2;
/** Without an index of vectors every row is measured. With both kinds of scan off the planner would take the index again. */
const exactSettings = [
  ["enable_indexscan", "off"],
  ["enable_seqscan", "on"],
] as const;
/** Shapes of filters that a connection keeps prepared; further ones are sent unnamed, so that servers stay bounded. */
const maxPrepared = 64;

const metrics: Readonly<Record<PgvectorSpec["distance"], Metric>> = {
  cosine: "cosine-distance",
  l2: "distance",
  "inner-product": "inner-product",
};

/** Opens no connection by itself. `poolSize` counts the requests' connections; a probe has one more, exact searches two. */
export function makePgvectorBackend(spec: PgvectorSpec, { similarity, clock }: BackendDeps): Backend {
  const pool = makePool(spec, spec.poolSize, spec.timeoutMs);
  // A pool of its own: in a full one a probe would time out, as if the store were down.
  const probePool = makePool(spec, 1, probeTimeoutMs);
  // Likewise: a search of the whole table must not hold a connection that requests wait for.
  const exactPool = makePool(spec, exactPoolSize, exactTimeoutMs);
  const run = makeRunner(spec, pool);
  const runnerOf = ({ isExact, timeoutMs = exactTimeoutMs }: BackendRequest): Runner =>
    isExact === true ? makeTransactionRunner(exactPool, [...exactSettings, ["statement_timeout", timeoutMs]]) : run;
  // pgvector's <#> is the negative inner product.
  const sign = spec.distance === "inner-product" ? -1 : 1;
  const toSimilarity = (distance: number): number => similarity(metrics[spec.distance], sign * distance);
  return {
    retrieve: async (request, signal) => {
      const startedAt = clock.monotonicMs();
      try {
        const rows = await runnerOf(request)(vectorQuery(spec, request), signal);
        const vectorMs = clock.monotonicMs() - startedAt;
        return { candidates: rows.flatMap((row) => readCandidate(row, toSimilarity)), vectorMs };
      } catch (error) {
        throw postgresError(error, signal);
      }
    },
    probe: async (signal) => {
      try {
        return await readWithClient(probePool, signal, (client) => probeTable(client, spec));
      } catch (error) {
        return failedFacts(postgresError(error, signal), spec.tls === null ? "off" : "verified");
      }
    },
    close: async () => {
      await Promise.allSettled([pool.end(), probePool.end(), exactPool.end()]);
    },
  };
}

type Runner = (statement: RowQuery, signal: AbortSignal) => Promise<readonly Row[]>;

function makeRunner(spec: PgvectorSpec, pool: Pool): Runner {
  if (!spec.preparedStatements && indexSettings(spec).length > 0) {
    return makeTransactionRunner(pool, [...indexSettings(spec), ["statement_timeout", spec.timeoutMs]]);
  }
  const names = new Map<string, string>();
  const nameOf = (text: string): string | undefined => {
    if (spec.preparedStatements && !names.has(text) && names.size < maxPrepared) names.set(text, statementName(text));
    return names.get(text);
  };
  const ask = (query: RowQuery, signal: AbortSignal): Promise<readonly Row[]> =>
    readWithClient(pool, signal, (client) => readRows(client, query));
  return async (statement, signal) => {
    const name = nameOf(statement.text);
    if (name === undefined) return ask(statement, signal);
    try {
      return await ask({ ...statement, name }, signal);
    } catch (error) {
      // For instance because the table was altered: once more with nothing prepared, on another connection.
      if (isStaleStatement(error)) return ask(statement, signal);
      throw error;
    }
  };
}

/** Settings of one transaction; behind a pooler nothing else can hold them. Any failure costs the connection, and with it the transaction. */
function makeTransactionRunner(pool: Pool, settings: readonly (readonly [string, string | number])[]): Runner {
  const begin = ["BEGIN READ ONLY", ...settings.map(([name, value]) => `SET LOCAL ${name} = ${value}`)].join("; ");
  const inTransaction = async (client: PoolClient, statement: RowQuery): Promise<readonly Row[]> => {
    await client.query(begin);
    try {
      return await readRows(client, statement);
    } finally {
      await client.query("COMMIT");
    }
  };
  return (statement, signal) => readWithClient(pool, signal, (client) => inTransaction(client, statement));
}

/** A row without a finite distance (a zero vector has none) is left out. */
function readCandidate(row: Row, toSimilarity: (distance: number) => number): Candidate[] {
  const [chunkId, entityId, updatedAt, text] = row;
  const distance = Number(text ?? Number.NaN);
  if (!Number.isFinite(distance)) return [];
  return [
    {
      chunkId: chunkId ?? "",
      entityId: entityId ?? "",
      similarity: toSimilarity(distance),
      updatedAt: readTime(timestampText(updatedAt ?? null)),
    },
  ];
}

/** `2026-01-31 12:00:00.5+00`, as Postgres prints it; without a zone it is UTC. */
const printed = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(?:\.(\d+))?(?:([+-]\d{2})(:?\d{2})?)?$/;

/** ISO 8601 with milliseconds, in the zone it came in; anything else as it came. */
function timestampText(text: string | null): string | null {
  if (text === null) return null;
  if (text.length === 22 && text.endsWith("+00")) return `${text.slice(0, 10)}T${text.slice(11, 19)}.000Z`;
  const match = printed.exec(text);
  if (match === null) return text;
  const [, date, time, fraction = "", hours = "+00", minutes = "00"] = match;
  const zone = hours === "+00" && minutes === "00" ? "Z" : `${hours}:${minutes.replace(":", "")}`;
  return `${date}T${time}.${fraction.slice(0, 3).padEnd(3, "0")}${zone}`;
}
