// What a status keeps of the acts of people: what is in force, and who asked for it.

import { doc } from "@retriever/stores/config/field-doc.ts";
import { z } from "zod";
import { instant, sentence, shortName } from "#fields/field-types.ts";

const createdAt = instant.describe("When the act was created.");
const reasonGiven = sentence.describe("Why, in that person's words.");

const approvalStatusSchema = z.strictObject({
  role: z.string().max(63).meta(doc("Role it was given in.", "sre-on-call")),
  actor: shortName.meta(doc("Who gave it.", "user-b")),
  at: createdAt,
  until: instant.meta(doc("From here on it doesn't count any more.", "2030-01-04T12:00:00.000Z")),
  expiryTold: z.boolean().optional().meta(doc("Whether people were told that it is about to end.", false)),
});
export type ApprovalStatus = z.infer<typeof approvalStatusSchema>;

/** Those that are beyond it would change nothing: one holds. */
export const mostDenials = 20;

const denialStatusSchema = z.strictObject({
  role: z.string().max(63).meta(doc("Role it was said in.", "sre-on-call")),
  actor: shortName.meta(doc("Who denied; the same person's approval in this role takes it back.", "user-b")),
  reason: reasonGiven.meta({ examples: ["the index isn't built yet"] }),
  at: createdAt,
});

const waiverStatusSchema = z.strictObject({
  check: z.string().max(63).meta(doc("Name of the check.", "alerts")),
  actor: shortName.meta(doc("Who waived it.", "user-b")),
  reason: reasonGiven.meta({ examples: ["watched by hand"] }),
  at: createdAt,
});

const latchedActSchema = z.strictObject({
  act: z.enum(["Abort", "Rollback"]).meta(doc("What was asked for; it can't be taken back.", "Rollback", "Promote")),
  actor: shortName.meta(doc("Who asked.", "user-b")),
  reason: reasonGiven.meta({ examples: ["answers look wrong"] }),
  at: instant.describe("When it was taken."),
});

const guardCompletedSchema = z
  .strictObject({
    actor: shortName.meta(doc("Who ended it.", "user-b")),
    reason: reasonGiven.meta({ examples: ["two requests a day"] }),
    at: instant.describe("When it was taken."),
  })
  .describe("The CompleteGuard that ends the guard; harm voids it.");

const writersMovedSchema = z
  .strictObject({
    actor: shortName.meta(doc("Who said so.", "user-b")),
    reason: reasonGiven.meta({ examples: ["writers were deployed at 12:00"] }),
    at: instant.describe("When it was taken."),
  })
  .describe("The WritersMoved: since then a delayed rollback hides writes.");

/** Acts that are judged and not yet gone: beyond that, the next ones wait. */
const mostSeenActs = 60;

export const actsStatusSchema = z
  .strictObject({
    paused: z.boolean().default(false).meta(doc("Whether rises are paused.", false)),
    seen: z
      .array(shortName)
      .max(mostSeenActs)
      .default([])
      .meta(
        doc("UIDs of the acts that were judged and lie there still, newest last.", [
          "6f1d4c1e-0000-4000-8000-000000000002",
        ]),
      ),
    promotedBy: shortName.optional().meta(doc("Who gave the Promote that is in force.", "user-a")),
    promoteUntil: instant
      .optional()
      .describe("Until when that Promote waits for the gates; absent where it waits for nothing."),
    guardCompletedBy: guardCompletedSchema.optional(),
    writersMoved: writersMovedSchema.optional(),
    retriedBy: shortName.optional().meta(doc("Who let a plan run again that had been rolled back.", "user-a")),
    approvals: z
      .array(approvalStatusSchema)
      .max(50)
      .optional()
      .describe("Approvals of the accepted plan, one per person and role."),
    denials: z
      .array(denialStatusSchema)
      .max(mostDenials)
      .optional()
      .describe("Denials of the accepted plan, one per person and role; any of them holds the approvals' gate."),
    waived: z
      .array(waiverStatusSchema)
      .max(10)
      .optional()
      .describe("Checks that a person waived; a waiver counts only while the check is Unknown."),
    latched: latchedActSchema.optional(),
  })
  .describe("What people asked for.");
