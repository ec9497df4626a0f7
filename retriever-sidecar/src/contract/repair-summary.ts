// What a repair that a person agreed to says at its end, in a Job's termination message, and the digest that it was agreed to by.
import { hash } from "node:crypto";
import { z } from "zod";
import { storeNameSchema } from "./overlay.ts";

const count = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hex digits");

export const repairSummarySchema = z.strictObject({
  schema: z.literal(1),
  /** Of the reports that were repaired from: `digestOfReports`. */
  digest: sha256,
  /** Digests of the stores' identities. */
  source: z.string().max(32),
  destination: z.string().max(32),
  /** The store that was written to. */
  to: storeNameSchema,
  /** Chunks that the reports name. */
  named: count,
  written: count,
  removed: count,
  /** Those of them that the last comparison found not to be brought over: they differ, and aren't newer where they were to go. */
  open: count,
});
export type RepairSummary = z.infer<typeof repairSummarySchema>;

/** The digest of a report is its own, that of several the SHA-256 of theirs, in the order of the partitions. */
export function digestOfReports(digests: readonly string[]): string {
  const [only, ...others] = digests;
  return only !== undefined && others.length === 0 ? only : hash("sha256", digests.join("\n"));
}
