// The numbers of one moment, from the same windows that the operator judges.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { Observation } from "@retriever/operator/core/model/observation.ts";
import { sumWindow } from "@retriever/operator/core/pods/epoch-evidence.ts";
import { servingPods } from "@retriever/operator/core/pods/pods.ts";
import { spansOf } from "@retriever/operator/core/time/evidence-spans.ts";
import { noCounters } from "@retriever/sidecar/contract/evidence.ts";
import type { Point } from "./rehearsal.ts";

/** A point of the curves; `status` is the one after the reconcile. */
export function pointOf(
  plan: MigrationSpec,
  observation: Observation,
  status: MigrationStatus,
  moment: { readonly seconds: number; readonly requestsPerSecond: number },
): Point {
  const { counters } = sumWindow(servingPods(observation) ?? [], status.epoch, spansOf(plan).alert);
  const seen = counters ?? noCounters();
  const failed = seen.shadowErrors + seen.shadowTimeouts;
  const { mismatch } = plan.thresholds;
  const baseline = status.baseline?.mismatchShare ?? null;
  return {
    ...moment,
    phase: status.phase,
    sampleRate: status.revision?.sampleRate ?? 0,
    primary: status.revision?.primary ?? "source",
    scoreDelta: share(seen.scoreWorse, seen.answered),
    latencyDelta: share(seen.latencyWorse, seen.answered),
    mismatch: share(seen.mismatch, seen.answered),
    shadowErrors: share(failed, seen.answered + failed),
    liveErrors: share(seen.errors, seen.requests),
    mismatchLimit: baseline === null ? mismatch.ceiling : Math.min(mismatch.ceiling, baseline + mismatch.maxIncrease),
  };
}

/** Fewer samples than this make a curve of chance, not of the stores. */
const fewest = 20;

function share(bad: number, n: number): number | null {
  return n < fewest ? null : bad / n;
}
