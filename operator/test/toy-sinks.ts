// Sinks that answer at once: every message that was due at the last reconcile gets its answer.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { type OutboxMessage, triesOf } from "@retriever/crds/status/outbox-status.ts";
import type { Observation } from "#core/model/observation.ts";

/** What a sink answers to a message; undefined: nothing yet. */
export type SinkAnswer = ((key: string, message: OutboxMessage, sink: string) => string | null | undefined) | undefined;

/** The answers to what a status has due. */
export function deliveriesOf(
  { outbox = [] }: MigrationStatus,
  now: number,
  answer: SinkAnswer,
): Pick<Observation, "deliveries"> {
  const answers = outbox
    .flatMap((message) =>
      message.pending
        .filter((sink) => Date.parse(triesOf(message, sink).nextAttemptAt) <= now)
        .map((sink) => ({ key: message.key, sink, error: answer?.(message.key, message, sink) })),
    )
    .flatMap(({ error, ...rest }) => (error === undefined ? [] : [{ ...rest, error }]));
  return answers.length === 0 ? {} : { deliveries: { ok: true, value: answers } };
}
