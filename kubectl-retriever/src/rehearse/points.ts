// The numbers of one moment, from the same windows that the operator judges.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { Observation } from "@retriever/operator/core/model/observation.ts";
import { sumWindow } from "@retriever/operator/core/pods/epoch-evidence.ts";
import { servingPods } from "@retriever/operator/core/pods/pods.ts";
import { spansOf } from "@retriever/operator/core/time/evidence-spans.ts";
import { mismatchLimitOf, shareOf } from "@retriever/operator/page/gate-curves.ts";
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
  return {
    ...moment,
    phase: status.phase,
    sampleRate: status.revision?.sampleRate ?? 0,
    primary: status.revision?.primary ?? "source",
    scoreDelta: shareOf(seen.scoreWorse, seen.answered),
    latencyDelta: shareOf(seen.latencyWorse, seen.answered),
    mismatch: shareOf(seen.mismatch, seen.answered),
    shadowErrors: shareOf(failed, seen.answered + failed),
    liveErrors: shareOf(seen.errors, seen.requests),
    mismatchLimit: mismatchLimitOf(plan, status.baseline?.mismatchShare ?? null),
  };
}
