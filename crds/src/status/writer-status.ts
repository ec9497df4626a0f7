// What a status keeps of the copy and the sync that it asked for.
import { doc } from "@retriever/stores/config/field-doc.ts";
import { z } from "zod";
import { instant, shortName } from "#fields/field-types.ts";

const exampleDigest = "5f2b8c1e9d3a4f6071829384a5b6c7d8e9f00112233445566778899aabbccdde";

const runSchema = z.strictObject({
  number: z.int().min(1).meta(doc("How many were asked for until then.", 1)),
  job: shortName.meta(doc("The Job.", "docs-to-qdrant-copy-1-6f1d4c")),
  planHash: z
    .string()
    .max(64)
    .meta(doc("The approved plan that it is part of; no other plan keeps it running.", "0123456789abcdef")),
  askedAt: instant.describe("When it was asked for."),
  failures: z
    .int()
    .min(0)
    .max(1000)
    .optional()
    .meta(doc("How many of this plan failed in a row; each doubles the time to the next.", 1)),
  stoppedAt: instant.optional().describe("Since when it is to end: its Job is deleted."),
  absentSince: instant.optional().describe("Since when its Job is to run and isn't there."),
  result: z
    .strictObject({
      outcome: z
        .enum(["Completed", "Failed", "NotStarted", "Stopped"])
        .meta(
          doc(
            "Completed: of a copy whose own comparison found both stores equal, or of a repair that left nothing open. NotStarted: its Job could not be made. Stopped: nobody wanted it any more.",
            "Completed",
            "Equal",
          ),
        ),
      message: z
        .string()
        .max(1024)
        .describe("What came of it, as a sentence.")
        .meta({ examples: ["Job docs-to-qdrant-copy-1-6f1d4c completed"] }),
      at: instant.describe("When the operator took note of it."),
    })
    .optional(),
});

const repairSchema = runSchema.extend({
  digest: z
    .string()
    .max(64)
    .regex(/^[0-9a-f]{64}$/)
    .meta(doc("The report that it brings to the source.", exampleDigest, "newest")),
  actor: shortName.meta(doc("Who asked for it.", "user-b")),
});

const lateSchema = z.strictObject({
  since: instant.describe("Since when it isn't; later by as long as short breaks lasted."),
  endedAt: instant.optional().describe("Since when it is: within a quarter of an hour it would go on as it was."),
  toldAt: instant.optional().describe("When somebody was told last."),
});

/** Fields of a status. */
export const writerStatuses = {
  copy: runSchema.optional().describe("The newest copy from source to destination."),
  sync: runSchema.optional().describe("The newest run of the sync from source to destination."),
  repair: repairSchema
    .optional()
    .describe("The newest repair after a late rollback, from destination to source, of a report that a person named."),
  syncLate: lateSchema
    .optional()
    .describe("There while a sync was begun and the destination isn't known to be in step."),
};
/** A Job that writes to a store. */
export type WriterRun = z.infer<typeof runSchema>;
export type RepairRun = z.infer<typeof repairSchema>;
