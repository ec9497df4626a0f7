// Retrieval from Qdrant, and what a probe of it finds.

import { placeIn } from "#config/chunk-fields.ts";
import { faultOf, RetrieverError } from "#errors.ts";
import { withFindings } from "#filter/findings.ts";
import {
  type Backend,
  type BackendAnswer,
  type BackendDeps,
  type BackendRequest,
  type Candidate,
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
  type Collection,
  type CollectionInfo,
  type Distance,
  openCollection,
  readCollection,
  readLimits,
  readNewest,
  type StrictLimits,
} from "../client/collection.ts";
import type { QdrantSpec } from "../config/schema.ts";
import { checkFields } from "../filter/check-fields.ts";
import { type Part, type Read, readSearch } from "./in-parts.ts";
import { isOfMetric } from "./is-of-metric.ts";
import { queryBody } from "./query-body.ts";
import { refuseRequest, refuseSettings, strictRemarks } from "./strict-search.ts";

const maxConnections = 128;
/** Of ids and facts; of content as much as one answer may have at all. */
const baseBytes = 65_536;
const bytesPerPoint = 4096;

const metrics: Readonly<Record<Distance, Metric>> = {
  Cosine: "cosine-similarity",
  Dot: "inner-product",
  Euclid: "distance",
  Manhattan: "distance",
};

type Known = { readonly metric: Metric } & Pick<CollectionInfo, "limits" | "indexes">;
/** Described since an answer spoke against its metric: quantised scores may, too, where nothing ranks them again. */
type Confirmed = Known & { readonly isConfirmed?: boolean };

const undescribed: Confirmed = {
  metric: "cosine-similarity",
  limits: readLimits(undefined),
  indexes: new Map(),
  isConfirmed: true,
};

/** Opens no connection by itself. */
export function makeQdrantBackend(spec: QdrantSpec, { similarity, clock, filterable }: BackendDeps): Backend {
  const { timeoutMs } = spec;
  const collection = openCollection(spec, {
    connections: maxConnections,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: timeoutMs },
  });
  const { call, folder } = collection;
  const description = makeDescription(spec, collection);
  const pathFor = (limitMs: number, { timeoutSeconds }: StrictLimits): string =>
    `${folder}/points/query${queryString(spec, Math.min(Math.ceil(limitMs / 1000), timeoutSeconds))}`;
  const exactly = (limitMs: number, limits: StrictLimits) => ({
    path: pathFor(limitMs, limits),
    headersTimeout: limitMs,
    bodyTimeout: limitMs,
  });
  return {
    retrieve: async (request: BackendRequest, signal: AbortSignal): Promise<BackendAnswer> => {
      const startedAt = clock.monotonicMs();
      const { trace } = request;
      const known = await description.known(signal);
      const { limits } = known;
      refuseRequest(request.k, limits);
      const query: Call = {
        method: "POST",
        path: pathFor(timeoutMs, limits),
        ...(request.content === undefined ? { maxBytes: baseBytes + request.k * bytesPerPoint } : {}),
        headers: trace && traceHeaders(trace),
        ...(request.isExact === true ? exactly(request.timeoutMs ?? exactTimeoutMs, limits) : {}),
      };
      const search = (part: Part): Promise<string> =>
        call({ ...query, body: queryBody(spec, request, known, part) }, signal);
      const read = await readSearch(search, spec.fields, request).catch(description.forget);
      const vectorMs = clock.monotonicMs() - startedAt;
      const confirm = () => description.confirm(signal);
      return { candidates: await scored(read, { similarity, known, confirm }), vectorMs };
    },
    probe: async (signal) => {
      const tls = spec.tls === null ? "off" : "verified";
      try {
        const info = await description.read(signal);
        if (info.vectorFault !== null) throw new RetrieverError(info.vectorFault);
        const newestUpdatedAt = await readNewest(collection, { spec, info }, signal);
        const facts = {
          ...foundFacts(info, newestUpdatedAt),
          tls,
          remarks: [...healthOf(info), ...strictRemarks(spec, info)],
        } as const;
        return filterable === undefined
          ? facts
          : withFindings(facts, checkFields(filterable, info, placeIn(spec.fields)));
      } catch (error) {
        return failedFacts(transportError(error, signal), tls);
      }
    },
    close: collection.close,
  };
}

type Scoring = Pick<BackendDeps, "similarity"> & {
  readonly known: Confirmed;
  readonly confirm: () => Promise<Known>;
};

/** By the metric that is known; where the scores speak against it, by the one that the collection has now. */
async function scored(read: Read, { similarity, known, confirm }: Scoring): Promise<Candidate[]> {
  const scores: number[] = [];
  const readBy = (metric: Metric): Candidate[] =>
    read((score) => {
      scores.push(score);
      return similarity(metric, score);
    });
  const candidates = readBy(known.metric);
  if (known.isConfirmed === true || isOfMetric(known.metric, scores)) return candidates;
  const { metric } = await confirm();
  return metric === known.metric ? candidates : readBy(metric);
}

/** What the collection says of itself, asked with the first request and by every probe. */
function makeDescription(spec: QdrantSpec, { call, folder }: Collection) {
  let known: Confirmed | undefined;
  const read = async (signal: AbortSignal): Promise<CollectionInfo> => {
    const info = readCollection(await call({ method: "GET", path: folder }, signal), spec);
    refuseSettings(spec, info);
    const metric = info.distance === null ? known?.metric : metrics[info.distance];
    known = { metric: metric ?? "cosine-similarity", limits: info.limits, indexes: info.indexes };
    return info;
  };
  /** A key may search a collection that it can't describe. */
  const learn = async (signal: AbortSignal): Promise<Confirmed> => {
    const failure = await read(signal).then(() => null, faultOf);
    if (failure?.code === "RETR_BACKEND_MISSING") throw new RetrieverError(failure);
    if (failure?.code === "RETR_BACKEND_AUTH") known = undescribed;
    return known ?? undescribed;
  };
  return {
    read,
    known: async (signal: AbortSignal) => known ?? learn(signal),
    confirm: async (signal: AbortSignal) => {
      await read(signal);
      known = { ...(known ?? undescribed), isConfirmed: true };
      return known;
    },
    /** Of another collection than the one that is known requests may fail: the next one learns it anew. */
    forget: (error: unknown): never => {
      if (/^RETR_(REQUEST_INVALID|BACKEND_MISSING|BACKEND_ANSWER_INVALID)$/.test(faultOf(error).code))
        known = undefined;
      throw error;
    },
  };
}

function traceHeaders({ traceparent, tracestate }: TraceContext): Record<string, string> {
  return tracestate === null ? { traceparent } : { traceparent, tracestate };
}

/** "strong" is the configuration's word; Qdrant would refuse it. */
function queryString({ consistency }: QdrantSpec, seconds: number): string {
  const timeout = `timeout=${seconds}`;
  return consistency === "strong" ? `?consistency=all&${timeout}` : `?${timeout}`;
}

function healthOf({ healthRemark }: CollectionInfo): string[] {
  return healthRemark === null ? [] : [healthRemark];
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
