// The API group, and the spec of a MigrationAct.

import { doc } from "@retriever/stores/config/field-doc.ts";
import { z } from "zod";
import { nonEmpty } from "#fields/field-types.ts";

export const apiGroup = "retriever.dev";
export const apiVersion = "v1alpha1";

export const acts = [
  "Approve",
  "Waive",
  "Pause",
  "Resume",
  "Promote",
  "Retry",
  "CompleteGuard",
  "Abort",
  "Rollback",
  "Postmortem",
] as const;
/** Nobody lets something pass that was not proved without saying why. */
export const actsWithReason: readonly Act[] = ["Waive", "CompleteGuard"];
export type Act = (typeof acts)[number];

const migrationRefSchema = z.strictObject({
  name: nonEmpty(253).meta(doc("Name of the migration, in the act's namespace.", "docs-to-qdrant", "")),
  uid: nonEmpty(64).meta(doc("UID of the migration.", "6f1d4c1e-0000-4000-8000-000000000000")),
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
          "Approve, Waive (one check that is Unknown), Pause, Resume, Promote (cut over), Retry (cut over again after a cutover that was taken back for want of pods or requests), CompleteGuard (end a guard that is too thin to judge), Abort and Rollback (both latch), Postmortem (after a rollback).",
          "Promote",
          "Cutover",
        ),
      ),
    role: nonEmpty(63)
      .optional()
      .meta(doc("Role in which it is done; an Approve needs one.", "sre-on-call", "")),
    check: nonEmpty(63)
      .optional()
      .meta(
        doc("The check that a Waive is about.", "alerts", "", {
          "spec.act": "Waive",
          "spec.reason": "watched by hand",
        }),
      ),
    planHash: z
      .string()
      .max(64)
      .optional()
      .meta(
        doc(
          "The plan it was decided on; another plan makes it void. An Approve needs it.",
          "0123456789abcdef",
          "x".repeat(65),
        ),
      ),
    expires: z.iso
      .datetime()
      .max(40)
      .optional()
      .meta(doc("After this instant it has no effect.", "2030-01-01T12:00:00Z", "tomorrow")),
    /** An admission policy proves it. */
    actor: nonEmpty(253).meta(doc("The requesting user.", "user-a", "")),
    reason: z
      .string()
      .max(1024)
      .default("")
      .meta(
        doc(
          "Why, for whoever reads the history. A Waive and a CompleteGuard need it.",
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
