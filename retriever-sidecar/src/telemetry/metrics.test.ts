import { expect, test } from "vitest";
import { contractMetrics } from "#contract/names.ts";
import type { SampleEvent } from "#retrieve/sample.ts";
import { metricTable } from "./metric-table.ts";
import { makeMetrics } from "./metrics.ts";

const clock = { wallMs: () => 0, monotonicMs: () => 0 };

function answered(scoreLoss: number, latencyLossMs: number): SampleEvent {
  const comparison = {
    scoreDelta: Math.abs(scoreLoss),
    latencyDeltaMs: latencyLossMs,
    mismatch: true,
    tie: false,
    scoreLoss,
    latencyLossMs,
    overlap: 0.5,
    rankOverlap: 0.4,
    lagMs: null,
    newer: 0,
    lost: 0,
    empty: "none" as const,
    content: null,
  };
  const increment = { answered: 1, mismatch: 1, overlapSum: 0.5 };
  const kinds = { namespace: "docs", primaryKind: "pgvector", shadowKind: "qdrant" };
  return { ...kinds, kind: "answered", causes: ["mismatch"], increment, comparison, shadowMs: 9, fault: null };
}

test("every metric of the table is exposed with its type, and every name of the contract is in the table", async () => {
  const { text } = await makeMetrics(clock, "1.2.3").render();
  for (const [name, { type }] of Object.entries(metricTable)) expect(text).toContain(`# TYPE ${name} ${type}`);
  expect(Object.keys(metricTable)).toEqual(expect.arrayContaining(Object.values(contractMetrics)));
  expect(text).toContain('retr_build_info{version="1.2.3"} 1');
});

const sampleRateAt = () => 0.25;

test("histograms have an edge at the thresholds in force, also after they change", async () => {
  const metrics = makeMetrics(clock, "1", true);
  const roles = [{ role: "primary", kind: "pgvector" }];
  metrics.onConfig({ epoch: 1, roles, thresholds: { scoreDelta: 0.33, latencyDeltaMs: 77 }, sampleRateAt });
  metrics.onSample(answered(0.3, 78));
  const { text } = await metrics.render();
  expect(text).toContain('retr_dual_score_loss_bucket{le="0.33"} 1');
  expect(text).toContain('retr_dual_latency_loss_ms_bucket{le="77"} 0');
  metrics.onConfig({ epoch: 2, roles, thresholds: { scoreDelta: 0.2, latencyDeltaMs: 80 }, sampleRateAt });
  const later = (await metrics.render()).text;
  expect(later).not.toContain('le="77"');
  expect(later).toContain("retr_dual_sample_rate 0.25");
});

test("samples count by what became of them, and deltas keep their sign", async () => {
  const metrics = makeMetrics(clock, "1", true);
  metrics.onSample(answered(0.1, -40));
  const nothing = { ...answered(0, 0), comparison: null, shadowMs: null };
  metrics.onSample({ ...nothing, kind: "timeout", increment: { shadowTimeouts: 1 } });
  metrics.onSample({ ...nothing, kind: "error", increment: { shadowErrors: 1 } });
  metrics.onSample({ ...nothing, kind: "dropped", increment: { shadowDropped: 1 } });
  const { text } = await metrics.render();
  for (const line of [
    "retr_dual_samples_total 4",
    "retr_dual_answered_total 1",
    "retr_dual_mismatch_total 1",
    "retr_dual_shadow_errors_total 2",
    "retr_dual_shadow_timeouts_total 1",
    "retr_dual_dropped_total 1",
    'retr_dual_delta_latency_ms{quantile="p50"} -40',
    'retr_backend_latency_ms{backend="qdrant",role="shadow",quantile="p95"} 9',
  ]) {
    expect(text).toContain(line);
  }
});

test("two stores of one kind are told apart by their role, so that the slow one is seen", async () => {
  const metrics = makeMetrics(clock, "1", true);
  metrics.onAnswer("qdrant", { candidates: [], vectorMs: 5 }, 5);
  metrics.onSample({ ...answered(0, 400), primaryKind: "qdrant", shadowMs: 405 });
  const { text } = await metrics.render();
  expect(text).toContain('retr_backend_latency_ms{backend="qdrant",role="primary",quantile="p95"} 5');
  expect(text).toContain('retr_backend_latency_ms{backend="qdrant",role="shadow",quantile="p95"} 405');
});

test("exact searches count by what became of them, and recalls fall into their histograms", async () => {
  const metrics = makeMetrics(clock, "1", true);
  const nothing = { primaryRecall: null, shadowRecall: null, fault: null };
  metrics.onExact({ ...nothing, kind: "answered", primaryRecall: 0.9, shadowRecall: 1 });
  for (const kind of ["answered", "timeout", "error", "dropped"] as const) metrics.onExact({ ...nothing, kind });
  const { text } = await metrics.render();
  for (const line of [
    "retr_exact_samples_total 5",
    "retr_exact_errors_total 2",
    "retr_exact_dropped_total 1",
    'retr_recall_primary_bucket{le="0.9"} 1',
    "retr_recall_primary_sum 0.9",
    "retr_recall_primary_count 1",
    'retr_recall_shadow_bucket{le="0.99"} 0',
    "retr_recall_shadow_count 1",
  ]) {
    expect(text).toContain(line);
  }
});

test("losses and gains of recall add up apart, beside what became of each measurement", async () => {
  const metrics = makeMetrics(clock, "1", true);
  metrics.onRecall({ kind: "measured", recall: { source: 1, destination: 0.75 } });
  metrics.onRecall({ kind: "measured", recall: { source: 0.25, destination: 0.75 } });
  for (const kind of ["failed", "empty"] as const) metrics.onRecall({ kind });
  metrics.onRecallStopped(true);
  const { text } = await metrics.render();
  for (const line of [
    'retr_recall_samples_total{result="measured"} 2',
    'retr_recall_samples_total{result="failed"} 1',
    "retr_recall_loss_sum 0.25",
    "retr_recall_gain_sum 0.5",
    "retr_recall_stopped 1",
  ]) {
    expect(text).toContain(line);
  }
  metrics.onRecallStopped(false);
  expect((await metrics.render()).text).toContain("retr_recall_stopped 0");
});

test("samples are sliced by namespace and overlaps fall into buckets with the edges that tell damage apart", async () => {
  const metrics = makeMetrics(clock, "1", true);
  metrics.onSample(answered(0, 0));
  const { text } = await metrics.render();
  expect(text).toContain('retr_namespace_samples_total{namespace="docs"} 1');
  expect(text).toContain('retr_namespace_mismatch_total{namespace="docs"} 1');
  for (const edge of [0.5, 0.7, 0.8, 0.9, 1]) expect(text).toContain(`retr_dual_overlap_bucket{le="${edge}"} 1`);
  expect(text).toContain('retr_dual_rank_biased_overlap_bucket{le="0.5"} 1');
});

test("a namespace that a request named, which may be a tenant's, is in no metric unless that was asked for", async () => {
  const metrics = makeMetrics(clock, "1");
  metrics.onSample(answered(0, 0));
  const { text } = await metrics.render();
  expect(text).toContain('retr_namespace_samples_total{namespace="other"} 1');
  expect(text).not.toContain("docs");
});
