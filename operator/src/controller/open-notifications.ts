// The notifier's side of one reconcile.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import type { Observation } from "#core/model/observation.ts";
import { detailsOf } from "#notify/message-details.ts";
import type { Notifier } from "#notify/notifier.ts";

/** What sinks answered since the last reconcile; posting strikes it off and sends what is due. */
export function openNotifications(
  notifier: Pick<Notifier, "answers" | "forget" | "send"> | undefined,
  meta: MigrationMeta,
) {
  const answers = notifier?.answers(meta) ?? [];
  const deliveries: Pick<Observation, "deliveries"> =
    answers.length === 0 ? {} : { deliveries: { ok: true, value: answers } };
  const post = (status: MigrationStatus, now: number): void => {
    notifier?.forget(answers);
    notifier?.send(meta, { messages: status.outbox ?? [], details: (message) => detailsOf(status, message), now });
  };
  return { deliveries, post };
}
