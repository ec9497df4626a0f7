// Metrics of `sync`, in base units, each read from its status. Their reference page is made from this.
import type { SyncStatus } from "@retriever/sidecar/contract/sync-status.ts";

type MetricEntry = {
  readonly type: "counter" | "gauge";
  readonly labels: readonly [];
  readonly help: string;
  readonly valueOf: (status: SyncStatus) => number;
};

function gauge(help: string, valueOf: MetricEntry["valueOf"]): MetricEntry {
  return { type: "gauge", labels: [], help, valueOf };
}

function counter(help: string, valueOf: MetricEntry["valueOf"]): MetricEntry {
  return { type: "counter", labels: [], help, valueOf };
}

const unknown = Number.NaN;

export const metricTable: Readonly<Record<string, MetricEntry>> = {
  retriever_sync_lag_seconds: gauge(
    "What the source held so long ago is in the destination; grows while a store fails. NaN until the source was read through.",
    ({ lagSeconds }) => lagSeconds ?? unknown,
  ),
  retriever_sync_backlog_chunks: gauge(
    "Chunks that are known to be due and aren't written yet.",
    ({ backlog }) => backlog,
  ),
  retriever_sync_refused_chunks: gauge(
    "Chunks that the destination refuses; `GET /v1/sync` names them with the reason.",
    ({ refused }) => refused.count,
  ),
  retriever_sync_failing: gauge("1 while a store fails, else 0.", ({ fault }) => (fault === null ? 0 : 1)),
  retriever_sync_verified_age_seconds: gauge(
    "Since the last full verification that came to an end began. NaN before the first.",
    ({ verified }) => verified?.ageSeconds ?? unknown,
  ),
  retriever_sync_left_chunks: gauge(
    "Differences that were left after its repair. NaN before the first.",
    ({ verified }) => verified?.left ?? unknown,
  ),
  retriever_sync_passes_total: counter("Passes that came to an end.", ({ done }) => done.passes),
  retriever_sync_written_total: counter("Chunks that the destination lacked and got.", ({ done }) => done.written),
  retriever_sync_replaced_total: counter("Chunks that the destination had older and got.", ({ done }) => done.replaced),
  retriever_sync_removed_total: counter(
    "Chunks that the source had no more and full verifications removed.",
    ({ done }) => done.removed,
  ),
  retriever_sync_missed_total: counter(
    "Chunks that only a full verification found: committed later than `--lag`, or written without a new moment.",
    ({ done }) => done.missed,
  ),
};
