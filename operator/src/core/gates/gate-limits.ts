// Where each gate passes and where it fails, and how it may err.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { Baseline } from "@retriever/crds/status/migration-status.ts";
import { upperBound } from "./confidence-sequence.ts";
import { errorShares, strictAlpha } from "./error-budget.ts";
import type { RateGate } from "./gate-counts.ts";
import type { RateQuestion } from "./sequential.ts";

type GateRules = Pick<RateQuestion, "limit" | "failLimit" | "alpha" | "beta" | "deflates">;

/** Rules of every rate gate under a plan and the corpus' own baseline. */
export function gateRules(plan: MigrationSpec, baseline: Baseline | undefined): Readonly<Record<RateGate, GateRules>> {
  const { scoreDelta, latencyDelta, overlap } = plan.thresholds;
  const shares = errorShares(plan.stages.length);
  const shared = { ...shares, deflates: "both" } as const;
  const strict = { beta: shares.beta, deflates: "passing" } as const;
  return {
    scoreDelta: { ...shared, limit: scoreDelta.maxBadShare },
    scoreMean: { ...shared, limit: scoreDelta.limit },
    latencyDelta: { ...shared, limit: latencyDelta.maxBadShare },
    mismatch: { ...strict, ...mismatchLimits(plan, baseline) },
    overlap: { ...strict, alpha: strictAlpha, limit: 1 - overlap.floor },
  };
}

/**
 * Never above the ceiling, and once the corpus was measured not far above what it is anyway. The measurement has its
 * own uncertainty: failing begins where even its upper bound plus the margin is exceeded, half of alpha for each side.
 */
function mismatchLimits(
  plan: MigrationSpec,
  baseline: Baseline | undefined,
): Pick<GateRules, "limit" | "failLimit" | "alpha"> {
  const { ceiling, maxIncrease } = plan.thresholds.mismatch;
  if (baseline === undefined || baseline.mismatchShare === null)
    return { limit: ceiling, failLimit: ceiling, alpha: strictAlpha };
  const { mismatchShare: measured, mismatchSamples: samples = 0 } = baseline;
  const highest = upperBound(measured * samples, samples, strictAlpha / 2);
  return {
    limit: Math.min(ceiling, measured + maxIncrease),
    failLimit: Math.min(ceiling, highest + maxIncrease),
    alpha: strictAlpha / 2,
  };
}
