// The new primary over all requests, against the baseline that was kept before the cutover.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { Baseline } from "@retriever/crds/status/migration-status.ts";
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import { percent } from "../gates/gate-message.ts";
import type { Finding } from "../model/context.ts";
import { fastWindowSeconds } from "../time/evidence-spans.ts";
import { latencyQuantileMs } from "./baseline.ts";

/** Fewer requests than this in a window say nothing about the new primary. */
export const liveMinRequests = 50;
/** From this share of errors on nobody waits for `sustainedFor`. */
const severeErrorShare = 0.2;

/** The severe-harm rule: errors on every fifth request while the source answers. Undefined when it doesn't apply. */
export function findSevereHarm(plan: MigrationSpec, fast: Counters, sourceAnswers: boolean): Finding | undefined {
  const share = fast.errors / fast.requests;
  if (!sourceAnswers || fast.requests < liveMinRequests || share < severeErrorShare) return undefined;
  return {
    rule: "severe",
    action: plan.thresholds.livePrimary.afterCutover,
    message: `live primary: ${percent(share)} of ${fast.requests} requests failed within ${fastWindowSeconds} s while the source answers (limit ${percent(severeErrorShare)})`,
  };
}

/** What is worse than the baseline over the alert's window. */
export function findLiveCauses(plan: MigrationSpec, window: Counters, baseline: Baseline | undefined): Finding[] {
  if (baseline === undefined || window.requests < liveMinRequests) return [];
  const { maxErrorIncrease, maxEmptyIncrease, maxP95IncreaseMs, afterCutover } = plan.thresholds.livePrimary;
  const p95Ms = latencyQuantileMs(window.latencyBuckets, 0.95) ?? 0;
  const errorShare = window.errors / window.requests;
  const emptyShare = window.empty / window.requests;
  const checks: readonly [boolean, string][] = [
    [
      errorShare > baseline.errorShare + maxErrorIncrease,
      `${percent(errorShare)} failed (before the cutover ${percent(baseline.errorShare)})`,
    ],
    [
      emptyShare > baseline.emptyShare + maxEmptyIncrease,
      `${percent(emptyShare)} came back empty (before the cutover ${percent(baseline.emptyShare)})`,
    ],
    [
      p95Ms >= baseline.p95Ms + maxP95IncreaseMs,
      `p95 is ${Math.round(p95Ms)} ms (before the cutover ${Math.round(baseline.p95Ms)} ms, allowed ${maxP95IncreaseMs} ms more)`,
    ],
  ];
  return checks.flatMap(([harmful, what]) => {
    const message = `live primary: of ${window.requests} requests over ${plan.rollback.window}, ${what}`;
    return harmful ? [{ rule: "livePrimary", action: afterCutover, message } satisfies Finding] : [];
  });
}
