// Postgres with pgvector: the vector goes in binary, the answer never holds one.
import type { Pool, PoolClient } from "pg";
import { placeIn } from "#config/chunk-fields.ts";
import { RetrieverError } from "#errors.ts";
import { withFindings } from "#filter/findings.ts";
import type { BackendDeps, BackendRequest } from "#ports/backend.ts";
import { type Backend, type BackendAnswer, exactTimeoutMs } from "#ports/backend.ts";
import type { Metric } from "#similarity.ts";
import { failedFacts } from "#values/failed-facts.ts";
import { codeOf } from "#values/node-error.ts";
import { postgresError } from "../client/classify.ts";
import { isUnheld } from "../client/encoding.ts";
import { isStaleStatement, makePool, readWithClient } from "../client/pool.ts";
import { type Row, type RowQuery, readRows } from "../client/row-query.ts";
import { inSettings, isSettled, sessionSettings } from "../client/session-settings.ts";
import type { PgvectorSpec } from "../config/schema.ts";
import { checkFields } from "../filter/check-fields.ts";
import { readColumns } from "../filter/columns.ts";
import { servedInView } from "../filter/view-indexes.ts";
import { readCandidates } from "./answer.ts";
import { makeLearnedTable } from "./learned-table.ts";
import { probeTable } from "./probe.ts";
import type { TableShape } from "./shape.ts";
import { makeVectorQuery, statementName } from "./statement.ts";
import { readShape } from "./table-shape.ts";

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
export function makePgvectorBackend(spec: PgvectorSpec, { similarity, clock, filterable }: BackendDeps): Backend {
  const pool = makePool(spec, spec.poolSize, spec.timeoutMs);
  // A pool of its own: in a full one a probe would time out, as if the store were down.
  const probePool = makePool(spec, 1, probeTimeoutMs);
  // Likewise: a search of the whole table must not hold a connection that requests wait for.
  const exactPool = makePool(spec, exactPoolSize, exactTimeoutMs);
  const run = makeRunner(spec, pool);
  const runnerOf = ({ isExact, timeoutMs = exactTimeoutMs }: BackendRequest): Runner =>
    isExact === true ? exactRunner(spec, exactPool, timeoutMs) : run;
  const learned = makeLearnedTable(spec, (signal, read) => readSettled(spec, pool, signal, read));
  const vectorQuery = makeVectorQuery(spec);
  const search = async (request: BackendRequest, signal: AbortSignal): Promise<BackendAnswer> => {
    const startedAt = clock.monotonicMs();
    const shape = await learned.shape(signal);
    const columns = request.filter === undefined ? undefined : await learned.columns(signal);
    const rows = await runnerOf(request)(vectorQuery(shape, request, columns), signal);
    const vectorMs = clock.monotonicMs() - startedAt;
    const measure = measureOf(spec, shape, request.embedding.dimension);
    const toSimilarity = (distance: number): number => similarity(metrics[spec.distance], measure(distance));
    const { momentKind } = shape;
    return { candidates: readCandidates(rows, { momentKind, toSimilarity, content: request.content }), vectorMs };
  };
  return {
    retrieve: async (request, signal) => {
      const startedAt = clock.monotonicMs();
      try {
        return await learned.forgetting(() => search(request, signal));
      } catch (error) {
        if (!isOfNoRow(error, request)) throw blame(postgresError(error, signal), request);
        return { candidates: [], vectorMs: clock.monotonicMs() - startedAt };
      }
    },
    probe: async (signal) => {
      try {
        return await readSettled(spec, probePool, signal, async (client) => {
          const shape = await readShape(client, spec);
          learned.learn(shape);
          const facts = await probeTable(client, spec, shape);
          if (filterable === undefined) return facts;
          const columns = await readColumns(client, spec);
          learned.learn(shape, columns);
          const inView = await servedInView(client, spec, filterable, columns);
          return withFindings(facts, checkFields(filterable, columns, placeIn(spec.fields), inView));
        });
      } catch (error) {
        return failedFacts(postgresError(error, signal), spec.tls === null ? "off" : "verified");
      }
    },
    close: async () => {
      await Promise.allSettled([pool.end(), probePool.end(), exactPool.end()]);
    },
  };
}

function readSettled<T>(
  spec: PgvectorSpec,
  pool: Pool,
  signal: AbortSignal,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const settings = sessionSettings(spec, Math.min(spec.timeoutMs, probeTimeoutMs));
  return readWithClient(pool, signal, (client) => inSettings(client, settings, () => work(client)));
}

type Runner = (statement: RowQuery, signal: AbortSignal) => Promise<readonly Row[]>;

function exactRunner(spec: PgvectorSpec, pool: Pool, timeoutMs: number): Runner {
  const settings = [...sessionSettings(spec, timeoutMs), ...exactSettings];
  return (statement, signal) => readWithClient(pool, signal, (client) => readRows(client, { ...statement, settings }));
}

function makeRunner(spec: PgvectorSpec, pool: Pool): Runner {
  // A pooler's session belongs to everybody: what it is set to holds for one statement.
  const settings = sessionSettings(spec, spec.timeoutMs);
  const names = new Map<string, string>();
  const nameOf = (text: string): string | undefined => {
    if (spec.preparedStatements && !names.has(text) && names.size < maxPrepared) names.set(text, statementName(text));
    return names.get(text);
  };
  const ask = (query: RowQuery, signal: AbortSignal): Promise<readonly Row[]> =>
    readWithClient(pool, signal, (client) => {
      const needed = [...(isSettled(client) ? [] : settings), ...(query.settings ?? [])];
      return readRows(client, needed.length === 0 ? query : { ...query, name: undefined, settings: needed });
    });
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

/** A request that names no columns can't have wrong values for them: then the store isn't what was configured. */
function blame(error: RetrieverError, { filter, filters, namespace }: BackendRequest): RetrieverError {
  if (filter !== undefined && isUnheld(error.cause)) return refuseUnheld(error);
  const values = Object.values(filters ?? {});
  // What pgvector lacks would have shown in the plan of a query without filters.
  if (values.length > 0 && /^(42883|42804|0A000)$/.test(codeOf(error.cause))) return refuseFilters(error);
  const named = [namespace, filter, ...values];
  if (error.path !== "filters" || named.some((value) => value !== undefined)) return error;
  const message = "Postgres can't compare the column with the vector of a request";
  return new RetrieverError({ code: "RETR_BACKEND_ANSWER_INVALID", message }, error);
}

/** An equality with what no row can hold. */
function isOfNoRow(error: unknown, { filter }: BackendRequest): boolean {
  return filter === undefined && isUnheld(error);
}

function refuseUnheld(error: RetrieverError): RetrieverError {
  const message = "filter: expected characters that the encoding of the database has, found another one (22P05)";
  return new RetrieverError({ code: "RETR_REQUEST_INVALID", message, path: "filter" }, error);
}

function refuseFilters(error: RetrieverError): RetrieverError {
  const message = `filters: the column of one of these fields holds what can't be compared with a value, such as json or points (${codeOf(error.cause)}): leave it out`;
  return new RetrieverError({ code: "RETR_REQUEST_INVALID", message, path: "filters" }, error);
}

/**
 * In the words of the metric. pgvector's <#> is the negative inner product. Bits are the signs of a vector's numbers:
 * vectors of 1 and -1, of which n - 2h is the inner product when h of n differ.
 */
function measureOf({ distance }: Pick<PgvectorSpec, "distance">, { vectorType }: TableShape, dimension: number) {
  if (vectorType !== "bit") return (found: number) => (distance === "inner-product" ? -found : found);
  if (distance === "inner-product") return (differing: number) => dimension - 2 * differing;
  return distance === "l2"
    ? (differing: number) => 2 * Math.sqrt(differing)
    : (differing: number) => (2 * differing) / dimension;
}
