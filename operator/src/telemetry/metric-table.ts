// The operator's own metrics: one row each, in base units. `docs/metrics.md` and the alert rules are held to it.

export type MetricRow = {
  readonly name: string;
  readonly kind: "counter" | "gauge" | "histogram";
  readonly labels: readonly string[];
  readonly help: string;
};

const migration = ["namespace", "name"] as const;

/** Labels are bounded: by the number of migrations, and by the fixed sets of phases, gates, codes and kinds. */
export const metricTable = [
  {
    name: "retriever_migration_info",
    kind: "gauge",
    labels: [...migration, "target", "source", "destination", "plan"],
    help: "1 per migration; what it moves.",
  },
  {
    name: "retriever_migration_phase",
    kind: "gauge",
    labels: [...migration, "phase"],
    help: "1 for the present phase, 0 for the others.",
  },
  {
    name: "retriever_migration_epoch",
    kind: "gauge",
    labels: migration,
    help: "Epoch of the configuration the sidecars are told to use.",
  },
  {
    name: "retriever_migration_sample_rate",
    kind: "gauge",
    labels: migration,
    help: "Share of requests that also ask the shadow, 0 to 1.",
  },
  {
    name: "retriever_migration_condition",
    kind: "gauge",
    labels: [...migration, "condition", "status"],
    help: "1 for the present status of a condition.",
  },
  {
    name: "retriever_migration_gate_value",
    kind: "gauge",
    labels: [...migration, "gate"],
    help: "Observed value of a gate.",
  },
  { name: "retriever_migration_gate_limit", kind: "gauge", labels: [...migration, "gate"], help: "Limit of a gate." },
  {
    name: "retriever_migration_gate_samples",
    kind: "gauge",
    labels: [...migration, "gate"],
    help: "Samples a gate is judged on.",
  },
  {
    name: "retriever_migration_gate_verdict",
    kind: "gauge",
    labels: [...migration, "gate", "verdict"],
    help: "1 for the present verdict of a gate.",
  },
  {
    name: "retriever_migration_pods",
    kind: "gauge",
    labels: [...migration, "state"],
    help: "Pods of the target: all, and those that confirmed the epoch.",
  },
  {
    name: "retriever_migration_guard_seconds",
    kind: "gauge",
    labels: [...migration, "clock"],
    help: "The guard's clocks: healthy, idle, blind.",
  },
  {
    name: "retriever_reconcile_seconds",
    kind: "histogram",
    labels: ["result"],
    help: "Length of one reconcile of one migration.",
  },
  {
    name: "retriever_reconcile_errors_total",
    kind: "counter",
    labels: ["code"],
    help: "Reconciles that failed, by error code.",
  },
  { name: "retriever_status_writes_total", kind: "counter", labels: ["result"], help: "Writes of a status." },
  { name: "retriever_effects_total", kind: "counter", labels: ["kind", "result"], help: "Effects carried out." },
  {
    name: "retriever_announcements_total",
    kind: "counter",
    labels: ["type", "page"],
    help: "Messages sent as Kubernetes events.",
  },
  {
    name: "retriever_evidence_records_total",
    kind: "counter",
    labels: ["result"],
    help: "Evidence records: done, dropped, or the code of a write that failed.",
  },
  { name: "retriever_queue_depth", kind: "gauge", labels: [], help: "Migrations ready or under way." },
  {
    name: "retriever_queue_refused_total",
    kind: "counter",
    labels: [],
    help: "Wakes refused because the queue was full.",
  },
  {
    name: "retriever_api_requests_total",
    kind: "counter",
    labels: ["verb", "resource", "code"],
    help: "Calls to the API server, by outcome.",
  },
  {
    name: "retriever_api_request_seconds",
    kind: "histogram",
    labels: ["verb"],
    help: "Length of calls to the API server.",
  },
  {
    name: "retriever_sink_messages_total",
    kind: "counter",
    labels: ["sink", "result"],
    help: "Messages that a sink took (done) or not (failed); unknown: named by a migration, not by the administrator's file.",
  },
  {
    name: "retriever_alert_source_reads_total",
    kind: "counter",
    labels: ["source", "kind", "result"],
    help: "Reads of a Prometheus (rules, query) or its Alertmanagers: done, or the code of the fault.",
  },
  {
    name: "retriever_alert_webhook_calls_total",
    kind: "counter",
    labels: ["result"],
    help: "Calls of the Alertmanager webhook: taken, or why not.",
  },
  {
    name: "retriever_watch_faults_total",
    kind: "counter",
    labels: ["code"],
    help: "Faults of lists and watches that only wake the loop.",
  },
  {
    name: "retriever_admission_policy_in_force",
    kind: "gauge",
    labels: ["policy"],
    help: "1 while an admission policy the release relies on is there, fails closed and denies; as the leader last saw.",
  },
  { name: "retriever_leader", kind: "gauge", labels: [], help: "1 while this replica leads." },
  {
    name: "retriever_lease_transitions",
    kind: "gauge",
    labels: [],
    help: "Fencing number of the lease this replica holds.",
  },
] as const satisfies readonly MetricRow[];

export type MetricName = (typeof metricTable)[number]["name"];
