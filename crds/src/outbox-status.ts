// The outbox of a status: what people outside are told, and which sinks have it.
import { z } from "zod";

const instant = z.string().max(40);

/** What people outside are told about; the word stands in the message's key. */
export const outboxKinds = [
  "Start",
  "PreCutover",
  "Midpoint",
  "Completion",
  "Rollback",
  "Corrections",
  "IncidentReview",
  "PostmortemDue",
] as const;
export type OutboxKind = (typeof outboxKinds)[number];

const sinkName = z.string().max(63);

export const outboxMessageSchema = z.strictObject({
  /** uid/epoch/kind: the same message again has the same key, whoever sends it. */
  key: z.string().max(253),
  kind: z.enum(outboxKinds),
  text: z.string().max(2048),
  at: instant,
  /** Sinks that don't have it yet. */
  pending: z.array(sinkName).max(16),
  /** Sinks that were given up. */
  failed: z.array(sinkName).max(16),
  attempts: z.int().min(0),
  nextAttemptAt: instant,
  lastError: z.string().max(256).optional(),
});
export type OutboxMessage = z.infer<typeof outboxMessageSchema>;
