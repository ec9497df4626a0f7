// The outbox of a status: what people outside are told, and which sinks have it.

import { doc } from "@retriever/stores/config/field-doc.ts";
import { z } from "zod";
import { instant, sentence, shortName } from "#fields/field-types.ts";

/** What people outside are told about; the word stands in the message's key. */
const outboxKinds = [
  "Start",
  "PreCutover",
  "Midpoint",
  "Completion",
  "Rollback",
  "Corrections",
  "IncidentReview",
  "PostmortemDue",
  "Page",
  "Ticket",
] as const;
export type OutboxKind = (typeof outboxKinds)[number];

const sinkNames = z.array(z.string().max(63)).max(16);

export const outboxMessageSchema = z.strictObject({
  key: shortName.meta(
    doc(
      "UID/epoch/kind, and of a page or ticket its reason and hour: what comes twice has the same key.",
      "6f1d4c1e-0000-4000-8000-000000000000/5/Midpoint",
    ),
  ),
  kind: z.enum(outboxKinds).meta(doc("What it is about.", "Midpoint", "Gossip")),
  text: sentence.meta(doc("The message.", "every pod serves from the destination")),
  at: instant.describe("When it happened."),
  pending: sinkNames.meta(doc("Sinks that don't have it yet.", ["engineering"])),
  failed: sinkNames.meta(doc("Sinks that were given up.", ["incidents"])),
  attempts: z.int().min(0).meta(doc("How often it was tried.", 2)),
  nextAttemptAt: instant.describe("When it is tried next."),
  lastError: z.string().max(256).optional().meta(doc("What the last try failed with.", "engineering: HTTP 503")),
});
export type OutboxMessage = z.infer<typeof outboxMessageSchema>;
