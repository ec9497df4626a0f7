// Makes the table or collection that chunks are copied into, where there is none.
import type { FieldShape, VectorMetric, VectorPrecision } from "./chunk-store.ts";

/** Of the vectors' graph; what is left out the store decides. */
export type IndexParameters = {
  readonly kind: "hnsw" | "none";
  readonly m?: number | undefined;
  readonly efConstruction?: number | undefined;
};

/** Everything that a new place has to be. */
export type PlaceShape = {
  readonly dimension: number;
  readonly metric: VectorMetric;
  readonly precision: VectorPrecision;
  /** The agreed fields by their logical names. */
  readonly fields: Readonly<Record<string, FieldShape>>;
  /** Of these, those that requests filter by. */
  readonly filterable: readonly string[];
  readonly index: IndexParameters;
};

/** Rejects with a RetrieverError. */
export interface PlaceMaker {
  /** What `make` does, in a sentence. Throws RETR_COPY_REFUSED for what the store can't be. */
  describe(shape: PlaceShape): string;
  /** Rejects where something of the name is there, and leaves it as it is. */
  make(shape: PlaceShape, signal: AbortSignal): Promise<void>;
  /**
   * Makes the indexes that a place of `make` still lacks, and waits until that of the vectors serves. What is there stays,
   * as does a place that somebody else made. Resolves with what was done, in a sentence.
   */
  finish(shape: PlaceShape, signal: AbortSignal): Promise<string>;
  close(): Promise<void>;
}
