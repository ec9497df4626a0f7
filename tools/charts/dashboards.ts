// The dashboards of variance, as Grafana reads them. Pure; tools/charts/generate.ts writes them.
import { at, type Dashboard, over, overOrNone } from "./panel.ts";

const share = (metric: string) => `${over(metric)} / ${over("retr_dual_answered_total")}`;
const p = (quantile: number, metric: string) =>
  `histogram_quantile(${quantile}, sum by (namespace, target, le) (rate(${metric}_bucket{${at}}[5m])))`;
/** Of the operator's lines of harm. */
const lines = (metric: string, line = ".+") =>
  `max by (namespace, target, line, slice) (${metric}{${at}, line=~"${line}"})`;

/** What the plan in force allows, by Deployment. */
const limitOf = (metric: string) => `max by (namespace, target) (${metric}{${at}})`;

/** By file name without its ending. */
export const dashboards: Readonly<Record<string, Dashboard>> = {
  "variance-overview": {
    uid: "retriever-variance",
    title: "Retriever: variance overview",
    about: "Is the destination worse than the plan allows, and how sure is the operator of it?",
    panels: [
      {
        title: "Evidence of harm",
        about: "The operator's, by line and slice, on a scale of logarithms: from 1 on it stands, and the alert fires.",
        unit: "short",
        limit: 1,
        queries: { "{{line}} {{slice}} {{target}}": lines("retriever_migration_harm_evidence") },
      },
      {
        title: "Bad scores and latencies, and the plan's limits",
        about: "Shares of 5 minutes by the sidecars' counters.",
        unit: "percentunit",
        queries: {
          "score {{target}}": share("retr_dual_score_worse_total"),
          "latency {{target}}": share("retr_dual_latency_worse_total"),
          "limit {{line}} {{slice}} {{target}}": lines("retriever_migration_harm_limit", "score|latency"),
        },
      },
      {
        title: "Samples with another top chunk",
        about: "Ties apart. What is normal was measured in the warm-up.",
        unit: "percentunit",
        queries: { "{{target}}": share("retr_dual_mismatch_total") },
      },
      {
        title: "Latency, destination minus source",
        about: "Below 0 the destination is faster: reported, never a cause.",
        unit: "ms",
        queries: {
          "p50 {{target}}": p(0.5, "retr_dual_latency_loss_ms"),
          "p95 {{target}}": p(0.95, "retr_dual_latency_loss_ms"),
          "limit {{target}}": `1000 * ${limitOf("retriever_migration_latency_delta_limit_seconds")}`,
        },
      },
      {
        title: "Score, source minus destination",
        about: "Top similarities, 0 to 1.",
        unit: "short",
        queries: {
          "p50 {{target}}": p(0.5, "retr_dual_score_loss"),
          "p95 {{target}}": p(0.95, "retr_dual_score_loss"),
          "limit {{target}}": limitOf("retriever_migration_score_delta_limit"),
        },
      },
      {
        title: "Chunks in both answers",
        about: "Mean share; it sees neither ties nor order.",
        unit: "percentunit",
        queries: { "{{target}}": `${over("retr_dual_overlap_sum")} / ${over("retr_dual_answered_total")}` },
      },
    ],
  },
  "shadow-health": {
    uid: "retriever-shadow",
    title: "Retriever: shadow health",
    about: "Does the store that only watches answer, in time, and all we ask?",
    panels: [
      {
        title: "What became of the samples",
        about: "Answered, failed, late, or given up by the sidecar's own limit.",
        unit: "reqps",
        queries: {
          "answered {{target}}": over("retr_dual_answered_total"),
          "errors {{target}}": over("retr_dual_shadow_errors_total"),
          "time-outs {{target}}": over("retr_dual_shadow_timeouts_total"),
          "dropped {{target}}": over("retr_dual_dropped_total"),
        },
      },
      {
        title: "Share of failed samples",
        about: "More than 0 in two windows of 5 minutes is an alert.",
        unit: "percentunit",
        limit: 0.001,
        queries: { "{{target}}": `${over("retr_dual_shadow_errors_total")} / ${over("retr_dual_samples_total")}` },
      },
      {
        title: "Chunks the destination lacks",
        about: "Lag is newer than its newest chunk; the rest is loss.",
        unit: "reqps",
        queries: {
          "lag {{target}}": over("retr_dual_newer_chunks_total"),
          "loss {{target}}": over("retr_dual_lost_chunks_total"),
        },
      },
      {
        title: "Conditions",
        about: "1 where the condition is False.",
        unit: "short",
        queries: {
          "{{name}} {{condition}}":
            'max by (namespace, name, condition) (retriever_migration_condition{namespace=~"$namespace", name=~"$migration", status="false", condition=~"Reachable|MetricsHealthy|ConfigPropagated|RollbackReady"}) == 1',
        },
      },
    ],
  },
  "backend-latency": {
    uid: "retriever-latency",
    title: "Retriever: backend latency comparison",
    about: "How long does each store take, and the whole answer?",
    panels: [
      {
        title: "Time a store takes, p95",
        about: "By role and kind; of the last 10 minutes, the slowest pod.",
        unit: "ms",
        queries: {
          "{{role}} {{backend}} {{target}}":
            'max by (namespace, target, backend, role) (retr_backend_latency_ms{namespace=~"$namespace", target=~"$target", backend=~"$store", quantile="p95"})',
        },
      },
      {
        title: "Time a store takes, p50",
        about: "By role and kind; of the last 10 minutes, the slowest pod.",
        unit: "ms",
        queries: {
          "{{role}} {{backend}} {{target}}":
            'max by (namespace, target, backend, role) (retr_backend_latency_ms{namespace=~"$namespace", target=~"$target", backend=~"$store", quantile="p50"})',
        },
      },
      {
        title: "Primary, all requests",
        about: "What users feel.",
        unit: "ms",
        queries: {
          "p50 {{target}}": p(0.5, "retr_primary_latency_ms"),
          "p95 {{target}}": p(0.95, "retr_primary_latency_ms"),
          "p99 {{target}}": p(0.99, "retr_primary_latency_ms"),
        },
      },
      {
        title: "Stores by role",
        about: "Pods that have a kind of store in a role.",
        unit: "short",
        queries: {
          "{{role}} {{kind}} {{target}}":
            'count by (namespace, target, role, kind) (retr_backend_info{namespace=~"$namespace", target=~"$target", kind=~"$store"} == 1)',
        },
      },
      {
        title: "Failed and empty answers",
        about: "Of all requests.",
        unit: "percentunit",
        queries: {
          "failed {{target}}": `${overOrNone("retr_errors_total")} / ${over("retrieval_total")}`,
          "empty {{target}}": `${over("retr_empty_total")} / ${over("retrieval_total")}`,
        },
      },
    ],
  },
  "sample-rate-audit": {
    uid: "retriever-sampling",
    title: "Retriever: sample rate audit",
    about: "Do the pods sample what they were told, all of them the same?",
    panels: [
      {
        title: "Expected and actual sample rate",
        about: "Actual: samples per request.",
        unit: "percentunit",
        queries: {
          "actual {{target}}": `${over("retr_dual_samples_total")} / ${over("retrieval_total")}`,
          "expected {{target}}": `max by (namespace, target) (retriever_migration_sample_rate{${at}})`,
        },
      },
      {
        title: "Requests and samples",
        about: "Growth of samples must follow requests times rate.",
        unit: "reqps",
        queries: {
          "requests {{target}}": over("retrieval_total"),
          "samples {{target}}": over("retr_dual_samples_total"),
        },
      },
      {
        title: "Epochs in force",
        about: "One line per target when all pods agree.",
        unit: "short",
        queries: {
          "lowest {{target}}": `min by (namespace, target) (retr_config_epoch{${at}})`,
          "highest {{target}}": `max by (namespace, target) (retr_config_epoch{${at}})`,
          "wanted {{target}} by {{name}}": `max by (namespace, target, name) (retriever_migration_epoch{${at}})`,
        },
      },
      {
        title: "Pods that confirmed",
        about: "All, and those that follow the epoch.",
        unit: "short",
        queries: {
          "{{name}} {{state}}":
            'max by (namespace, name, state) (retriever_migration_pods{namespace=~"$namespace", name=~"$migration"})',
        },
      },
    ],
  },
};
