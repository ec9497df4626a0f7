// The operator's metrics on a registry of their own. Counts what it is told; series of migrations that are gone go, too.
import { conditionTypes, type MigrationStatus, phases } from "@retriever/crds/migration-status.ts";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { type MetricName, metricTable } from "./metric-table.ts";

export type MigrationFacts = {
  readonly namespace: string;
  readonly name: string;
  readonly target: string;
  readonly status: MigrationStatus;
};

export type Metrics = {
  readonly count: (name: MetricName, labels?: Readonly<Record<string, string>>) => void;
  readonly observe: (name: MetricName, labels: Readonly<Record<string, string>>, value: number) => void;
  readonly set: (name: MetricName, value: number) => void;
  /** A gauge that is read when it is scraped. */
  readonly follow: (name: MetricName, read: () => number) => void;
  /** Replaces all series of a migration. */
  readonly showMigration: (facts: MigrationFacts) => void;
  readonly forgetMigration: (key: { readonly namespace: string; readonly name: string }) => void;
  /** The text form, for scraping. */
  readonly render: () => Promise<string>;
  readonly contentType: string;
};

type Labels = Readonly<Record<string, string>>;
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const verdicts = ["Pass", "Fail", "NotYet", "Unknown"] as const;
const conditionStates = ["True", "False", "Unknown"] as const;

/** Metrics of the table, and Node's own when asked for. */
export function makeMetrics(options: { readonly processMetrics: boolean }): Metrics {
  const registry = new Registry();
  if (options.processMetrics) collectDefaultMetrics({ register: registry });
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  for (const { name, kind, labels, help } of metricTable) {
    const shape = { name, help, labelNames: [...labels], registers: [registry] };
    if (kind === "counter") counters.set(name, new Counter(shape));
    else if (kind === "gauge") gauges.set(name, new Gauge(shape));
    else histograms.set(name, new Histogram({ ...shape, buckets }));
  }
  const shown = new Map<string, readonly Series[]>();
  const followed = new Map<MetricName, () => number>();

  const forgetMigration = (key: { readonly namespace: string; readonly name: string }) => {
    const id = `${key.namespace}/${key.name}`;
    for (const { metric, labels } of shown.get(id) ?? []) gauges.get(metric)?.remove({ ...labels });
    shown.delete(id);
  };

  return {
    count: (name, labels = {}) => counters.get(name)?.inc({ ...labels }),
    observe: (name, labels, value) => histograms.get(name)?.observe({ ...labels }, value),
    set: (name, value) => gauges.get(name)?.set(value),
    showMigration: (facts) => {
      forgetMigration(facts);
      const series = seriesOf(facts);
      for (const { metric, labels, value } of series) gauges.get(metric)?.set({ ...labels }, value);
      shown.set(`${facts.namespace}/${facts.name}`, series);
    },
    forgetMigration,
    follow: (name, read) => followed.set(name, read),
    render: () => {
      for (const [name, read] of followed) gauges.get(name)?.set(read());
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}

type Series = { readonly metric: MetricName; readonly labels: Labels; readonly value: number };

function seriesOf({ namespace, name, target, status }: MigrationFacts): Series[] {
  const own = { namespace, name };
  const series = (metric: MetricName, labels: Labels, value: number): Series => ({
    metric,
    labels: { ...own, ...labels },
    value,
  });
  const { source, destination, planHash, revision, acks, guard } = status;
  const about = { target, source: source?.kind ?? "", destination: destination?.kind ?? "", plan: planHash };
  return [
    series("retriever_migration_info", about, 1),
    ...phases.map((phase) => series("retriever_migration_phase", { phase }, phase === status.phase ? 1 : 0)),
    series("retriever_migration_epoch", {}, status.epoch),
    series("retriever_migration_sample_rate", {}, revision?.sampleRate ?? 0),
    ...conditionSeries(status, series),
    ...gateSeries(status, series),
    ...(acks === undefined
      ? []
      : [
          series("retriever_migration_pods", { state: "all" }, acks.pods),
          series("retriever_migration_pods", { state: "confirmed" }, acks.matched),
        ]),
    ...(guard === undefined
      ? []
      : [
          series("retriever_migration_guard_seconds", { clock: "healthy" }, guard.healthySeconds),
          series("retriever_migration_guard_seconds", { clock: "idle" }, guard.idleSeconds),
          series("retriever_migration_guard_seconds", { clock: "blind" }, guard.blindSeconds),
        ]),
  ];
}

type MakeSeries = (metric: MetricName, labels: Labels, value: number) => Series;

function conditionSeries(status: MigrationStatus, series: MakeSeries): Series[] {
  return conditionTypes.flatMap((type) => {
    const present = status.conditions.find((condition) => condition.type === type);
    if (present === undefined) return [];
    return conditionStates.map((state) =>
      series(
        "retriever_migration_condition",
        { condition: type, status: state.toLowerCase() },
        state === present.status ? 1 : 0,
      ),
    );
  });
}

function gateSeries(status: MigrationStatus, series: MakeSeries): Series[] {
  return status.gates.flatMap(({ gate, value, limit, n, verdict }) => [
    ...(value === null ? [] : [series("retriever_migration_gate_value", { gate }, value)]),
    series("retriever_migration_gate_limit", { gate }, limit),
    series("retriever_migration_gate_samples", { gate }, n),
    ...verdicts.map((word) =>
      series("retriever_migration_gate_verdict", { gate, verdict: word }, word === verdict ? 1 : 0),
    ),
  ]);
}
