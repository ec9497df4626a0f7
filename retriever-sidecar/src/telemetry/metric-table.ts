// Every metric of the sidecar: name, type, labels, meaning. The metrics and their reference page are made from it.
import { contractMetrics as contract } from "#contract/names.ts";

type MetricEntry = {
  readonly type: "counter" | "gauge" | "histogram";
  readonly labels: readonly string[];
  readonly help: string;
};

export const metricTable = {
  [contract.retrievalTotal]: counter("Valid retrieve requests, answered or failed."),
  [contract.cacheHit]: counter("Answers from a cache; always 0, the sidecar has none."),
  [contract.cacheMiss]: counter("Look-ups that missed a cache; always 0, the sidecar has none."),
  [contract.partial]: counter("Answers with fewer candidates than asked for."),
  [contract.latencyTotalMs]: gauge("Time from the whole request to the answer, ms, of the last 10 minutes.", [
    "quantile",
  ]),
  [contract.latencyVectorMs]: gauge("Time the primary store took, ms, of the last 10 minutes.", ["quantile"]),
  [contract.backendLatencyMs]: gauge("Time a store took, ms, by its kind and role, of the last 10 minutes.", [
    "backend",
    "role",
    "quantile",
  ]),
  [contract.dualDeltaLatencyMs]: gauge("Shadow minus primary, ms, of the last 10 minutes.", ["quantile"]),
  [contract.dualDeltaScore]: gauge("Difference of the top similarities of both stores.", ["quantile"]),
  [contract.dualSamples]: counter("Requests sampled, whatever became of them."),
  [contract.dualMismatch]: counter("Answered samples whose top chunk differs, ties apart."),
  [contract.dualShadowErrors]: counter("Samples that the shadow failed, timeouts included."),
  retr_errors_total: counter("Requests that the primary failed, by code.", ["code"]),
  retr_empty_total: counter("Answers without a candidate."),
  retr_rejected_total: counter("Requests refused before any store was asked, by code.", ["code"]),
  retr_dual_answered_total: counter("Samples that both stores answered."),
  retr_dual_shadow_timeouts_total: counter("Samples that the shadow didn't answer in time."),
  retr_dual_dropped_total: counter("Samples given up because of the sidecar's own limit."),
  retr_dual_score_worse_total: counter("Answered samples whose destination scored lower by more than the threshold."),
  retr_dual_latency_worse_total: counter("Answered samples whose destination was slower by at least the threshold."),
  retr_dual_latency_better_total: counter("The mirror: the source was the slower one by at least the threshold."),
  retr_dual_empty_worse_total: counter("Answered samples that came back empty from the destination alone."),
  retr_dual_sample_rate: gauge("Share of the requests that is sampled now, 0..1: fixed, or following the traffic."),
  retr_failed_checked_total: counter(
    "Requests that the destination failed as primary and the source was asked as well.",
  ),
  retr_failed_worse_total: counter("Those of them that the source answered."),
  retr_dual_ties_total: counter("Answered samples whose top chunk differs by a tie."),
  retr_dual_lagging_total: counter(
    "Answered samples in which the source has chunks newer than the destination's newest.",
  ),
  retr_dual_newer_chunks_total: counter("Chunks only the source answered, newer than the destination's newest: lag."),
  retr_dual_lost_chunks_total: counter("Chunks only the source answered that the destination should have: loss."),
  retr_dual_overlap_sum: counter("Sum of the shares of chunks in both answers; divide by retr_dual_answered_total."),
  retr_dual_content_samples_total: counter(
    "Answered samples whose request included text or metadata, and in which content of a chunk was compared.",
  ),
  retr_dual_content_missing_sum: counter(
    "Sum over them of the share of chunks that lack content at the destination, 0..1 each.",
  ),
  retr_dual_content_different_sum: counter("Sum of the share of chunks that have another content there, 0..1 each."),
  retr_dual_rank_overlap: gauge("Rank-biased overlap (p = 0.9) of both answers; the low quantiles show a loss.", [
    "quantile",
  ]),
  retr_dual_lag_ms: gauge("How much older a chunk of both answers is at the destination, ms.", ["quantile"]),
  retr_primary_latency_ms: histogram("Time the primary store took, ms."),
  retr_dual_latency_loss_ms: histogram("Destination minus source, ms; an edge at the threshold in force."),
  retr_dual_score_loss: histogram("Source minus destination top similarity; an edge at the threshold in force."),
  retr_dual_overlap: histogram("Share of chunks in both answers, 0..1."),
  retr_dual_rank_biased_overlap: histogram("Rank-biased overlap (p = 0.9) of both answers, 0..1."),
  retr_exact_samples_total: counter("Requests whose exact answer was asked for (exactSearch), whatever became of it."),
  retr_exact_errors_total: counter("Exact searches that the store failed, timeouts included."),
  retr_exact_dropped_total: counter("Exact searches given up because of the sidecar's own limit."),
  retr_recall_primary: histogram("Share of the exact answer's chunks that the primary answered, 0..1."),
  retr_recall_shadow: histogram("The same of the shadow, where both samples met."),
  retr_recall_samples_total: counter(
    "Samples for which both stores were searched exactly: measured, failed (a search failed, was late or junk), empty.",
    ["result"],
  ),
  retr_recall_loss_sum: counter(
    "Sum of how much lower the destination's recall was than the source's, against the exact answers of both, 0..1 each.",
  ),
  retr_recall_gain_sum: counter("The mirror: sum of how much higher the destination's recall was."),
  retr_recall_stopped: gauge(
    "1 while the exact searches for the migration's recall rest because a store is slow; reason in /v1/status.",
  ),
  retr_namespace_samples_total: counter(namespaceHelp("Samples"), ["namespace"]),
  retr_namespace_mismatch_total: counter(namespaceHelp("Answered samples whose top chunk differs"), ["namespace"]),
  retr_namespace_score_worse_total: counter(namespaceHelp("Answered samples over the score threshold"), ["namespace"]),
  retr_namespace_latency_worse_total: counter(namespaceHelp("Answered samples over the latency threshold"), [
    "namespace",
  ]),
  retr_backend_info: gauge("1 for the kind of store in each role.", ["role", "kind"]),
  retr_config_epoch: gauge("Epoch of the overlay in force; 0: the base alone."),
  retr_config_fault: gauge("1 while a document is refused, else 0."),
  retr_build_info: gauge("1, with the version.", ["version"]),
} as const satisfies Record<string, MetricEntry>;

export type MetricName = keyof typeof metricTable;

function counter<const Labels extends readonly string[] = readonly []>(help: string, labels?: Labels) {
  return { type: "counter", labels: labels ?? [], help } as const;
}

function gauge<const Labels extends readonly string[] = readonly []>(help: string, labels?: Labels) {
  return { type: "gauge", labels: labels ?? [], help } as const;
}

function namespaceHelp(what: string): string {
  return `${what}, by namespace: all as "other", and requests without one as "none"; with RETRIEVER_METRICS_NAMESPACES=true the first 20 seen by name.`;
}

function histogram(help: string) {
  return { type: "histogram", labels: [], help } as const;
}
