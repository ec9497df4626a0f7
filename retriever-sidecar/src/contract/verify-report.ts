// The result of `verify`: the report that people review and repair from, and its summary for a Job's termination message.
import { hash } from "node:crypto";
import { momentPrecisions, verifyLevels } from "@retriever/stores/ports/chunk-store.ts";
import { z } from "zod";
import { identitySchema } from "./status.ts";

/**
 * Kinds of difference, seen from the source. missing: the destination lacks the chunk. extra: only the destination
 * has it. stale: `updated_at` differs. payload, vector: the same chunk with other fields or another vector.
 */
export const differenceKinds = ["missing", "extra", "stale", "payload", "vector"] as const;
export type DifferenceKind = (typeof differenceKinds)[number];

/** Most differences a report lists; beyond them it counts. */
export const mostDifferences = 50_000;
/** Characters of a chunk id that a report can name. */
export const mostIdLength = 2048;
/** Ids that a store holds more than once which a report lists; beyond them it counts. */
export const mostDoubled = 1000;
export const mostRemarks = 20;
export const mostRemark = 500;
/** Ids in the short form: a Job's termination message holds 4 KiB. */
export const mostSummaryIds = 20;

const count = z.int().min(0);
const instant = z.string().max(40);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hex digits");
const chunkId = z.string().min(1).max(mostIdLength);

const countsSchema = z.strictObject({
  missing: count,
  extra: count,
  stale: count,
  payload: count,
  vector: count,
  /** Differed at the first look-up only, or written within the lag: no difference. */
  lagging: count,
});
export type DifferenceCounts = z.infer<typeof countsSchema>;

const differenceSchema = z.strictObject({
  id: chunkId,
  kind: z.enum(differenceKinds),
  /** Null where the store doesn't report it. */
  namespace: z.string().max(253).nullable(),
  /** `updated_at` of the chunk in each store; null where it is absent or has none. */
  sourceUpdatedAt: instant.nullable(),
  destinationUpdatedAt: instant.nullable(),
  /**
   * Digests of everything that each store held of the chunk, absent where it held none or it wasn't read: a repair
   * leaves a chunk that isn't the same any more.
   */
  sourceVersion: z.string().max(64).optional(),
  destinationVersion: z.string().max(64).optional(),
});
export type Difference = z.infer<typeof differenceSchema>;

const verifiedStoreSchema = z.strictObject({
  identity: identitySchema,
  dimension: z.int().nullable(),
  metric: z.enum(["cosine", "dot", "l2"]).nullable(),
  /** Width of the stored vectors. */
  precision: z.enum(["float32", "half", "int8", "binary"]).nullable(),
  /** Chunks read in this run. */
  read: count,
  newestUpdatedAt: instant.nullable(),
  /** Chunk ids that the store holds more than once; absent for none. */
  doubled: z.strictObject({ count, ids: z.array(z.string().max(mostIdLength)).max(mostDoubled) }).optional(),
  /** What else a person has to know of the store, such as triggers that rewrite; absent for nothing. */
  remarks: z.array(z.string().max(mostRemark)).max(mostRemarks).optional(),
});

/** A share with its 95 % interval, and the queries it rests on. */
const recallSchema = z.strictObject({
  value: z.number().min(0).max(1),
  interval: z.array(z.number()).length(2),
  queries: count,
});

const qualitySchema = z.strictObject({
  k: z.int().min(1),
  /** recall@k of each store's index against its own exact search. */
  source: recallSchema.nullable(),
  destination: recallSchema.nullable(),
});

const scopeSchema = z.strictObject({
  level: z.enum(verifyLevels),
  /** Only chunks written since then; null: all. */
  since: instant.nullable(),
  partition: z.strictObject({ index: z.int().min(0), count: z.int().min(1) }),
  /** Share of the ids that was compared, 0..1. */
  sample: z.number().gt(0).max(1),
  lagSeconds: z.number().min(0),
});

/** unknown: the run proves neither, whatever it found until it stopped. */
const verifyOutcomes = ["equal", "drift", "unknown"] as const;

export const verifyReportSchema = z.strictObject({
  schema: z.literal(1),
  /** Of the sidecar that wrote it. */
  version: z.string().max(64),
  outcome: z.enum(verifyOutcomes),
  /** Why nothing can be said (code and sentence); null otherwise. */
  reason: z.string().max(2000).nullable(),
  startedAt: instant,
  finishedAt: instant,
  scope: scopeSchema,
  source: verifiedStoreSchema,
  destination: verifiedStoreSchema,
  /** How finely `updated_at` was compared; absent where it wasn't, and in older reports for the millisecond. */
  momentPrecision: z.enum(momentPrecisions).optional(),
  counts: countsSchema,
  /** The busiest namespaces; the rest under "(other)". */
  namespaces: z.array(z.strictObject({ namespace: z.string().max(253), counts: countsSchema })).max(101),
  /** The newest `updated_at` among the differences. */
  newestDifferenceAt: instant.nullable(),
  /** False when more differ than `differences` lists. */
  isListComplete: z.boolean(),
  differences: z.array(differenceSchema).max(mostDifferences),
  quality: qualitySchema.nullable(),
  /** `digestOfReport`: a repair refuses a report that was edited. */
  digest: sha256,
});
export type VerifyReport = z.infer<typeof verifyReportSchema>;

/** The short form: fits into a Job's termination message. */
export const verifySummarySchema = z.strictObject({
  schema: z.literal(1),
  outcome: z.enum(verifyOutcomes),
  reason: z.string().max(500).nullable(),
  startedAt: instant,
  finishedAt: instant,
  scope: scopeSchema,
  /** Digests of the stores' identities. */
  source: z.string().max(32),
  destination: z.string().max(32),
  read: z.strictObject({ source: count, destination: count }),
  counts: countsSchema,
  newestDifferenceAt: instant.nullable(),
  /** Some ids that differ. */
  ids: z.array(chunkId).max(mostSummaryIds),
  /** Digest of the report. */
  digest: sha256,
});
export type VerifySummary = z.infer<typeof verifySummarySchema>;

/** SHA-256 of a report without its digest: its canonical text is the parsed document's JSON. */
export function digestOfReport(report: Omit<VerifyReport, "digest">): string {
  const parsed = verifyReportSchema.parse({ ...report, digest: "0".repeat(64) });
  return hash("sha256", JSON.stringify({ ...parsed, digest: "" }));
}

/** Differences that count as drift: all but those the lag explains. */
export function driftOf(counts: DifferenceCounts): number {
  return differenceKinds.reduce((sum, kind) => sum + counts[kind], 0);
}
