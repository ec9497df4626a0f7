// Retrieval from Qdrant, and what a probe of it finds.
import { RetrieverError } from "#errors.ts";
import { withFindings } from "#filter/findings.ts";
import {
  type Backend,
  type BackendAnswer,
  type BackendDeps,
  type BackendRequest,
  exactTimeoutMs,
  type ProbeFacts,
  type TraceContext,
  unknownFacts,
} from "#ports/backend.ts";
import type { Metric } from "#similarity.ts";
import { failedFacts } from "#values/failed-facts.ts";
import { transportError } from "../client/classify.ts";
import {
  type Call,
  type CollectionInfo,
  type Distance,
  noVector,
  openCollection,
  readCollection,
  readNewest,
} from "../client/collection.ts";
import type { QdrantSpec } from "../config/schema.ts";
import { checkFields } from "../filter/check-fields.ts";
import { readCandidates } from "./answer.ts";
import { queryBody } from "./query-body.ts";

const maxConnections = 128;
const maxAnswerBytes = 16 * 1_048_576;

const metrics: Readonly<Record<Distance, Metric>> = {
  Cosine: "cosine-similarity",
  Dot: "inner-product",
  Euclid: "distance",
  Manhattan: "distance",
};

/** Opens no connection by itself. */
export function makeQdrantBackend(spec: QdrantSpec, { similarity, clock, filterable }: BackendDeps): Backend {
  const { timeoutMs } = spec;
  const collection = openCollection(spec, {
    connections: maxConnections,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: maxAnswerBytes,
    connect: { timeout: timeoutMs },
  });
  const { call, folder } = collection;
  const queryPath = `${folder}/points/query${queryString(spec)}`;
  const exactly = (limitMs: number) => ({
    path: `${folder}/points/query${queryString({ ...spec, timeoutMs: limitMs })}`,
    headersTimeout: limitMs,
    bodyTimeout: limitMs,
  });
  let metric: Metric | undefined;

  const readInfo = async (signal: AbortSignal): Promise<CollectionInfo> => {
    const info = readCollection(await call({ method: "GET", path: folder }, signal), spec.vectorName);
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
      const { trace } = request;
      const query: Call = {
        method: "POST",
        path: queryPath,
        body: queryBody(spec, request),
        headers: trace && traceHeaders(trace),
        ...(request.isExact === true ? exactly(request.timeoutMs ?? exactTimeoutMs) : {}),
      };
      const answering = call(query, signal);
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
        const newestUpdatedAt = info.hasTimeIndex ? await readNewest(collection, signal) : null;
        const facts = { ...foundFacts(info, newestUpdatedAt), tls } as const;
        return filterable === undefined ? facts : withFindings(facts, checkFields(filterable, info));
      } catch (error) {
        return failedFacts(transportError(error, signal), tls);
      }
    },
    close: collection.close,
  };
}

function traceHeaders({ traceparent, tracestate }: TraceContext): Record<string, string> {
  return tracestate === null ? { traceparent } : { traceparent, tracestate };
}

/** "strong" is the configuration's word; Qdrant would refuse it. */
function queryString({ consistency, timeoutMs }: QdrantSpec): string {
  const timeout = `timeout=${Math.ceil(timeoutMs / 1000)}`;
  return consistency === "strong" ? `?consistency=all&${timeout}` : `?${timeout}`;
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
