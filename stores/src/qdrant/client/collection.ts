// One collection over Qdrant's REST API, on a pool of its own. Never follows a redirect: the key would go along.
import { Pool } from "undici";
import type { ChunkFields } from "#config/chunk-fields.ts";
import { type Fault, RetrieverError } from "#errors.ts";
import { maxDimension } from "#ports/backend.ts";
import { guardedLookup } from "#values/guarded-lookup.ts";
import { valueAt } from "#values/member-path.ts";
import { readTime } from "#values/time.ts";
import { portOf, type QdrantSpec } from "../config/schema.ts";
import { member, parseAnswer } from "./answers.ts";
import { refusalOf, statusFault, transportError } from "./classify.ts";
import { bytesOf, type ExchangeOptions, exchange, type Held, hasDiedIdle, Line, textOf } from "./exchange.ts";
import { keyOf } from "./payload-key.ts";

// Qdrant closes an idle connection after 5 s without notice; a pool that keeps it longer sends into a closed socket.
const keepAliveMs = 4000;

/** Of one answer, and of all that one pool holds at the same time. */
const mostAnswerBytes = 6 * 1_048_576;
const mostHeldBytes = 64 * 1_048_576;

/** `path` begins with the collection's `folder`. */
export type Call = Pick<ExchangeOptions, "method" | "path" | "headersTimeout" | "bodyTimeout" | "maxBytes"> & {
  readonly body?: Buffer | string | null;
  readonly headers?: Readonly<Record<string, string>> | undefined;
};
export type Collection = {
  readonly folder: string;
  /** The body of a 200. Rejects with a RetrieverError. */
  readonly call: (call: Call, signal: AbortSignal) => Promise<string>;
  /** The same as its bytes. */
  readonly read: (call: Call, signal: AbortSignal) => Promise<Buffer>;
  readonly close: () => Promise<void>;
};
type Limits = Omit<Pool.Options, "connect"> & {
  readonly connect?: { readonly timeout: number };
  /** What a status means for this call, where it isn't what `statusFault` says. */
  readonly faultOf?: (status: number, call: Call, body: string) => Fault | undefined;
};

/** Connects on demand only. */
export function openCollection(spec: QdrantSpec, { faultOf, connect, ...limits }: Limits): Collection {
  const url = new URL(spec.url);
  url.port = String(portOf(spec.url));
  const ca = spec.tls?.ca ?? null;
  const { connections, ...ofEach } = limits;
  const options = {
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    maxResponseSize: mostAnswerBytes,
    ...ofEach,
    connect: { ...connect, lookup: guardedLookup, ...(ca === null ? {} : { ca }) },
  };
  const openLine = (): Line => new Line(new URL(url.origin), options);
  const pool = new Pool(url.origin, { ...options, connections: connections ?? null, factory: openLine });
  const held: Held = { bytes: 0, most: Math.max(mostHeldBytes, 2 * (limits.maxResponseSize ?? 0)) };
  const auth = spec.apiKey === null ? {} : { "api-key": spec.apiKey.reveal() };
  const jsonAuth = { ...auth, "content-type": "application/json" };
  const make =
    <Body>(bodyOf: (chunks: readonly Buffer[]) => Body) =>
    async (call: Call, signal: AbortSignal): Promise<Body> => {
      const { body = null, headers } = call;
      const own = body === null ? auth : jsonAuth;
      const all = headers === undefined ? own : { ...own, ...headers };
      try {
        const request = { ...call, body, headers: all };
        const answer = await exchange(pool, request, { signal, held }).catch((error: unknown) => {
          if (!isRead(call) || !hasDiedIdle(error)) throw error;
          return exchangeAnew(openLine(), request, { signal, held });
        });
        const { status, chunks, retryAfter } = answer;
        if (status === 200) return bodyOf(chunks);
        const isAsked = (part: string): boolean => body?.includes(part) === true;
        const refusal = refusalOf({ status, text: textOf(chunks), retryAfter });
        throw new RetrieverError(faultOf?.(refusal.status, call, refusal.text) ?? statusFault(refusal, isAsked));
      } catch (error) {
        throw transportError(error, signal);
      }
    };
  return {
    folder: `/collections/${encodeURIComponent(spec.collection)}`,
    call: make(textOf),
    read: make(bytesOf),
    // Whoever closes has seen the last request through, so nothing is cut off.
    close: () => pool.destroy(),
  };
}

/** Reads are told from writes by their paths: of these alone a second one can do no harm. */
function isRead({ method, path }: Call): boolean {
  return method === "GET" || (method === "POST" && /\/points(\/(query|scroll|count|facet))?(\?|$)/.test(path));
}

/** On a connection of its own, since others of the pool may have died with the one before. */
async function exchangeAnew(line: Line, request: ExchangeOptions, bounds: Parameters<typeof exchange>[2]) {
  try {
    return await exchange(line, request, bounds);
  } finally {
    void line.destroy();
  }
}

export type Distance = "Cosine" | "Dot" | "Euclid" | "Manhattan";
export type CollectionInfo = {
  readonly distance: Distance | null;
  /** Null: the configured vector can't be asked. */
  readonly dimension: number | null;
  /** `with_vector` of a request that wants this vector alone. */
  readonly shownVector: true | readonly [string];
  /** Why it can't. */
  readonly vectorFault: Fault | null;
  /** Null: healthy, as far as the server says. */
  readonly healthRemark: string | null;
  readonly points: number | null;
  readonly indexedVectors: number | null;
  /** Whether points can be ordered by their moment cheaply. */
  readonly hasTimeIndex: boolean;
  /** Whether points can be found by their chunk's id cheaply. */
  readonly hasIdIndex: boolean;
  /** How numbers of vectors are stored, in Qdrant's word; null: its default. */
  readonly datatype: string | null;
  /** Type of each payload key's index, in Qdrant's word. */
  readonly indexes: ReadonlyMap<string, string>;
  /** Keys whose index of integers serves equality alone (`range: false`). */
  readonly rangeless: ReadonlySet<string>;
  /** Of its vectors: "tenants" has one for each value of a key that is marked so, and for no others. */
  readonly graph: "all" | "tenants" | "none";
  readonly limits: StrictLimits;
};

/** What strict mode allows; Infinity where it sets no limit, as without strict mode. */
export type StrictLimits = {
  /** Points of one answer. */
  readonly points: number;
  readonly timeoutSeconds: number;
  /** Values of one condition, and conditions of one filter. */
  readonly conditionSize: number;
  readonly conditions: number;
  /** Points of one upsert. */
  readonly upsertPoints: number;
  readonly hnswEf: number;
  readonly oversampling: number;
  readonly readsPerMinute: number;
  readonly allowsExact: boolean;
  /** Whether a filter on a key without an index is answered, and whether a write may depend on one. */
  readonly searchesUnindexed: boolean;
  readonly updatesUnindexed: boolean;
};

type Described = { readonly vectorName?: string | undefined; readonly fields: ChunkFields };

/** Facts of `GET /collections/C`; of the named vector where a name is configured. Throws RETR_BACKEND_ANSWER_INVALID. */
export function readCollection(body: string, { vectorName, fields: { id, updatedAt } }: Described): CollectionInfo {
  const result = member(parseAnswer(body), "result");
  const params = member(member(result, "config"), "params");
  const vector = vectorIn(params, vectorName);
  const distance = member(vector, "distance");
  const vectorFault = faultOfVector(params, vectorName);
  const schema = Object.entries(member(result, "payload_schema") ?? {});
  const indexes = new Map(schema.map(([key, index]) => [key, String(member(index, "data_type"))]));
  const datatype = member(vector, "datatype");
  const isRangeless = (index: unknown): boolean => member(member(index, "params"), "range") === false;
  const rangeless = new Set(schema.flatMap(([key, index]) => (isRangeless(index) ? [key] : [])));
  return {
    distance: isDistance(distance) ? distance : null,
    dimension: vectorFault === null ? countOf(member(vector, "size")) : null,
    shownVector: vectorName === undefined && isAlone(params) ? true : [vectorName ?? ""],
    vectorFault,
    healthRemark: healthRemarks[String(member(result, "status"))] ?? null,
    points: countOf(member(result, "points_count")),
    indexedVectors: countOf(member(result, "indexed_vectors_count")),
    hasTimeIndex:
      updatedAt !== null && timeIndexes.includes(indexes.get(keyOf(updatedAt))) && !rangeless.has(keyOf(updatedAt)),
    hasIdIndex: id === null || idIndexes.includes(indexes.get(keyOf(id))),
    datatype: typeof datatype === "string" ? datatype : null,
    indexes,
    rangeless,
    graph: graphOf(member(member(result, "config"), "hnsw_config"), member(vector, "hnsw_config"), schema),
    limits: readLimits(member(member(result, "config"), "strict_mode_config")),
  };
}

/** Of the collection's `hnsw_config` and the vector's own, which goes before it. */
function graphOf(common: unknown, own: unknown, schema: readonly (readonly [string, unknown])[]) {
  const setting = (key: string): unknown => member(own, key) ?? member(common, key);
  if (setting("m") !== 0) return "all";
  const isTenant = schema.some(([, index]) => member(member(index, "params"), "is_tenant") === true);
  return isTenant && (setting("payload_m") ?? 0) !== 0 ? "tenants" : "none";
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

/**
 * Of `strict_mode_config`. The first upsert of a new collection is counted twice (1.18): one of more than half of the
 * rate is never taken there, and one of a quarter is taken half a minute after any other.
 */
export function readLimits(strict: unknown): StrictLimits {
  const isStrict = member(strict, "enabled") === true;
  const limit = (key: string): number => (isStrict ? countOf(member(strict, key)) : null) ?? Number.POSITIVE_INFINITY;
  return {
    points: limit("max_query_limit"),
    timeoutSeconds: limit("max_timeout"),
    conditionSize: limit("condition_max_size"),
    conditions: limit("filter_max_conditions"),
    upsertPoints: Math.min(limit("upsert_max_batchsize"), Math.max(1, Math.floor(limit("write_rate_limit") / 4))),
    hnswEf: limit("search_max_hnsw_ef"),
    oversampling: limit("search_max_oversampling"),
    readsPerMinute: limit("read_rate_limit"),
    allowsExact: !isStrict || member(strict, "search_allow_exact") !== false,
    searchesUnindexed: !isStrict || member(strict, "unindexed_filtering_retrieve") !== false,
    updatesUnindexed: !isStrict || member(strict, "unindexed_filtering_update") !== false,
  };
}

/** Those of numbers order moments that are numbers. */
const timeIndexes: readonly unknown[] = ["datetime", "integer", "float"];
const idIndexes: readonly unknown[] = ["keyword", "uuid", "integer"];

function isDistance(value: unknown): value is Distance {
  return value === "Cosine" || value === "Dot" || value === "Euclid" || value === "Manhattan";
}

function countOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** Both still answer: what comes from now on suffers. */
const healthRemarks: Readonly<Record<string, string>> = {
  red: "the collection is red, as its optimizer failed: writes fail, or stay out of the index; optimizer_status and Qdrant's log say why, often a full disk",
  grey: "the collection is grey: since Qdrant was restarted its index waits for the next write to be made",
};
const mostNames = 5;

/** What is said of the configured vector. The unnamed one stands alone, or under the empty name where it was made so, as LangChain does. */
function vectorIn(params: unknown, vectorName = ""): unknown {
  const vectors = member(params, "vectors");
  const named = member(vectors, vectorName);
  return vectorName === "" && named === undefined ? vectors : named;
}

/** Whether the unnamed vector is the only one. */
function isAlone(params: unknown): boolean {
  const sparse = Object.keys(member(params, "sparse_vectors") ?? {});
  return sparse.length === 0 && typeof member(member(params, "vectors"), "distance") === "string";
}

/** Why the configured vector of a collection with these parameters can't be asked. */
function faultOfVector(params: unknown, vectorName: string | undefined): Fault | null {
  const fault = (message: string): Fault => ({ code: "RETR_BACKEND_MISSING", message });
  const vector = vectorIn(params, vectorName);
  const isSparse = vectorName !== undefined && isObject(member(member(params, "sparse_vectors"), vectorName));
  if (isSparse || isObject(member(vector, "multivector_config"))) {
    const found = isSparse ? "a sparse one" : "a list of vectors for each point (multivector_config)";
    return fault(`vectorName: expected a dense vector, the collection has ${found} of this name: name another one`);
  }
  const size = countOf(member(vector, "size"));
  if (size !== null && size > maxDimension) {
    return fault(
      `vectorName: expected a vector of at most ${maxDimension} numbers, as no request has more, it has ${size}`,
    );
  }
  if (size !== null) return null;
  const vectors = Object.entries(member(params, "vectors") ?? {});
  const named = vectors.filter(([name, each]) => name !== "" && countOf(member(each, "size")) !== null);
  const names = named.slice(0, mostNames).map(([name]) => name.slice(0, 60));
  const known = names.length === 0 ? "" : `; it has ${names.join(", ")}`;
  return fault(`the collection has no vector of the configured name (vectorName)${known}`);
}

/** Moment of the newest point; null where no index on it makes that cheap. */
export async function readNewest(
  { call, folder }: Collection,
  { spec, info }: { readonly spec: Described; readonly info: CollectionInfo },
  signal: AbortSignal,
): Promise<string | null> {
  const path = spec.fields.updatedAt;
  if (path === null || !info.hasTimeIndex) return null;
  const key = keyOf(path);
  const query = JSON.stringify({ limit: 1, with_payload: [key], order_by: { key, direction: "desc" } });
  const body = await call({ method: "POST", path: `${folder}/points/scroll`, body: query }, signal);
  const points = member(member(parseAnswer(body), "result"), "points");
  const [first] = Array.isArray(points) ? (points as unknown[]) : [];
  return readTime(valueAt(member(first, "payload"), path));
}
