// The operator's own metrics: one row each, in base units. `docs/metrics.md` and the alert rules are held to it.

export type MetricRow = {
  readonly name: string;
  readonly kind: "counter" | "gauge" | "histogram";
  readonly labels: readonly string[];
  readonly help: string;
};

const migration = ["namespace", "name"] as const;
/** The target stands in each, so that rules need no join: one fails for hours when a name is used again for another target. */
const harmLine = [...migration, "target", "line", "slice"] as const;

function gauge<const Name extends string>(name: Name, labels: readonly string[], help: string) {
  return { name, kind: "gauge", labels, help } as const;
}

function counter<const Name extends string>(name: Name, labels: readonly string[], help: string) {
  return { name, kind: "counter", labels, help } as const;
}

function histogram<const Name extends string>(name: Name, labels: readonly string[], help: string) {
  return { name, kind: "histogram", labels, help } as const;
}

/** Labels are bounded: by the number of migrations, and by the fixed sets of phases, gates, codes and kinds. */
export const metricTable = [
  gauge(
    "retriever_migration_info",
    [...migration, "target", "source", "destination", "plan"],
    "1 per migration; what it moves.",
  ),
  gauge("retriever_migration_phase", [...migration, "phase"], "1 for the present phase, 0 for the others."),
  gauge(
    "retriever_migration_epoch",
    [...migration, "target"],
    "Epoch of the configuration the sidecars are told to use.",
  ),
  gauge(
    "retriever_migration_sample_rate",
    [...migration, "target"],
    "Share of requests that also ask the shadow, 0 to 1.",
  ),
  gauge(
    "retriever_migration_condition",
    [...migration, "condition", "status"],
    "1 for the present status of a condition.",
  ),
  gauge("retriever_migration_gate_value", [...migration, "gate"], "Observed value of a gate."),
  gauge("retriever_migration_gate_limit", [...migration, "gate"], "Limit of a gate."),
  gauge("retriever_migration_gate_samples", [...migration, "gate"], "Samples a gate is judged on."),
  gauge("retriever_migration_gate_verdict", [...migration, "gate", "verdict"], "1 for the present verdict of a gate."),
  gauge(
    "retriever_migration_pods",
    [...migration, "state"],
    "Pods of the target: all, those that confirmed the epoch, and those that are fenced: they stay at the source by the cutover's deadline.",
  ),
  gauge("retriever_migration_guard_seconds", [...migration, "clock"], "The guard's clocks: watched, idle, unobserved."),
  gauge(
    "retriever_migration_harm_limit",
    harmLine,
    "Share of bad samples that the plan allows a line, 0 to 1; slice: all, or the index of a slice in the status.",
  ),
  gauge(
    "retriever_migration_latency_delta_limit_seconds",
    [...migration, "target"],
    "By how much a sample of the destination may be slower by the plan; absent where nothing is judged.",
  ),
  gauge(
    "retriever_migration_score_delta_limit",
    [...migration, "target"],
    "By how much it may score lower, 0 to 1; absent where nothing is judged.",
  ),
  gauge(
    "retriever_migration_harm_share",
    harmLine,
    "Share of bad samples of a line, since it stands where it does; absent without a sample.",
  ),
  gauge(
    "retriever_migration_harm_evidence",
    harmLine,
    "Evidence that a line is over its limit, as a share of what acting takes, on a scale of logarithms; 1 stands.",
  ),
  gauge("retriever_migration_harm_stands", harmLine, "1 while the evidence of a line stands, else 0."),
  histogram("retriever_reconcile_seconds", ["result"], "Length of one reconcile of one migration."),
  counter("retriever_reconcile_errors_total", ["code"], "Reconciles that failed, by error code."),
  counter("retriever_status_writes_total", ["result"], "Writes of a status."),
  counter("retriever_effects_total", ["kind", "result"], "Effects carried out."),
  counter("retriever_announcements_total", ["type", "severity"], "Messages sent as Kubernetes events."),
  counter(
    "retriever_evidence_records_total",
    ["result"],
    "Evidence records: done, dropped, or the code of a write that failed.",
  ),
  counter(
    "retriever_reports_total",
    ["result"],
    "Reports of ended migrations: done, or the code of a write that failed.",
  ),
  gauge("retriever_queue_depth", [], "Migrations ready or under way."),
  counter("retriever_queue_refused_total", [], "Wakes refused because the queue was full."),
  counter("retriever_api_requests_total", ["verb", "resource", "code"], "Calls to the API server, by outcome."),
  histogram("retriever_api_request_seconds", ["verb"], "Length of calls to the API server."),
  counter(
    "retriever_sink_messages_total",
    ["sink", "result"],
    "Messages that a sink took (done) or not (failed); unknown: named by a migration, not by the administrator's file.",
  ),
  counter(
    "retriever_alert_source_reads_total",
    ["source", "kind", "result"],
    "Reads of a Prometheus (rules) or its Alertmanagers: done, or the code of the fault.",
  ),
  counter("retriever_alert_webhook_calls_total", ["result"], "Calls of the Alertmanager webhook: taken, or why not."),
  counter("retriever_watch_faults_total", ["code"], "Faults of lists and watches that only wake the loop."),
  gauge(
    "retriever_admission_policy_in_force",
    ["policy"],
    "1 while an admission policy the release relies on is there, fails closed and denies; as the leader last saw.",
  ),
  gauge("retriever_leader", [], "1 while this replica leads."),
  gauge("retriever_lease_transitions", [], "Fencing number of the lease this replica holds."),
] as const satisfies readonly MetricRow[];

export type MetricName = (typeof metricTable)[number]["name"];
