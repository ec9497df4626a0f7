// What a store says of itself and of a chunk, as verification compares it.

/** Null where used: none of these words. */
export type VectorMetric = "cosine" | "dot" | "l2";
export type VectorPrecision = "float32" | "half" | "int8" | "binary";
/** What the ids look like. text: anything; the others where the column, or every id looked at, is of the kind. */
export type IdKind = "text" | "integer" | "uuid";

/** Everything known of a store without reading it through. Null: not known. */
export type StoreDescription = {
  readonly dimension: number | null;
  readonly metric: VectorMetric | null;
  /** The store's own word for its metric, for messages. */
  readonly metricName: string;
  readonly precision: VectorPrecision | null;
  /** Whether the store keeps only directions: it normalises what it is given. */
  readonly isNormalised: boolean;
  readonly idKind: IdKind | null;
  /** A few ids, for messages and to try look-ups with. */
  readonly someIds: readonly string[];
  /** ms since 1970. */
  readonly newestUpdatedAtMs: number | null;
  readonly count: number | null;
  /** Whether a look-up by id is led by an index; without one each batch of them may read the whole store. */
  readonly isLookUpCheap: boolean;
};

/** One chunk as a look-up finds it; what the level doesn't ask for is null. */
export type FoundChunk = {
  readonly id: string;
  readonly namespace: string | null;
  readonly updatedAtMs: number | null;
  /** Hex of `digestPayload`. */
  readonly payloadDigest: string | null;
  readonly vector: Float32Array | null;
};

/** Where only an unsorted few are known: the kind that all of them are of. Null without any. */
export function idKindOf(ids: readonly string[]): IdKind | null {
  if (ids.length === 0) return null;
  if (ids.every((id) => /^-?\d{1,20}$/.test(id))) return "integer";
  return ids.every((id) => uuid.test(id)) ? "uuid" : "text";
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
