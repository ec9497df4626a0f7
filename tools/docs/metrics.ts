// The page of metrics, from the tables that the metrics are built from.
import { metricTable as operatorMetrics } from "../../operator/src/telemetry/metric-table.ts";
import { metricTable as syncMetrics } from "../../retriever-data/src/sync/metric-table.ts";
import { metricTable as sidecarMetrics } from "../../retriever-sidecar/src/telemetry/metric-table.ts";
import { code, table } from "./markdown.ts";

type Metric = { readonly type: string; readonly labels: readonly string[]; readonly help: string };

/** Markdown of `docs/metrics.md`. */
export function renderMetricsPage(): string {
  return [
    "# Metrics",
    "",
    "Generated from the code by `make generate`; a stale page fails `make check`.",
    "",
    "## The sidecar (`admin` port, `/metrics`)",
    "",
    "The names of the [retrieval service's contract](architecture.md#the-retrieval-services-contract) stay as they are, their `_ms` included; ours stand beside them. *Worse* always means the destination worse than the source, whichever of them is primary ([ADR 5](adr/0005-one-sided-harm.md)).",
    "",
    ...metrics(sidecarMetrics),
    "",
    "## The operator (`/metrics`)",
    "",
    "Base units; series of a deleted migration are removed.",
    "",
    ...metrics(Object.fromEntries(operatorMetrics.map((metric) => [metric.name, { ...metric, type: metric.kind }]))),
    "",
    "## Sync metrics (`retriever-data sync --listen`, `/metrics`)",
    "",
    "Base units, from the beginning of the process ([what they mean together](sync.md#lag-backlog-and-refused-chunks)).",
    "",
    ...metrics(syncMetrics),
    "",
  ].join("\n");
}

function metrics(byName: Readonly<Record<string, Metric>>): string[] {
  return table(
    ["name", "type", "labels", "meaning"],
    Object.entries(byName).map(([name, { type, labels, help }]) => [
      code(name),
      type,
      labels.map(code).join(", ") || "none",
      help,
    ]),
  );
}
