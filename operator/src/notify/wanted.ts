// Which messages a sink takes: as its `kinds` says, else as is usual for its kind.
import { incidentKinds, type OutboxKind, outboxKinds } from "@retriever/crds/status/outbox-status.ts";
import type { SinkMessage } from "#ports/sinks.ts";
import type { SinkConfig } from "./sinks-file.ts";

const charted: readonly OutboxKind[] = ["Stage", "CutOver", "Completion", "Rollback", "Page"];
const told: readonly OutboxKind[] = outboxKinds.filter((kind) => kind !== "Stage" && kind !== "Resolved");

const usualKinds: Readonly<Record<SinkConfig["kind"], readonly OutboxKind[]>> = {
  webhook: told,
  slack: told,
  teams: told,
  email: told,
  pagerduty: incidentKinds,
  alertmanager: incidentKinds,
  grafana: charted,
};

/** Kinds of message that it takes. */
export function wantedKinds({ kind, kinds }: SinkConfig): readonly OutboxKind[] {
  return kinds ?? usualKinds[kind];
}

/** An incident is closed wherever it was opened; whoever calls people is told of nothing but incidents. */
export function isWanted(sink: SinkConfig, { message }: SinkMessage): boolean {
  const { kind, incident } = message;
  const kinds = wantedKinds(sink);
  if ((sink.kind === "pagerduty" || sink.kind === "alertmanager") && incident === undefined) return false;
  if (kind !== "Resolved" || kinds.includes(kind)) return kinds.includes(kind);
  return sink.kind !== "grafana" && kinds.some((one) => one === incident?.split("/")[0]);
}
