// The outbox of a status: what people outside are told, and which sinks have it.

import { doc } from "@retriever/stores/config/field-doc.ts";
import { z } from "zod";
import { instant, reasonWord, sentence, shortName } from "#fields/field-types.ts";

/** What people outside are told about; the word stands in the message's key. Stage is for charts. */
export const outboxKinds = [
  "Start",
  "Stage",
  "ApprovalWanted",
  "Midpoint",
  "PreCutover",
  "CutOver",
  "Completion",
  "Rollback",
  "Corrections",
  "IncidentReview",
  "PostmortemDue",
  "PostmortemOverdue",
  "Page",
  "Ticket",
  "Resolved",
] as const;
export type OutboxKind = (typeof outboxKinds)[number];

/** Those that open an incident: somebody has to do something until it is over. */
export const incidentKinds = ["Page", "Ticket", "PostmortemDue", "PostmortemOverdue"] as const satisfies OutboxKind[];

const sinkNames = z.array(z.string().max(63)).max(16);

export const outboxMessageSchema = z.strictObject({
  key: shortName.meta(
    doc(
      "UID/epoch/kind, and of a page or ticket its reason and hour, and the minute in which it came back: what comes twice has the same key.",
      "6f1d4c1e-0000-4000-8000-000000000000/5/Midpoint",
    ),
  ),
  kind: z.enum(outboxKinds).meta(doc("What it is about.", "Midpoint", "Gossip")),
  text: sentence.meta(doc("The message.", "every pod serves from the destination")),
  at: instant.describe("When it happened."),
  reason: reasonWord.optional().meta(doc("Of a page or ticket: why, as one word.", "HoldOverdue", "not one word")),
  phase: reasonWord.optional().meta(doc("Phase in which it was said.", "Guard", "not one word")),
  incident: shortName
    .optional()
    .meta(doc("What a page or ticket opens and a Resolved closes; the same in all its messages.", "Page/HoldOverdue")),
  pending: sinkNames.meta(doc("Sinks that don't have it yet.", ["engineering"])),
  delivered: sinkNames
    .optional()
    .meta(doc("Of an incident: sinks that have it, and are told while it stands and when it ends.", ["incidents"])),
  failed: sinkNames.meta(doc("Sinks that were given up.", ["incidents"])),
  attempts: z.int().min(0).meta(doc("How often it was tried.", 2)),
  nextAttemptAt: instant.describe("When it is tried next, at the first of its sinks."),
  tries: z
    .array(
      z.strictObject({
        sink: z.string().max(63).meta(doc("Sink that doesn't have it yet.", "engineering")),
        attempts: z.int().min(0).meta(doc("How often this sink was tried.", 2)),
        nextAttemptAt: instant.describe("When this sink is tried next."),
      }),
    )
    .max(16)
    .optional()
    .meta(
      doc("Of each pending sink its own tries, where they differ from the message's.", [
        { sink: "engineering", attempts: 2, nextAttemptAt: "2030-01-01T12:00:00.000Z" },
      ]),
    ),
  lastError: z.string().max(256).optional().meta(doc("What the last try failed with.", "engineering: HTTP 503")),
});
export type OutboxMessage = z.infer<typeof outboxMessageSchema>;

/** No sink is waited for longer between two tries, also one that asks for more. */
export const longestRetryMs = 3_600_000;

/** How often a pending sink was tried, and when it is tried next. */
export function triesOf(message: OutboxMessage, sink: string): Pick<OutboxMessage, "attempts" | "nextAttemptAt"> {
  return message.tries?.find((one) => one.sink === sink) ?? message;
}

/** Whether it opened an incident, and no message after it says more about that. */
export function isOpenIncident(message: OutboxMessage, outbox: readonly OutboxMessage[]): boolean {
  return message.kind !== "Resolved" && isLastWord(message, outbox);
}

/** Whether it is the last that was said of an incident: what receivers have to hear, whatever becomes of the others. */
export function isLastWord(message: OutboxMessage, outbox: readonly OutboxMessage[]): boolean {
  const { incident } = message;
  return incident !== undefined && outbox.findLast((one) => one.incident === incident) === message;
}
