// The kinds of the API group, as objects.
import { z } from "zod";
import { migrationSpecSchema } from "./migration-spec.ts";
import { migrationStatusSchema } from "./migration-status.ts";

export const apiGroup = "retriever.dev";
export const apiVersion = "v1alpha1";

export const acts = ["Approve", "Waive", "Pause", "Resume", "Promote", "Abort", "Rollback", "Postmortem"] as const;
export type Act = (typeof acts)[number];

export const migrationActSpecSchema = z.strictObject({
  migration: z.strictObject({ name: z.string().min(1).max(253), uid: z.string().min(1).max(64) }),
  act: z.enum(acts),
  role: z.string().min(1).max(63).optional(),
  /** Waive: the check that is Unknown. */
  check: z.string().min(1).max(63).optional(),
  planHash: z.string().max(64).optional(),
  expires: z.iso.datetime().max(40).optional(),
  /** The requesting user; an admission policy proves it. */
  actor: z.string().min(1).max(253),
  reason: z.string().max(1024).default(""),
  /** Postmortem: root cause, metrics and remediation. */
  text: z.string().max(8192).optional(),
});
export type MigrationActSpec = z.infer<typeof migrationActSpecSchema>;

export const migrationSchema = z.object({
  spec: migrationSpecSchema,
  status: migrationStatusSchema.optional(),
});
