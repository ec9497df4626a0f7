// What a status keeps of the Jobs it asked for: comparisons of the two stores, and smoke tests.
import { verifyLevels } from "@retriever/stores/ports/chunk-store.ts";
import { z } from "zod";

const instant = z.string().max(40);
const count = z.int().min(0);
const reason = z
  .string()
  .max(128)
  .regex(/^[A-Za-z][A-Za-z0-9]*$/);
const sentence = z.string().max(1024);
const objectName = z.string().max(253);

/** What a comparison is for: before the start, before the cutover, after a late rollback. */
export const verificationPurposes = ["Preflight", "Cutover", "Rollback"] as const;
export type VerificationPurpose = (typeof verificationPurposes)[number];

/** Ids that a result shows; the report holds all that are known. */
export const mostShownIds = 20;

const countsSchema = z.strictObject({
  missing: count,
  extra: count,
  stale: count,
  payload: count,
  vector: count,
  /** Explained by the lag between the stores: no differences. */
  lagging: count,
});

const verificationResultSchema = z.strictObject({
  /** Compared: what was found is evidence. Unknown: nothing can be said. */
  outcome: z.enum(["Compared", "Unknown"]),
  reason,
  message: sentence,
  /** When the operator took note of it. */
  at: instant,
  level: z.enum(verifyLevels).optional(),
  counts: countsSchema.optional(),
  /** Chunks read at each store. */
  read: z.strictObject({ source: count, destination: count }).optional(),
  newestDifferenceAt: instant.optional(),
  ids: z.array(z.string().max(512)).max(mostShownIds).optional(),
  /** ConfigMap that keeps the report. */
  report: objectName.optional(),
});
export type VerificationResult = z.infer<typeof verificationResultSchema>;

const verificationRunSchema = z.strictObject({
  purpose: z.enum(verificationPurposes),
  number: z.int().min(1),
  job: objectName,
  /** Only what was written since then is compared; everything when absent. */
  since: instant.optional(),
  askedAt: instant,
  result: verificationResultSchema.optional(),
});
export type VerificationRun = z.infer<typeof verificationRunSchema>;

export const verificationStatusSchema = z.strictObject({
  /** When the last comparison that found nothing above the tolerance was asked for. */
  equalSince: instant.optional(),
  runs: z.array(verificationRunSchema).max(6),
});
export type VerificationStatus = z.infer<typeof verificationStatusSchema>;

export const smokeTestStatusSchema = z.strictObject({
  cronJob: objectName,
  number: z.int().min(1),
  job: objectName,
  askedAt: instant,
  result: z.strictObject({ passed: z.boolean(), message: sentence, at: instant }).optional(),
});
export type SmokeTestStatus = z.infer<typeof smokeTestStatusSchema>;
