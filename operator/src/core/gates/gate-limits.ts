// Where each gate passes and where it fails, and their error budget: how often the gates of one migration may be wrong.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { Baseline } from "@retriever/crds/status/migration-status.ts";
import { upperBound } from "./confidence-sequence.ts";
import type { RateGate } from "./gate-counts.ts";
import type { RateQuestion } from "./sequential.ts";

/** Chance that any p95 or mean gate ever fails a healthy destination in a whole migration. */
export const failBudget = 0.01;
/**
 * Chance that a gate ever passes a rate over its limit. Not shared: a bad destination is promoted only if the gate that
 * should see it passes in every stage, each time on new samples, so the chance of one stage bounds the migration's.
 */
export const passBudget = 0.05;
/** Chance that mismatch or overlap fails a healthy destination, per gate and stage: they may fail at the first sample. */
export const strictAlpha = 1e-4;

/** Gates that share `failBudget`: scoreDelta, scoreMean, latencyDelta. */
const sharingGates = 3;

export type ErrorShares = { readonly alpha: number; readonly beta: number };

/** What one gate of one stage may spend: the union bound over gates and stages for failing. */
export function errorShares(stages: number): ErrorShares {
  return { alpha: failBudget / (sharingGates * Math.max(1, stages)), beta: passBudget };
}

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
