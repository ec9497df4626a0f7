// The API group, and the spec of a MigrationAct.

import { doc } from "@retriever/stores/config/field-doc.ts";
import { z } from "zod";
import { nonEmpty } from "#fields/field-types.ts";

export const apiGroup = "retriever.dev";
export const apiVersion = "v1alpha1";

export const acts = [
  "Approve",
  "Deny",
  "Waive",
  "Pause",
  "Resume",
  "Promote",
  "Retry",
  "CompleteGuard",
  "WritersMoved",
  "Abort",
  "Rollback",
  "Postmortem",
  "RepairDrift",
] as const;
/** Nobody lets something pass that was not proved without saying why. */
export const actsWithReason: readonly Act[] = ["Deny", "Waive", "CompleteGuard"];
/** What is said in a role, of one plan. */
export const actsInRole: readonly Act[] = ["Approve", "Deny"];
export type Act = (typeof acts)[number];
/** What stands for itself: nothing keeps it from being read, and a migration's name is enough. */
export const latchingActs = ["Abort", "Rollback"] as const satisfies readonly Act[];

/** Label of an act (and of a Job): the UID of its migration. Abort and Rollback may lack it. */
export const migrationUidLabel = "retriever.dev/migration-uid";

/** How long a Promote may wait for the gates, from its creation. */
export const promoteWait = { defaultHours: 4, mostHours: 24 } as const;

const exampleDigest = "5f2b8c1e9d3a4f6071829384a5b6c7d8e9f00112233445566778899aabbccdde";
const exampleUid = "6f1d4c1e-0000-4000-8000-000000000000";

const migrationRefSchema = z.strictObject({
  name: nonEmpty(253).meta(doc("Name of the migration, in the act's namespace.", "docs-to-qdrant", "")),
  uid: nonEmpty(64)
    .optional()
    .meta(
      doc(
        "UID of the migration. An Abort or Rollback without it is for the migration that has the name when it is created.",
        exampleUid,
      ),
    ),
});

export const migrationActSpecSchema = z
  .strictObject({
    migration: migrationRefSchema.describe(
      "The migration, by name and UID: an act never reaches a later one of the same name.",
    ),
    act: z
      .enum(acts)
      .meta(
        doc(
          "Approve, Deny (holds the gate until whoever denied approves), Waive (one check that is Unknown), Pause, Resume, Promote (cut over), Retry (cut over again after a cutover that was taken back for want of pods or requests), CompleteGuard (end a guard that is too thin to judge), WritersMoved (the application writes to the destination now), Abort and Rollback (both latch), Postmortem (after a rollback), RepairDrift (after a late rollback: bring the source what the named report lists).",
          "Rollback",
          "Cutover",
        ),
      ),
    role: nonEmpty(63)
      .optional()
      .meta(doc("Role in which it is done; an Approve and a Deny need one.", "sre-on-call", "")),
    check: nonEmpty(63)
      .optional()
      .meta(
        doc("The check that a Waive is about.", "alerts", "", {
          "spec.act": "Waive",
          "spec.migration.uid": exampleUid,
          "spec.reason": "watched by hand",
        }),
      ),
    planHash: z
      .string()
      .max(64)
      .optional()
      .meta(
        doc(
          "The plan it was decided on; another plan makes it void. An Approve and a Deny need it.",
          "0123456789abcdef",
          "x".repeat(65),
        ),
      ),
    expires: z.iso
      .datetime()
      .max(40)
      .optional()
      .meta(doc("After this instant it has no effect.", "2030-01-01T12:00:00Z", "tomorrow")),
    waitForGates: z
      .boolean()
      .optional()
      .meta(
        doc(
          "A Promote acts at once or is refused. With true it waits until `expires` (4h after its creation when left out, at most 24h) for what still blocks the cutover; without the evidence that it was given on it is void.",
          true,
          "yes",
          { "spec.act": "Promote", "spec.migration.uid": exampleUid },
        ),
      ),
    digest: z
      .string()
      .max(64)
      .regex(/^[0-9a-f]{64}$/, "expected 64 hex digits")
      .optional()
      .meta(
        doc(
          "Digest of the report that a RepairDrift is about, as status.verification shows it: nothing else is repaired.",
          exampleDigest,
          "newest",
          { "spec.act": "RepairDrift", "spec.migration.uid": exampleUid },
        ),
      ),
    /** An admission policy proves it. */
    actor: nonEmpty(253).meta(doc("The requesting user.", "user-a", "")),
    reason: z
      .string()
      .max(1024)
      .default("")
      .meta(
        doc(
          "Why, for whoever reads the history. A Deny, a Waive and a CompleteGuard need it.",
          "evidence read, on call agrees",
          ["evidence"],
        ),
      ),
    text: z
      .string()
      .max(8192)
      .optional()
      .meta(
        doc("The postmortem: root cause, metrics, remediation.", "root cause: the index was built without its filter"),
      ),
  })
  .describe("Immutable. What is wrong is not corrected: another act follows.");
export type MigrationActSpec = z.infer<typeof migrationActSpecSchema>;
