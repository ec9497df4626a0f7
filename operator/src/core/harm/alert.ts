// RETR_DUAL_VARIANCE_HIGH as the operator evaluates it: one-sided, the destination worse than the source.
import type { HarmAction, MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { Baseline } from "@retriever/crds/status/migration-status.ts";
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import { percent } from "../gates/gate-message.ts";
import type { Finding } from "../model/context.ts";

/** Fewer samples than this in the window say nothing: one bad sample must not be an alert. */
export const alertMinSamples = 20;

/** Findings over one window; empty when nothing is wrong or too little was seen. */
export function findAlertCauses(
  plan: MigrationSpec,
  window: Counters,
  baseline: Baseline | undefined,
  pastCutover: boolean,
): Finding[] {
  const { scoreDelta, latencyDelta, mismatch } = plan.thresholds;
  // The source's own failures after the cutover are no harm done by the destination.
  const failed = pastCutover ? 0 : window.shadowErrors + window.shadowTimeouts;
  const mismatchLimit = (baseline?.mismatchShare ?? mismatch.ceiling) + mismatch.maxIncrease;
  const lines = [
    {
      line: scoreDelta,
      what: `score lower by more than ${scoreDelta.limit}`,
      bad: window.scoreWorse,
      n: window.answered,
      limit: scoreDelta.maxBadShare,
    },
    {
      line: latencyDelta,
      what: `slower by ${latencyDelta.limitMs} ms or more`,
      bad: window.latencyWorse + failed,
      n: window.answered + failed,
      limit: latencyDelta.maxBadShare,
    },
    { line: mismatch, what: "another top chunk", bad: window.mismatch, n: window.answered, limit: mismatchLimit },
  ];
  return lines.flatMap(({ line, what, bad, n, limit }) => {
    if (n < alertMinSamples || bad / n <= limit) return [];
    const message = `${plan.rollback.alert}: ${what} than the source in ${percent(bad / n)} of ${n} samples over ${plan.rollback.window} (limit ${percent(limit)})`;
    return [{ rule: "alert", action: actionOf(line, pastCutover), message } satisfies Finding];
  });
}

/** The action of a threshold line on this side of the cutover. */
export function actionOf(
  line: { readonly beforeCutover: HarmAction; readonly afterCutover: HarmAction },
  pastCutover: boolean,
): HarmAction {
  return pastCutover ? line.afterCutover : line.beforeCutover;
}
