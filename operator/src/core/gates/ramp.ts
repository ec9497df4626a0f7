// The gates of a ramp stage: rates of bad samples against limits. Pass, Fail, NotYet; Unknown without evidence.
import type { MigrationSpec } from "@retriever/crds/migration-spec.ts";
import type { Baseline, Verdict } from "@retriever/crds/migration-status.ts";
import { type Counters, noCounters } from "@retriever/sidecar/contract/evidence.ts";
import { wilsonInterval } from "./interval.ts";

export const gateNames = ["scoreDelta", "latencyDelta", "mismatch", "shadowErrors"] as const;
export type GateName = (typeof gateNames)[number];

export type GateInput = {
  readonly plan: MigrationSpec;
  readonly minSamples: number;
  /** Totals of the epoch over all pods; null when they can't be trusted. */
  readonly totals: Counters | null;
  /** Seconds since the stage's clock started. */
  readonly elapsedSeconds: number;
  readonly baseline: Baseline | undefined;
  /** Shadow errors in the newest error window; null when unknown. */
  readonly recentShadowErrors: number | null;
};

/** Judges every gate; the order is that of `gateNames`. */
export function judgeRamp(input: GateInput): Verdict[] {
  const { scoreDelta, latencyDelta, shadowErrors } = input.plan.thresholds;
  const totals = input.totals ?? noCounters();
  const { answered } = totals;
  const failed = totals.shadowErrors + totals.shadowTimeouts;
  const tried = answered + failed;
  const share = (gate: GateName, counts: Counts) => judgeShare(input, gate, counts);
  return [
    share("scoreDelta", { bad: totals.scoreWorse, n: answered, limit: scoreDelta.badShare }),
    share("latencyDelta", { bad: totals.latencyWorse + failed, n: tried, limit: latencyDelta.badShare }),
    share("mismatch", { bad: totals.mismatch, n: answered, limit: mismatchLimit(input) }),
    judgeShadowErrors(input, { bad: failed, n: tried, limit: shadowErrors.badShare }),
  ];
}

type Counts = { readonly bad: number; readonly n: number; readonly limit: number };

/** Never above the ceiling, and once the corpus was measured not far above what it is anyway. */
function mismatchLimit({ plan, baseline }: GateInput): number {
  const { ceiling, overBaseline } = plan.thresholds.mismatch;
  const measured = baseline?.mismatchShare ?? null;
  return measured === null ? ceiling : Math.min(ceiling, measured + overBaseline);
}

function judgeShare(input: GateInput, gate: GateName, { bad, n, limit }: Counts): Verdict {
  const value = n > 0 ? bad / n : null;
  const facts = {
    gate,
    value,
    interval: wilsonInterval(bad, n),
    n,
    limit,
    windowSeconds: Math.max(0, Math.round(input.elapsedSeconds)),
  };
  if (input.totals === null) return { ...facts, verdict: "Unknown", message: `${gate}: no trustworthy evidence` };
  if (n < Math.max(1, input.minSamples)) {
    return { ...facts, verdict: "NotYet", message: `${gate}: ${n} of ${input.minSamples} samples` };
  }
  const passes = value !== null && value <= limit;
  const relation = passes ? "within" : "over";
  return {
    ...facts,
    verdict: passes ? "Pass" : "Fail",
    message: `${gate}: ${percent(value)} of ${n} samples are bad, ${relation} the limit of ${percent(limit)}`,
  };
}

/**
 * Any recent error makes a rise wait, and so does a share over the limit until it is diluted. Never Fail:
 * stepping down is the affair of the shadow-error rule, which asks for two windows.
 */
function judgeShadowErrors(input: GateInput, counts: Counts): Verdict {
  const verdict = judgeShare(input, "shadowErrors", counts);
  if (verdict.verdict !== "Pass" && verdict.verdict !== "Fail") return verdict;
  if (input.recentShadowErrors === null)
    return { ...verdict, verdict: "Unknown", message: "shadowErrors: no recent evidence" };
  if (input.recentShadowErrors === 0) {
    return verdict.verdict === "Pass"
      ? verdict
      : { ...verdict, verdict: "NotYet", message: `${verdict.message}; waiting for samples without errors` };
  }
  return {
    ...verdict,
    verdict: "NotYet",
    message: `shadowErrors: ${input.recentShadowErrors} in the last error window`,
  };
}

/** 0.0123 → `1.23 %`. */
export function percent(share: number | null): string {
  return share === null ? "none" : `${Number((share * 100).toPrecision(3))} %`;
}
