// Qdrant over its REST API, on a pool of its own. Never follows a redirect: the key would go along.
import { Pool } from "undici";
import { RetrieverError } from "#errors.ts";
import type { BackendDeps, TraceContext } from "#ports/backend.ts";
import {
  type Backend,
  type BackendAnswer,
  type BackendRequest,
  exactTimeoutMs,
  type ProbeFacts,
  unknownFacts,
} from "#ports/backend.ts";
import type { Metric } from "#similarity.ts";
import { statusFault, transportError } from "../client/classify.ts";
import { exchange } from "../client/exchange.ts";
import type { QdrantSpec } from "../config/schema.ts";
import { type CollectionInfo, type Distance, readCandidates, readCollection, readNewest } from "./answer.ts";
import { queryBody } from "./query-body.ts";

// Qdrant closes an idle connection after 5 s without a word; a pool that keeps it longer sends into the void.
const keepAliveMs = 4000;
const maxConnections = 128;
const maxAnswerBytes = 16 * 1_048_576;

const metrics: Readonly<Record<Distance, Metric>> = {
  Cosine: "cosine-similarity",
  Dot: "inner-product",
  Euclid: "distance",
  Manhattan: "distance",
};

type Call = {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: Buffer | null;
  readonly trace?: TraceContext | undefined;
  /** May take longer than an answer somebody waits for. */
  readonly isExact?: boolean;
  readonly signal: AbortSignal;
};

/** Opens no connection by itself. */
export function makeQdrantBackend(spec: QdrantSpec, { similarity, clock }: BackendDeps): Backend {
  const pool = makePool(spec);
  const folder = `/collections/${encodeURIComponent(spec.collection)}`;
  const headers = spec.apiKey === null ? {} : { "api-key": spec.apiKey.reveal() };
  const jsonHeaders = { ...headers, "content-type": "application/json" };
  const queryPath = `${folder}/points/query${queryString(spec)}`;
  const exactPath = `${folder}/points/query${queryString({ ...spec, timeoutMs: exactTimeoutMs })}`;
  let metric: Metric | undefined;

  const call = async ({ method, path, body = null, trace, isExact = false, signal }: Call): Promise<string> => {
    const own = body === null ? headers : jsonHeaders;
    const all = trace === undefined ? own : { ...own, ...traceHeaders(trace) };
    const limits = isExact ? { headersTimeout: exactTimeoutMs, bodyTimeout: exactTimeoutMs } : {};
    try {
      const { status, text } = await exchange(pool, { method, path, body, headers: all, ...limits }, signal);
      if (status === 200) return text;
      throw new RetrieverError(statusFault(status, text));
    } catch (error) {
      throw transportError(error, signal);
    }
  };
  const readInfo = async (signal: AbortSignal): Promise<CollectionInfo> => {
    const info = readCollection(await call({ method: "GET", path: folder, signal }), spec.vectorName);
    metric = info.distance === null ? metric : metrics[info.distance];
    return info;
  };
  // The first requests may come before the first probe; they ask for the collection's metric beside their query.
  const learnMetric = async (signal: AbortSignal): Promise<Metric> => {
    if (metric === undefined) await readInfo(signal).catch(() => undefined);
    return metric ?? "cosine-similarity";
  };
  return {
    retrieve: async (request: BackendRequest, signal: AbortSignal): Promise<BackendAnswer> => {
      const startedAt = clock.monotonicMs();
      const { trace, isExact = false } = request;
      const body = queryBody(spec, request);
      const answering = call({ method: "POST", path: isExact ? exactPath : queryPath, body, trace, isExact, signal });
      const [text, learned] =
        metric === undefined ? await Promise.all([answering, learnMetric(signal)]) : [await answering, metric];
      const vectorMs = clock.monotonicMs() - startedAt;
      return { candidates: readCandidates(text, (score) => similarity(learned, score)), vectorMs };
    },
    probe: async (signal) => {
      const tls = spec.tls === null ? "off" : "verified";
      try {
        const info = await readInfo(signal);
        if (info.dimension === null) throw new RetrieverError(noVector);
        const newestUpdatedAt = info.hasTimeIndex ? await readNewestTime(call, folder, signal) : null;
        return { ...foundFacts(info, newestUpdatedAt), tls };
      } catch (error) {
        return faultFacts(transportError(error, signal), tls);
      }
    },
    // Whoever closes has seen the last request through, so nothing is cut off.
    close: () => pool.destroy(),
  };
}

function traceHeaders({ traceparent, tracestate }: TraceContext): Record<string, string> {
  return tracestate === null ? { traceparent } : { traceparent, tracestate };
}

const noVector = {
  code: "RETR_BACKEND_MISSING",
  message: "the collection has no vector of the configured name (vectorName)",
} as const;

function makePool(spec: QdrantSpec): Pool {
  const ca = spec.tls?.ca ?? null;
  const url = new URL(spec.url);
  // As in the identity: plain http without a port means Qdrant's own.
  if (url.port === "" && url.protocol === "http:") url.port = "6333";
  return new Pool(url.origin, {
    connections: maxConnections,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    headersTimeout: spec.timeoutMs,
    bodyTimeout: spec.timeoutMs,
    maxResponseSize: maxAnswerBytes,
    connect: { timeout: spec.timeoutMs, ...(ca === null ? {} : { ca }) },
  });
}

/** The contract's words aren't Qdrant's: it knows no "strong" and refuses it. */
function queryString({ consistency, timeoutMs }: QdrantSpec): string {
  const timeout = `timeout=${Math.ceil(timeoutMs / 1000)}`;
  return consistency === "strong" ? `?consistency=all&${timeout}` : `?${timeout}`;
}

async function readNewestTime(call: (call: Call) => Promise<string>, folder: string, signal: AbortSignal) {
  const query = { limit: 1, with_payload: ["updated_at"], order_by: { key: "updated_at", direction: "desc" } };
  const body = Buffer.from(JSON.stringify(query));
  const text = await call({ method: "POST", path: `${folder}/points/scroll`, body, signal });
  return readNewest(text);
}

function foundFacts(info: CollectionInfo, newestUpdatedAt: string | null): ProbeFacts {
  const { dimension, points: count, indexedVectors } = info;
  const facts = {
    reachable: true,
    authenticated: true,
    exists: true,
    dimension,
    count,
    newestUpdatedAt,
    indexedVectors,
  };
  return { ...unknownFacts, ...facts, fault: null };
}

function faultFacts(error: RetrieverError, tls: ProbeFacts["tls"]): ProbeFacts {
  const { code, message } = error;
  const facts = { ...unknownFacts, fault: { code, message } };
  if (code === "RETR_BACKEND_TLS") return { ...facts, reachable: true, tls: "failed" };
  if (code === "RETR_BACKEND_AUTH") return { ...facts, reachable: true, tls, authenticated: false };
  if (code === "RETR_BACKEND_MISSING") return { ...facts, reachable: true, tls, authenticated: true, exists: false };
  if (code === "RETR_BACKEND_ANSWER_INVALID") return { ...facts, reachable: true, tls };
  return { ...facts, reachable: false };
}
