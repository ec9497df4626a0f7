// What is asked of a store, and one chunk of its answer.

type FilterValue = string | number | boolean;

export type Query = {
  /** 1..1000 */
  readonly k: number;
  readonly namespace?: string | undefined;
  /** Exact matches, all of them to hold. */
  readonly filters?: Readonly<Record<string, FilterValue>> | undefined;
};

export type Candidate = {
  readonly chunkId: string;
  readonly entityId: string;
  /** Normalised to the configured range, higher is nearer. */
  readonly similarity: number;
  /** ISO 8601; null when the row has none. */
  readonly updatedAt: string | null;
};
