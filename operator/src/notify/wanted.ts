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

/** What a message of this kind opens: one that is overdue is the one that was due. */
function incidentOf(kind: OutboxKind): OutboxKind {
  return kind === "PostmortemOverdue" ? "PostmortemDue" : kind;
}

/** An incident is closed wherever it was opened; whoever calls people is told of nothing but incidents. */
export function isWanted(sink: SinkConfig, { message }: SinkMessage): boolean {
  const { kind, incident } = message;
  const kinds = wantedKinds(sink);
  const isCaller = sink.kind === "pagerduty" || sink.kind === "alertmanager";
  if (isCaller && incident === undefined) return false;
  // What stands at Alertmanager has to be said again, in the words that it has now.
  if (isCaller && kind === "PostmortemOverdue" && kinds.includes("PostmortemDue")) return true;
  if (kind !== "Resolved" || kinds.includes(kind)) return kinds.includes(kind);
  return sink.kind !== "grafana" && kinds.some((one) => incidentOf(one) === incident?.split("/")[0]);
}
