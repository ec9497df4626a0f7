// Incidents for those who call people: PagerDuty's Events API v2 and Alertmanager's API v2. What opened it closes it.
import type { SinkMessage } from "#ports/sinks.ts";
import type { SinkOf } from "./sinks-file.ts";
import { commandOf, cut, severityOf, wordsOf } from "./words.ts";

/** Of one incident the same in every message; PagerDuty takes 255 characters. */
function incidentKey({ uid, message }: SinkMessage): string {
  return `${uid}/${message.incident}`.slice(0, 255);
}

/** The routing key goes in the body, as the API wants it. */
export function renderPagerDuty(sink: SinkOf<"pagerduty">, said: SinkMessage, routingKey: string | undefined): string {
  const { cluster } = sink;
  const { namespace, migration, message, details } = said;
  const { title, text } = wordsOf(sink, said, (value) => value);
  const event = {
    routing_key: routingKey,
    event_action: message.kind === "Resolved" ? "resolve" : "trigger",
    dedup_key: incidentKey(said),
  };
  if (message.kind === "Resolved") return JSON.stringify(event);
  return JSON.stringify({
    ...event,
    payload: {
      summary: cut(`${title}: ${text.replaceAll("\n", " ")}`, 1024),
      source: [...(cluster === undefined ? [] : [cluster]), namespace, migration].join("/"),
      severity: severityOf(message) === "page" ? "critical" : "warning",
      timestamp: message.at,
      component: migration,
      group: namespace,
      class: message.reason ?? message.kind,
      custom_details: {
        text: cut(text, 4000),
        phase: message.phase,
        command: commandOf(said),
        cluster,
        id: message.key,
        ...details,
      },
    },
  });
}

/** Labels are the identity, so neither values nor epochs are among them; `endsAt` ahead ends what nobody says any more. */
export function renderAlertmanager(
  sink: SinkOf<"alertmanager">,
  said: SinkMessage,
  { now, lastsMs }: { readonly now: number; readonly lastsMs: number },
): string {
  const { namespace, migration, uid, message } = said;
  const { title, text } = wordsOf(sink, said, (value) => value);
  const isOver = message.kind === "Resolved";
  const labels = {
    alertname: `RetrieverMigration${message.reason ?? message.kind}`,
    ...(sink.cluster === undefined ? {} : { cluster: sink.cluster }),
    namespace,
    migration,
    uid,
    severity: severityOf(message),
  };
  const alert = {
    labels,
    annotations: { summary: cut(title, 500), description: cut(text, 4000), command: commandOf(said) },
    ...(isOver ? {} : { startsAt: message.at }),
    endsAt: new Date(isOver ? now : now + lastsMs).toISOString(),
  };
  return JSON.stringify([alert]);
}
