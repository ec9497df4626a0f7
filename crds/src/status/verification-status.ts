// What a status keeps of the Jobs it asked for: comparisons of the two stores, and smoke tests.

import { doc } from "@retriever/stores/config/field-doc.ts";
import { verifyLevels } from "@retriever/stores/ports/chunk-store.ts";
import { z } from "zod";
import { instant, reasonWord, shortName } from "#fields/field-types.ts";

const count = z.int().min(0);
const askedAt = instant.describe("When it was asked for.");
const sentence = z.string().max(1024).describe("What came of it, as a sentence.");
const notedAt = instant.describe("When the operator took note of it.");

/** What a comparison is for: before the start, before the cutover, after a late rollback. */
export const verificationPurposes = ["Preflight", "Cutover", "Rollback"] as const;
export type VerificationPurpose = (typeof verificationPurposes)[number];

/** Ids that a result shows; the report holds all that are known. */
export const mostShownIds = 20;

const countsSchema = z.strictObject({
  missing: count.meta(doc("Chunks that the destination lacks.", 0)),
  extra: count.meta(doc("Chunks that only the destination has.", 2)),
  stale: count.meta(doc("Chunks whose updated_at differs.", 0)),
  payload: count.meta(doc("Chunks with other fields.", 0)),
  vector: count.meta(doc("Chunks with another vector.", 0)),
  lagging: count.meta(doc("Chunks that the lag between the stores explains: no differences.", 3)),
});

const verificationResultSchema = z.strictObject({
  outcome: z
    .enum(["Compared", "Unknown"])
    .meta(doc("Compared: the counts are evidence. Unknown: nothing can be said.", "Compared", "Equal")),
  reason: reasonWord.meta(doc("Why, as one word.", "Drift")),
  message: sentence.meta({ examples: ["2 differences: 2 extra; 3 more are within the lag"] }),
  at: notedAt,
  level: z
    .enum(verifyLevels)
    .optional()
    .meta(doc("What was compared.", "fresh", "text")),
  counts: countsSchema.optional(),
  read: z
    .strictObject({
      source: count.meta(doc("Chunks read at the source.", 48_000)),
      destination: count.meta(doc("Chunks read at the destination.", 48_002)),
    })
    .optional(),
  newestDifferenceAt: instant.optional().describe("Newest updated_at among the differences."),
  ids: z
    .array(z.string().max(512))
    .max(mostShownIds)
    .optional()
    .meta(doc("Some chunks that differ; at most 20.", ["doc-17#3", "doc-17#4"])),
  report: shortName
    .optional()
    .meta(doc("ConfigMap that keeps the report; absent when it could not be fetched.", "docs-to-qdrant-drift")),
  digest: z
    .string()
    .max(64)
    .regex(/^[0-9a-f]{64}$/)
    .optional()
    .meta(
      doc(
        "Digest of the kept report: what a RepairDrift names. Of several partitions the SHA-256 of theirs. Absent where it isn't kept whole.",
        "5f2b8c1e9d3a4f6071829384a5b6c7d8e9f00112233445566778899aabbccdde",
        "newest",
      ),
    ),
});
export type VerificationResult = z.infer<typeof verificationResultSchema>;

const verificationRunSchema = z.strictObject({
  purpose: z.enum(verificationPurposes).meta(doc("What it is for.", "Rollback", "Nightly")),
  number: z.int().min(1).meta(doc("How many comparisons were asked for until then.", 3)),
  job: shortName.meta(doc("Job that compares.", "docs-to-qdrant-verify-rollback-3-6f1d4c")),
  since: instant.optional().describe("Only what was written since then is compared; everything when absent."),
  askedAt,
  result: verificationResultSchema.optional(),
});
export type VerificationRun = z.infer<typeof verificationRunSchema>;

export const verificationStatusSchema = z
  .strictObject({
    equalSince: instant
      .optional()
      .describe("When the last comparison that found nothing above the tolerance was asked for."),
    runs: z
      .array(verificationRunSchema)
      .max(6)
      .describe("The comparison under way, and the newest result of each purpose."),
  })
  .describe("Comparisons of the two stores.");

export const smokeTestStatusSchema = z.strictObject({
  cronJob: shortName.meta(doc("Suspended CronJob it was made from.", "search-api-smoke")),
  number: z.int().min(1).meta(doc("How often it was asked for.", 1)),
  job: shortName.meta(doc("Job that tests.", "docs-to-qdrant-smoke-1-1-6f1d4c")),
  askedAt,
  result: z
    .strictObject({
      passed: z.boolean().meta(doc("Whether the Job completed.", true)),
      message: sentence.meta({ examples: ["the Job completed"] }),
      at: notedAt,
    })
    .optional(),
});
export type SmokeTestStatus = z.infer<typeof smokeTestStatusSchema>;
