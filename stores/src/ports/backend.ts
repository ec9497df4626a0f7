// A vector store as the sidecar uses it. Each kind of store implements `Backend`; nothing else talks to a store.

import type { Filterable } from "#config/filterable.ts";
import type { StoreSpec } from "#config/store-spec.ts";
import type { Fault } from "#errors.ts";
import type { Metric } from "#similarity.ts";
import type { Clock } from "./clock.ts";
import type { Filter } from "./filter.ts";

/** W3C Trace Context of the caller, validated; the header values are passed on unchanged. */
export type TraceContext = { readonly traceparent: string; readonly tracestate: string | null };

/** What an answer holds of a chunk's content; names of metadata are logical ones. */
export type Content = { readonly text: boolean; readonly metadata: readonly string[] };

/** Most numbers of a request's vector: what pgvector takes. */
export const maxDimension = 16_000;

type Query = {
  /** 1..1000 */
  readonly k: number;
  readonly namespace?: string | undefined;
  /** Exact matches, all of which must hold, where the base declares no fields. Integers beyond 2^53 are bigint. */
  readonly filters?: Readonly<Record<string, string | number | bigint | boolean>> | undefined;
  /** Has to pass as well; of declared fields. */
  readonly filter?: Filter;
  /** Absent: neither text nor metadata is read. */
  readonly content?: Content | undefined;
};

export type Candidate = {
  readonly chunkId: string;
  readonly entityId: string;
  /** Normalised to the configured range, higher is nearer. */
  readonly similarity: number;
  /** ISO 8601; null when the row has none. */
  readonly updatedAt: string | null;
  /** Of requests that include it; null: the chunk has none. */
  readonly text?: string | null;
  /** Likewise, by logical name; what the chunk lacks is null. */
  readonly metadata?: Readonly<Record<string, unknown>>;
};

/** A store may cut a text that is longer: this many characters are more than any answer shows. */
export const mostTextChars = 65_537;

/** A validated query vector in the forms the stores take. Conversions happen at most once. */
export type Embedding = {
  readonly dimension: number;
  /** The JSON array, as the application sent it where it sent one. */
  readonly json: () => Uint8Array;
  /** pgvector's binary form: uint16 dimension, uint16 0, float32 each, big-endian. */
  readonly binary: () => Buffer;
};

export type BackendRequest = Query & {
  readonly embedding: Embedding;
  /** Without any index: every vector is compared. A measurement, so it may take `exactTimeoutMs`. */
  readonly isExact?: boolean;
  /** Of an exact request: the store gives it up after so long; `exactTimeoutMs` when left out. */
  readonly timeoutMs?: number;
  /** For stores that are reached over HTTP. */
  readonly trace?: TraceContext;
};

/** Longer than a request's timeout, because a whole store is read. */
export const exactTimeoutMs = 10_000;

export type BackendAnswer = {
  /** Best first, at most k, similarities normalised. */
  readonly candidates: readonly Candidate[];
  readonly vectorMs: number;
};

/** What a probe found out; null is "not known". */
export type ProbeFacts = {
  readonly reachable: boolean | null;
  /** "off": plain text. */
  readonly tls: "verified" | "off" | "failed" | null;
  readonly authenticated: boolean | null;
  /** Whether the collection or table is there. */
  readonly exists: boolean | null;
  readonly dimension: number | null;
  readonly count: number | null;
  /** ISO 8601. */
  readonly newestUpdatedAt: string | null;
  /** Vectors in the index (Qdrant); null where the store doesn't report it. */
  readonly indexedVectors: number | null;
  /** What makes searches slow or leaves chunks out, as sentences; absent: nothing known. */
  readonly remarks?: readonly string[];
  /** Declared fields by which this store can't be filtered as docs/filters.md says, each a sentence. */
  readonly filterFaults?: readonly string[];
  readonly fault: Fault | null;
};

export const unknownFacts: Omit<ProbeFacts, "fault"> = {
  reachable: null,
  tls: null,
  authenticated: null,
  exists: null,
  dimension: null,
  count: null,
  newestUpdatedAt: null,
  indexedVectors: null,
};

export interface Backend {
  /** Rejects with a RetrieverError; RETR_REQUEST_INVALID is the application's fault, every other code the store's. */
  retrieve(request: BackendRequest, signal: AbortSignal): Promise<BackendAnswer>;
  /** A cheap bounded read. Never rejects: a fault is part of the facts. */
  probe(signal: AbortSignal): Promise<ProbeFacts>;
  /** Ends the connections. The caller has seen the last request through. */
  close(): Promise<void>;
}

/** What a backend gets besides its own configuration. */
export type BackendDeps = {
  /** From the store's own number to the similarity that the application sees. */
  readonly similarity: (metric: Metric, value: number) => number;
  readonly clock: Clock;
  /** What requests may filter by; a probe says what of it this store can't do. */
  readonly filterable?: Filterable | undefined;
};

/** Throws when the connection can't be set up. */
export type MakeBackend = (spec: StoreSpec, deps: BackendDeps) => Backend;
