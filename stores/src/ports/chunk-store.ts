// A store as verification and repair use it: scanned as a whole, searched by chunk id, described, and written.
import type { StoreIdentity } from "#config/identity.ts";

/** What is compared; each level holds those before it. */
export const verifyLevels = ["ids", "fresh", "payload", "vector"] as const;
export type VerifyLevel = (typeof verifyLevels)[number];

/**
 * Fields that both stores are to hold alike, by their names in either (columns, payload keys). `entity_id` and the
 * namespace are compared always and aren't listed.
 */
export type AgreedFields = readonly string[];

/** How finely moments are held, from coarse to fine. */
export const momentPrecisions = [
  "day",
  "second",
  "decisecond",
  "centisecond",
  "millisecond",
  "100 microseconds",
  "10 microseconds",
  "microsecond",
] as const;
export type MomentPrecision = (typeof momentPrecisions)[number];

/**
 * What a store knows of a field, or both together. text: a column of text, in which no text means another one; number: of
 * `numeric` or JSON, or an index of integers, to which `12.0` is 12; float32: of `real`; float64: of `double precision`;
 * a precision: a column of moments, or an index of them; uuid: an index that knows no case; reread: like exact, where one
 * of both reads its decimals to within a double's last step each time; reread number and float64: likewise.
 */
export type FieldKind =
  | "exact"
  | "text"
  | "number"
  | "float32"
  | "float64"
  | "uuid"
  | "reread"
  | "reread number"
  | "reread float64"
  | MomentPrecision;

/** Kind of a field's values. json: anything. */
export type FieldShape = "text" | "texts" | "integer" | "float" | "decimal" | "boolean" | "moment" | "uuid" | "json";

export type ScanOptions = {
  readonly level: VerifyLevel;
  /** ms since 1970: only chunks written since then, and those without `updated_at`. Null: all. */
  readonly sinceMs: number | null;
  /** `cursor` of the last batch that was processed; null: from the beginning. */
  readonly after: string | null;
  /** A bound of `ChunkStore.bounds` that the scan ends at; absent: at the store's end. */
  readonly until?: string | null;
  /** Chunks a batch, at most. */
  readonly pageSize: number;
  /** Asks for the next batch while one is being processed: for who reads without pauses. Default false. */
  readonly readsAhead?: boolean;
};

export type VectorMetric = "cosine" | "dot" | "l2";
export type VectorPrecision = "float32" | "half" | "int8" | "binary";
/** Form of the ids. text: anything; the others where the column, or each of a few ids, is of that kind. */
export type IdKind = "text" | "integer" | "uuid";

/** Everything known of a store without reading it through. Null: not known. */
export type StoreDescription = {
  /** Who the store is by its own name, where it tells: it may be configured by an alias. */
  readonly own?: StoreIdentity;
  readonly dimension: number | null;
  /** Null: unknown, or none of these. */
  readonly metric: VectorMetric | null;
  /** The store's own name of its metric, for messages. */
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
  /** Chunks without a vector, which no search finds; absent: not known, or not cheaply. */
  readonly vectorless?: number | undefined;
  /** Whether an index serves look-ups by id; without one each batch of them may read the whole store. */
  readonly isLookUpCheap: boolean;
  /** What the store knows of the agreed fields, in their order; absent: nothing. */
  readonly fieldKinds?: readonly FieldKind[];
  /** Whether it shows a decimal to within a double's last step of what it was given, and perhaps another one later. */
  readonly rereadsDecimals?: boolean;
  /** Whether scans tell of ids that are held more than once (`doubledIds`). */
  readonly seesDoubles?: boolean;
  /** Kinds of the agreed fields' values, likewise, where the store declares them. */
  readonly fieldShapes?: readonly (FieldShape | null)[];
  /** How finely it can hold `updated_at`, by what it declares; absent: to the microsecond, or not known. */
  readonly momentPrecision?: MomentPrecision | undefined;
  /** False: the store doesn't say when a chunk was written. */
  readonly isDated?: boolean;
  /** What a person has to know of the store beside its differences, as sentences. */
  readonly remarks?: readonly string[];
};

/**
 * In the place of a moment's ms, beyond what Postgres and any calendar hold: a value that can't be read as a moment, which
 * is neither none nor equal to anything, and Postgres's infinities.
 */
export const oddMoments = { unreadable: -3e16, past: -2e16, future: 2e16 } as const;

/** One chunk as a look-up finds it; what the level doesn't ask for is null. */
export type FoundChunk = {
  readonly id: string;
  readonly namespace: string | null;
  /** Or one of `oddMoments`; null: the chunk has none. */
  readonly updatedAtMs: number | null;
  /** Hex of `digestPayload`. */
  readonly payloadDigest: string | null;
  readonly vector: Float32Array | null;
};

type CoarseMoments = { readonly milliseconds: number; readonly seconds: number; readonly days: number };

/** Consecutive chunks by columns: no object per chunk. Valid until the next batch is asked for. */
export type ChunkBatch = {
  readonly count: number;
  /** UTF-8 of the ids, one after the other. */
  readonly idBytes: Uint8Array;
  /** The id at `i` ends before `idEnds[i]`, and begins where the one before it ends. */
  readonly idEnds: Uint32Array;
  /** ms since 1970, microseconds as their fraction, or one of `oddMoments`, NaN for a chunk without; at level `ids` all NaN. */
  readonly updatedAtMs: Float64Array;
  /** Two words a chunk (`digestPayload`), from level `payload` on; null below. */
  readonly payloadDigests: Int32Array | null;
  /** `dimension` numbers a chunk, at level `vector`; null below. A chunk without a vector has NaN. */
  readonly vectors: Float32Array | null;
  readonly dimension: number;
  /** Where a scan goes on that is resumed after this batch. */
  readonly cursor: string;
  /** Rows whose moment the store holds no finer than so: by their column's type, or as their text is written. */
  readonly coarseMoments?: CoarseMoments;
  /** How long the store took to give it, ms. */
  readonly storeMs: number;
  /** Ids that the batch holds more than once, where the store's order makes them neighbours. */
  readonly doubledIds?: readonly string[];
};

/** What both stores together know of the agreed fields. */
export type Agreement = { readonly kinds: readonly FieldKind[] };

/**
 * Of a store, ms since 1970: what its own clock says, and until when what was committed is seen there. A standby sees what
 * it has replayed; elsewhere both are the same.
 */
export type StoreClock = { readonly nowMs: number; readonly seenMs: number };

/** Reads one store. Every method rejects with a RetrieverError, and ends at the signal. */
export interface ChunkStore {
  readonly identity: StoreIdentity;
  describe(signal: AbortSignal): Promise<StoreDescription>;
  /** Absent: it has none that it tells. */
  clock?(signal: AbortSignal): Promise<StoreClock>;
  /** Digests payloads by what both stores know from now on, in scans and look-ups. */
  agreeOn?(agreement: Agreement): void;
  /** Every chunk once, in the store's own order. A chunk id that a store holds twice comes twice. */
  scan(options: ScanOptions, signal: AbortSignal): AsyncIterable<ChunkBatch>;
  /**
   * Cursors that divide the store into `parts` of about as many chunks, in its order: `parts - 1`, or fewer where it has too
   * few chunks. Scans from each to the next read every chunk; whole ones read each once. Absent: it can't be divided.
   */
  bounds?(parts: number, signal: AbortSignal): Promise<readonly string[]>;
  /** Chunks with these ids (at most `mostLookedUp`), in any order; missing ones are left out, double ones come twice. */
  lookUp(ids: readonly string[], level: VerifyLevel, signal: AbortSignal): Promise<readonly FoundChunk[]>;
  close(): Promise<void>;
}

/** What one store can give another of a chunk. A value that is undefined isn't spoken of: nothing is known of it. */
export type WholeChunk = {
  readonly id: string;
  /** JSON values as a search would name them: 7 isn't "7" in a payload; null: the store says that there is none. */
  readonly entityId: unknown;
  readonly namespace: unknown;
  /** ISO 8601. */
  readonly updatedAt: string | null | undefined;
  /** The agreed fields, likewise; a field that isn't spoken of is left out. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Names of the fields whose numbers are of a column, which knows no spelling: 12.00 means 12, and so does 1.2e1. */
  readonly decimals?: readonly string[];
  /** By the names of the fields whose texts are moments, however they are written: how finely they are held. */
  readonly moments?: Readonly<Record<string, MomentPrecision>>;
  /** Names of the fields whose texts are nothing but text. */
  readonly texts?: readonly string[];
  /** Null: not spoken of. */
  readonly vector: Float32Array | null;
  /** The same in JSON, where a scan was asked for that: printing numbers anew costs more than all else. */
  readonly vectorJson?: string | undefined;
  /** Whether its `updated_at` holds something that can't be read as a moment; `updatedAt` is undefined then. */
  readonly hasUnreadableMoment?: boolean;
};

/** A chunk as a store holds it now. */
export type StoredChunk = WholeChunk & {
  /** Digest of everything the store holds of it, beyond the agreed fields as well: another one means that it was written since. */
  readonly version: string;
};

/** `over`: version of the chunk that is replaced; null: a chunk that the store doesn't have. */
export type ChunkWrite = { readonly chunk: WholeChunk; readonly over: string | null };
export type ChunkRemoval = Pick<StoredChunk, "id" | "version">;

/** A chunk that was left as it is. changed: what the store holds isn't what was to go. refused: it can't be taken, `reason` says why. */
export type LeftChunk =
  | { readonly id: string; readonly why: "changed" }
  | { readonly id: string; readonly why: "refused"; readonly reason: string };

/** How a scan gives vectors; `json` where the store has them as JSON anyway. */
export type WholeScanOptions = Pick<ScanOptions, "after" | "until" | "pageSize"> & {
  readonly vectors?: VectorForm | undefined;
};
type VectorForm = "floats" | "json";

/** Consecutive whole chunks. */
export type WholeBatch = Pick<ChunkBatch, "count" | "cursor" | "storeMs"> & { readonly chunks: readonly WholeChunk[] };

/** copy, fill: all chunks of one are written to the other. */
export type StoreUse = "read" | "write" | "copy" | "fill";

/** Writes one store, and reads what is to be written to another. Rejects with a RetrieverError. */
export interface ChunkWriter {
  readonly identity: StoreIdentity;
  /** In which form it takes vectors with the least work; default floats. */
  readonly vectors?: VectorForm;
  /** True: the statement that adds finds a chunk by its id, so that `load` needs no look-up before. Default false. */
  readonly addsById?: boolean;
  /** Every chunk once and whole, in the order of the store's `ChunkStore.scan`; either takes the other's cursors. */
  scan(options: WholeScanOptions, signal: AbortSignal): AsyncIterable<WholeBatch>;
  /**
   * Warnings for a person who is about to write, as sentences. Rejects with RETR_REPAIR_REFUSED for a store that hides
   * chunks from this credential, and with RETR_REPAIR_WRITE_REFUSED for one that is to be written and takes nothing. What is
   * to be copied is refused with RETR_VERIFY_DUPLICATE_IDS for ids that it holds twice, as far as that is quickly seen, and
   * what is to be filled for taking no new chunks.
   */
  inspect(use: StoreUse, signal: AbortSignal): Promise<readonly string[]>;
  /** Chunks by id (at most `mostLookedUp`), in any order; missing ones are left out, double ones come twice. */
  fetch(ids: readonly string[], signal: AbortSignal): Promise<readonly StoredChunk[]>;
  /** Those of the writes that the store would refuse, as far as it can be known without writing. */
  check(writes: readonly ChunkWrite[], signal: AbortSignal): Promise<readonly LeftChunk[]>;
  /**
   * Writes each chunk, each id at most once. The store decides in the statement that writes whether what it holds is
   * still what is to be replaced; what a chunk doesn't speak of stays. Resolves with those that weren't written.
   */
  write(writes: readonly ChunkWrite[], signal: AbortSignal): Promise<readonly LeftChunk[]>;
  /**
   * Writes chunks that the store lacks, each id at most once, as fast as it takes them. What it holds by then stays: the store decides
   * that in the statement that writes, and need not say so. Resolves with those that it refuses.
   */
  load(chunks: readonly WholeChunk[], signal: AbortSignal): Promise<readonly LeftChunk[]>;
  /** Removes chunks as `write` replaces them. One that isn't there any more is changed. */
  remove(removals: readonly ChunkRemoval[], signal: AbortSignal): Promise<readonly LeftChunk[]>;
  close(): Promise<void>;
}

/** Most ids of one look-up, fetch or removal. */
export const mostLookedUp = 1000;

export type ChunkAccess = {
  readonly identity: StoreIdentity;
  readonly fields: AgreedFields;
  /** Batches that a writer works on at the same time, at most; default 1. */
  readonly atOnce?: number;
};
