// Metrics as counted, from the table. Their names and labels are public; see metric-table.ts.

import type { Fault } from "@retriever/stores/errors.ts";
import type { BackendAnswer } from "@retriever/stores/ports/backend.ts";
import type { Clock } from "@retriever/stores/ports/clock.ts";
import { Gauge, Histogram, Registry } from "prom-client";
import { latencyEdgesMs } from "#contract/evidence.ts";
import { contractMetrics as contract } from "#contract/names.ts";
import type { Increment } from "#core/counter-row.ts";
import type { Thresholds } from "#core/variance.ts";
import type { ExactEvent } from "#retrieve/exact.ts";
import type { RecallEvent } from "#retrieve/recall.ts";
import type { SampleEvent } from "#retrieve/sample.ts";
import type { ServeSink } from "#retrieve/serve.ts";
import { makeBoundedLabel } from "./bounded-label.ts";
import { type MetricName, metricTable } from "./metric-table.ts";
import { makeRecentValues, type RecentValues } from "./recent-values.ts";
import { makeTally, type Tally } from "./tally.ts";

type NameOf<Type> = {
  [Name in MetricName]: (typeof metricTable)[Name]["type"] extends Type ? Name : never;
}[MetricName];
type CounterName = NameOf<"counter">;
type GaugeName = NameOf<"gauge">;
type HistogramName = NameOf<"histogram">;

export type ConfigFacts = {
  readonly epoch: number;
  readonly roles: readonly { readonly role: string; readonly kind: string }[];
  readonly thresholds: Thresholds;
  /** Share of requests that is sampled, at an instant of the monotonic clock. */
  readonly sampleRateAt: (nowMs: number) => number;
};

export type Metrics = Omit<ServeSink, "onSample"> & {
  readonly onSample: (event: SampleEvent) => void;
  readonly onTotal: (totalMs: number) => void;
  readonly onRejected: (fault: Fault) => void;
  readonly onConfig: (facts: ConfigFacts) => void;
  readonly onConfigFault: (fault: Fault | null) => void;
  /** Whether exact searches rest now; told before each scrape. */
  readonly onRecallStopped: (isStopped: boolean) => void;
  /** The exposition text and its content type. */
  readonly render: () => Promise<{ readonly text: string; readonly contentType: string }>;
};

/** Namespaces come from requests, so their number needs a bound. */
const maxNamespaces = 20;
const recentCapacity = 2048;
const recentAgeMs = 600_000;
const quantiles = [
  ["p50", 0.5],
  ["p95", 0.95],
] as const;
const latencyLossEdges = [-500, -160, -80, -40, -20, -10, 0, 10, 20, 40, 60, 80, 160, 500, 1000, 5000];
const overlapEdges = [0.5, 0.7, 0.8, 0.9, 1];
const recallEdges = [0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1];
const scoreLossEdges = [-0.5, -0.2, -0.1, -0.05, -0.01, 0, 0.01, 0.05, 0.1, 0.15, 0.2, 0.5, 1];

/** Metrics of one process. `version` is the build's; namespaces of requests may be tenants, so they are shown on demand. */
export function makeMetrics(clock: Clock, version: string, showsNamespaces = false): Metrics {
  const registry = new Registry();
  const counters = makeCounters(registry);
  const gauges = makeGauges(registry);
  const namespaceLabel = makeBoundedLabel(showsNamespaces ? maxNamespaces : 0);
  const recent = makeQuantileGauges(gauges, clock);
  let histograms = makeHistograms(registry, null);
  let edges = "";
  let sampleRateAt: ConfigFacts["sampleRateAt"] = () => 0;
  addCollector(gauges.retr_dual_sample_rate, () => gauges.retr_dual_sample_rate.set(sampleRateAt(clock.monotonicMs())));
  gauges.retr_build_info.set({ version }, 1);
  return {
    onTotal: (totalMs) => recent.total(totalMs),
    onAnswer: (kind, answer, k) => {
      countAnswer(counters, answer, k);
      recent.vector(answer.vectorMs);
      recent.backend(kind, "primary", answer.vectorMs);
      histograms.retr_primary_latency_ms.observe(answer.vectorMs);
    },
    onFailure: (_, fault) => {
      counters[contract.retrievalTotal].add(1);
      counters.retr_errors_total.add(1, fault.code);
    },
    onRejected: (fault) => counters.retr_rejected_total.add(1, fault.code),
    onSample: (event) => {
      countSample(counters, event);
      countSlice(counters, namespaceLabel(event.namespace), event);
      if (event.comparison === null) return;
      recent.sample(event);
      histograms.retr_dual_latency_loss_ms.observe(event.comparison.latencyLossMs);
      histograms.retr_dual_overlap.observe(event.comparison.overlap);
      histograms.retr_dual_rank_biased_overlap.observe(event.comparison.rankOverlap);
      counters.retr_dual_newer_chunks_total.add(event.comparison.newer);
      counters.retr_dual_lost_chunks_total.add(event.comparison.lost);
      histograms.retr_dual_score_loss.observe(event.comparison.scoreLoss);
    },
    onExact: (event) => {
      countExact(counters, event);
      if (event.primaryRecall !== null) histograms.retr_recall_primary.observe(event.primaryRecall);
      if (event.shadowRecall !== null) histograms.retr_recall_shadow.observe(event.shadowRecall);
    },
    onRecall: (event) => countRecall(counters, event),
    onFailedSample: (increment) => countFailedSample(counters, increment),
    onConfig: ({ epoch, roles, thresholds, ...facts }) => {
      sampleRateAt = facts.sampleRateAt;
      gauges.retr_config_epoch.set(epoch);
      gauges.retr_backend_info.reset();
      for (const { role, kind } of roles) gauges.retr_backend_info.set({ role, kind }, 1);
      // Edges follow the thresholds; a histogram can't change its own, so it starts anew like after a restart.
      const next = JSON.stringify([thresholds.scoreDelta, thresholds.latencyDeltaMs]);
      if (next !== edges) histograms = makeHistograms(registry, thresholds);
      edges = next;
    },
    onConfigFault: (fault) => gauges.retr_config_fault.set(fault === null ? 0 : 1),
    onRecallStopped: (isStopped) => gauges.retr_recall_stopped.set(isStopped ? 1 : 0),
    render: async () => ({ text: await registry.metrics(), contentType: registry.contentType }),
  };
}

type Counters = Record<CounterName, Tally>;
type Gauges = Record<GaugeName, Gauge>;

function countAnswer(counters: Counters, { candidates }: BackendAnswer, k: number): void {
  counters[contract.retrievalTotal].add(1);
  if (candidates.length === 0) counters.retr_empty_total.add(1);
  if (candidates.length < k) counters[contract.partial].add(1);
}

const sampleCounters = [
  ["retr_dual_answered_total", "answered"],
  ["retr_dual_shadow_timeouts_total", "shadowTimeouts"],
  ["retr_dual_dropped_total", "shadowDropped"],
  ["retr_dual_score_worse_total", "scoreWorse"],
  ["retr_dual_latency_worse_total", "latencyWorse"],
  ["retr_dual_latency_better_total", "latencyBetter"],
  ["retr_dual_empty_worse_total", "emptyWorse"],
  ["retr_dual_lagging_total", "lagging"],
  [contract.dualMismatch, "mismatch"],
  ["retr_dual_ties_total", "ties"],
  ["retr_dual_overlap_sum", "overlapSum"],
  ["retr_dual_content_samples_total", "contentSamples"],
  ["retr_dual_content_missing_sum", "contentMissingSum"],
  ["retr_dual_content_different_sum", "contentDifferentSum"],
] as const;

function countSample(counters: Counters, { kind, increment }: SampleEvent): void {
  counters[contract.dualSamples].add(1);
  if (kind === "error" || kind === "timeout") counters[contract.dualShadowErrors].add(1);
  for (const [name, field] of sampleCounters) counters[name].add(increment[field] ?? 0);
}

function countFailedSample(counters: Counters, { failedChecked = 0, failedWorse = 0 }: Increment): void {
  counters.retr_failed_checked_total.add(failedChecked);
  counters.retr_failed_worse_total.add(failedWorse);
}

function countExact(counters: Counters, { kind }: ExactEvent): void {
  counters.retr_exact_samples_total.add(1);
  if (kind === "error" || kind === "timeout") counters.retr_exact_errors_total.add(1);
  if (kind === "dropped") counters.retr_exact_dropped_total.add(1);
}

function countRecall(counters: Counters, event: RecallEvent): void {
  counters.retr_recall_samples_total.add(1, event.kind);
  if (event.kind !== "measured") return;
  const loss = event.recall.source - event.recall.destination;
  counters.retr_recall_loss_sum.add(Math.max(0, loss));
  counters.retr_recall_gain_sum.add(Math.max(0, -loss));
}

function countSlice(counters: Counters, namespace: string, { increment }: SampleEvent): void {
  counters.retr_namespace_samples_total.add(1, namespace);
  counters.retr_namespace_mismatch_total.add(increment.mismatch ?? 0, namespace);
  counters.retr_namespace_score_worse_total.add(increment.scoreWorse ?? 0, namespace);
  counters.retr_namespace_latency_worse_total.add(increment.latencyWorse ?? 0, namespace);
}

function makeCounters(registry: Registry): Counters {
  return build("counter", (name, { help, labels }) => {
    return makeTally(registry, { name, help, labels });
  });
}

function makeGauges(registry: Registry): Gauges {
  return build("gauge", (name, { help, labels }) => {
    return new Gauge({ name, help, labelNames: [...labels], registers: [registry] });
  });
}

function makeHistograms(registry: Registry, thresholds: Thresholds | null): Record<HistogramName, Histogram> {
  const edgesOf: Record<HistogramName, readonly number[]> = {
    retr_primary_latency_ms: latencyEdgesMs,
    retr_dual_latency_loss_ms: withEdge(latencyLossEdges, thresholds?.latencyDeltaMs),
    retr_dual_overlap: overlapEdges,
    retr_dual_rank_biased_overlap: overlapEdges,
    retr_recall_primary: recallEdges,
    retr_recall_shadow: recallEdges,
    retr_dual_score_loss: withEdge(scoreLossEdges, thresholds?.scoreDelta),
  };
  return build("histogram", (name, { help }) => {
    registry.removeSingleMetric(name);
    return new Histogram({ name, help, buckets: [...edgesOf[name]], registers: [registry] });
  });
}

function withEdge(edges: readonly number[], edge: number | undefined): readonly number[] {
  return edge === undefined || edges.includes(edge) ? edges : [...edges, edge].toSorted((a, b) => a - b);
}

type Entry = { readonly help: string; readonly labels: readonly string[] };

function build<Type extends "counter" | "gauge" | "histogram", Metric>(
  type: Type,
  make: (name: NameOf<Type>, entry: Entry) => Metric,
): Record<NameOf<Type>, Metric> {
  const entries = Object.entries(metricTable).filter(([, entry]) => entry.type === type);
  const metrics = entries.map(([name, entry]) => [name, make(name as NameOf<Type>, entry)]);
  return Object.fromEntries(metrics) as Record<NameOf<Type>, Metric>;
}

/** Gauges of recent quantiles are computed at each scrape, not per request. */
function makeQuantileGauges(gauges: Gauges, clock: Clock) {
  const track = (gauge: Gauge, labels: Record<string, string> = {}): ((value: number) => void) => {
    const values = makeRecentValues(recentCapacity, recentAgeMs);
    addCollector(gauge, () => setQuantiles(gauge, labels, values, clock.monotonicMs()));
    return (value) => values.add(value, clock.monotonicMs());
  };
  const backends = new Map<string, (value: number) => void>();
  // By role as well: between two stores of one kind the slower one's times would be lost among the other's.
  const backend = (kind: string, role: "primary" | "shadow", value: number): void => {
    const key = `${role} ${kind}`;
    const known = backends.get(key) ?? track(gauges[contract.backendLatencyMs], { backend: kind, role });
    backends.set(key, known);
    known(value);
  };
  const latencyDelta = track(gauges[contract.dualDeltaLatencyMs]);
  const scoreDelta = track(gauges[contract.dualDeltaScore]);
  const rankOverlap = track(gauges.retr_dual_rank_overlap);
  const lag = track(gauges.retr_dual_lag_ms);
  return {
    total: track(gauges[contract.latencyTotalMs]),
    vector: track(gauges[contract.latencyVectorMs]),
    backend,
    sample: ({ comparison, shadowKind, shadowMs }: SampleEvent): void => {
      if (comparison === null) return;
      latencyDelta(comparison.latencyDeltaMs);
      scoreDelta(comparison.scoreDelta);
      rankOverlap(comparison.rankOverlap);
      if (comparison.lagMs !== null) lag(comparison.lagMs);
      if (shadowMs !== null) backend(shadowKind, "shadow", shadowMs);
    },
  };
}

const collectors = new WeakMap<Gauge, (() => void)[]>();

/** prom-client knows one collect function a gauge; a gauge with a label per store needs several. */
function addCollector(gauge: Gauge, collect: () => void): void {
  const known = collectors.get(gauge) ?? [];
  known.push(collect);
  collectors.set(gauge, known);
  Object.assign(gauge, { collect: () => known.forEach((each) => each()) });
}

function setQuantiles(gauge: Gauge, labels: Record<string, string>, values: RecentValues, nowMs: number): void {
  for (const [quantile, q] of quantiles) {
    const value = values.quantile(q, nowMs);
    if (Number.isNaN(value)) gauge.remove({ ...labels, quantile });
    else gauge.set({ ...labels, quantile }, value);
  }
}
