// Two dashboards of the operator's own metrics: of the migrations, and of itself.
import { phases } from "../../crds/src/status/migration-status.ts";
import { at, type Dashboard, orZero, own, type State, stateOf } from "./panel.ts";

const phaseColors: Readonly<Record<(typeof phases)[number], string>> = {
  Pending: "text",
  Preflight: "text",
  AwaitingApproval: "yellow",
  WarmUp: "light-blue",
  Ramp: "blue",
  AwaitingCutover: "yellow",
  CuttingOver: "orange",
  Guard: "purple",
  RollingBack: "red",
  VerifyingDrift: "red",
  Completed: "green",
  RolledBack: "dark-red",
  Validated: "green",
};
const verdicts: readonly State[] = [
  { text: "Pass", color: "green" },
  { text: "NotYet", color: "yellow" },
  { text: "Unknown", color: "text" },
  { text: "Fail", color: "red" },
];
const answers: readonly State[] = [
  { text: "True", color: "green" },
  { text: "Unknown", color: "text" },
  { text: "False", color: "red" },
];
const words = (states: readonly State[]) => states.map(({ text }) => text);
const condition = (which: string, by: string) =>
  stateOf(`retriever_migration_condition{${own}, condition=~"${which}"}`, by, "status", ["true", "unknown", "false"]);
const watched =
  "Reachable|ParityVerified|Approved|AlertsArmed|MetricsHealthy|ConfigPropagated|RollbackReady|GuardPassed";
const total = (by: string, metric: string) => `sum by (${by}) (rate(${metric}[5m]))`;

/** By file name without its ending. */
export const migrationDashboards: Readonly<Record<string, Dashboard>> = {
  migration: {
    uid: "retriever-migration",
    title: "Retriever: migration",
    about: "Where is it, who serves, would a rollback work, and what do the gates say?",
    panels: [
      {
        type: "stat",
        title: "Pods by the store that serves",
        about: "The primary of each pod, by kind.",
        unit: "short",
        queries: {
          "{{target}} {{kind}}": `count by (namespace, target, kind) (retr_backend_info{${at}, role="primary"} == 1)`,
        },
      },
      {
        type: "stat",
        title: "Rollback path",
        about: "The condition RollbackReady: whether a rollback would work now.",
        unit: "short",
        states: answers,
        queries: { "{{name}}": condition("RollbackReady", "namespace, name") },
      },
      {
        type: "stat",
        title: "Sampled",
        about: "Share of the requests that the other store is asked, too.",
        unit: "percentunit",
        queries: { "{{name}}": `max by (namespace, name) (retriever_migration_sample_rate{${own}})` },
      },
      {
        type: "stat",
        title: "Evidence of harm, the greatest",
        about: "Of all lines and slices, on a scale of logarithms; from 1 on it stands.",
        unit: "short",
        limit: 1,
        queries: { "{{name}}": `max by (namespace, name) (retriever_migration_harm_evidence{${own}})` },
      },
      {
        type: "state-timeline",
        title: "Phases",
        about: "A row for each migration.",
        unit: "short",
        states: phases.map((text) => ({ text, color: phaseColors[text] })),
        queries: { "{{name}}": stateOf(`retriever_migration_phase{${own}}`, "namespace, name", "phase", phases) },
      },
      {
        type: "state-timeline",
        title: "Gates",
        about: "The verdict of each gate; NotYet: too few samples to say.",
        unit: "short",
        states: verdicts,
        queries: {
          "{{name}} {{gate}}": stateOf(
            `retriever_migration_gate_verdict{${own}}`,
            "namespace, name, gate",
            "verdict",
            words(verdicts),
          ),
        },
      },
      {
        type: "state-timeline",
        title: "Conditions",
        about: "Those that a step waits for.",
        unit: "short",
        states: answers,
        queries: { "{{name}} {{condition}}": condition(watched, "namespace, name, condition") },
      },
      {
        title: "Gates against their limits",
        about: "Value over limit: above 1 a gate fails once it has samples enough to be sure.",
        unit: "percentunit",
        limit: 1,
        queries: {
          "{{name}} {{gate}}": `max by (namespace, name, gate) (retriever_migration_gate_value{${own}} / (retriever_migration_gate_limit{${own}} > 0))`,
        },
      },
      {
        title: "Clocks of the guard",
        about: "Only watched time counts; none before the cutover.",
        unit: "s",
        queries: {
          "{{name}} {{clock}}": `max by (namespace, name, clock) (retriever_migration_guard_seconds{${own}})`,
        },
      },
    ],
  },
  operator: {
    uid: "retriever-operator",
    title: "Retriever: operator",
    about: "Does an operator lead, come round, and get through to the API server and to people?",
    panels: [
      {
        type: "stat",
        title: "Operators that lead",
        about: "One; with none nothing moves and nothing goes back by itself.",
        unit: "short",
        queries: { leading: "sum(retriever_leader)" },
      },
      {
        type: "stat",
        title: "Migrations by phase",
        about: "In all namespaces that are watched.",
        unit: "short",
        queries: { "{{phase}}": "sum by (phase) (max by (namespace, name, phase) (retriever_migration_phase)) > 0" },
      },
      {
        type: "stat",
        title: "Queue",
        about: "Migrations that are due or under way.",
        unit: "short",
        queries: { due: "sum(retriever_queue_depth)" },
      },
      {
        type: "stat",
        title: "Admission policies",
        about: "Whether what the release relies on is in force, as the leader last saw; not told: none is named.",
        unit: "short",
        states: [
          { text: "not told", color: "text" },
          { text: "missing", color: "red" },
          { text: "in force", color: "green" },
        ],
        queries: { "{{policy}}": "min by (policy) (retriever_admission_policy_in_force) + 2 or on () vector(1)" },
      },
      {
        title: "Reconciles, p95",
        about: "Length of one pass over one migration.",
        unit: "s",
        queries: { p95: `histogram_quantile(0.95, ${total("le", "retriever_reconcile_seconds_bucket")})` },
      },
      {
        title: "Reconciles",
        about: "By how they ended, and what failed by its code.",
        unit: "reqps",
        queries: {
          "{{result}}": total("result", "retriever_reconcile_seconds_count"),
          "fault {{code}}": orZero(total("code", "retriever_reconcile_errors_total")),
        },
      },
      {
        title: "API server, p95",
        about: "By verb.",
        unit: "s",
        queries: {
          "{{verb}}": `histogram_quantile(0.95, ${total("verb, le", "retriever_api_request_seconds_bucket")})`,
        },
      },
      {
        title: "API server, calls",
        about: "By verb and outcome; faults of watches by their code.",
        unit: "reqps",
        queries: {
          "{{verb}} {{code}}": total("verb, code", "retriever_api_requests_total"),
          "watch {{code}}": orZero(total("code", "retriever_watch_faults_total")),
        },
      },
      {
        title: "What was written",
        about: "Status, effects, evidence and reports, by result.",
        unit: "reqps",
        queries: {
          "status {{result}}": total("result", "retriever_status_writes_total"),
          "effect {{kind}} {{result}}": total("kind, result", "retriever_effects_total"),
          "evidence {{result}}": total("result", "retriever_evidence_records_total"),
          "report {{result}}": orZero(total("result", "retriever_reports_total")),
        },
      },
      {
        title: "Whom it told",
        about: "Events by severity, and messages by sink.",
        unit: "reqps",
        queries: {
          "event {{severity}}": total("severity", "retriever_announcements_total"),
          "{{sink}} {{result}}": orZero(total("sink, result", "retriever_sink_messages_total")),
        },
      },
    ],
  },
};
