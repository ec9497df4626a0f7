// What a line would notice, and after how many samples: for forecasts, and for what a guard that ends has proved.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { DetectionState, HarmLineName } from "@retriever/crds/status/harm-status.ts";
import type { Baseline } from "@retriever/crds/status/migration-status.ts";
import { logMeanExp } from "../gates/e-value.ts";
import { instantMs } from "../model/status-readings.ts";
import { couldTell, leastPartSamples, longestPartMs } from "./cause-clock.ts";
import { logThreshold } from "./detection.ts";
import { type LineCount, type LineRule, trafficLines } from "./lines.ts";

/** No answer is given beyond. */
const mostSamples = 1e9;
/** Halvings of the way from the limit to 1: the share is exact to a thousandth. */
const halvings = 12;
/** Variance of a sample's difference in recall that is reckoned with: one chunk of ten more or less in every second sample. */
const recallVariance = 0.005;

/** The lines over all traffic, each with what its evidence has to reach. */
export function reckonedLines(
  plan: MigrationSpec,
  baseline: Baseline | undefined,
  pastCutover: boolean,
): readonly (LineRule & { readonly threshold: number })[] {
  return trafficLines({ plan, baseline, pastCutover, differenceIsHarmless: false }).map((rule) => ({
    ...rule,
    threshold: logThreshold(plan, pastCutover, rule.weight),
  }));
}

/** Samples (or requests) after which a share is expected to stand out; null when it never does. */
export function samplesToStand(rule: LineRule, share: number, threshold: number): number | null {
  if (share <= rule.limit) return null;
  return fewest((n) => logMeanExp(rule.ratios(expected(rule.line, share, n))) >= threshold);
}

/** Samples of a part of the clock until it could tell such harm from its end; null when it never could. */
type SamplesOfParts = { readonly first: number | null; readonly later: number | null };

/** For harm that stands after `standing` samples; what a mean was is known from the first part on. */
export function samplesToTell(rule: LineRule, share: number, standing: number): SamplesOfParts {
  const { line } = rule;
  const logs = rule.ratios(expected(line, share, standing));
  const tell = (seen: LineCount): number | null => {
    const alarming = rule.alarmingShare(logs, seen);
    return fewest((n) => couldTell(expected(line, share, n), alarming, rule));
  };
  return { first: tell({ bad: 0, n: 1 }), later: tell(expected(line, share, standing)) };
}

/** The least number for which something holds that holds for all greater ones; null beyond a billion. */
function fewest(holds: (n: number) => boolean): number | null {
  let enough = 1;
  while (!holds(enough)) {
    enough *= 2;
    if (enough > mostSamples) return null;
  }
  let tooFew = Math.floor(enough / 2);
  while (enough - tooFew > 1) {
    const middle = Math.floor((enough + tooFew) / 2);
    if (holds(middle)) enough = middle;
    else tooFew = middle;
  }
  return enough;
}

/** The smallest share that so many samples are expected to make stand out, 0..1; null: not even everything. */
export function smallestShare(rule: LineRule, samples: number, threshold: number): number | null {
  const isSeen = (share: number): boolean => (samplesToStand(rule, share, threshold) ?? Infinity) <= samples;
  if (rule.limit >= 1 || !isSeen(1)) return null;
  let unseen = rule.limit;
  let seen = 1;
  for (let step = 0; step < halvings; step += 1) {
    const middle = (unseen + seen) / 2;
    if (isSeen(middle)) seen = middle;
    else unseen = middle;
  }
  return Number(seen.toPrecision(3));
}

type SmallestHarm = { readonly line: HarmLineName; readonly share: number | null };

/** What the guard's evidence would have shown at least, by line. */
export function smallestHarm(
  plan: MigrationSpec,
  baseline: Baseline | undefined,
  detection: DetectionState | undefined,
): SmallestHarm[] {
  const samples = new Map(
    (detection?.lines ?? []).flatMap(({ line, slice, n }) => (slice === null ? [[line, n] as const] : [])),
  );
  const watchedMs = (instantMs(detection?.until) ?? 0) - (instantMs(detection?.from) ?? 0);
  return reckonedLines(plan, baseline, true).map((rule) => {
    const n = samples.get(rule.line) ?? 0;
    // With fewer in a part no clock ever comes to its end, whatever the evidence.
    const isTooThin = rule.line !== "severe" && n * longestPartMs < leastPartSamples * watchedMs;
    return { line: rule.line, share: isTooThin ? null : smallestShare(rule, n, rule.threshold) };
  });
}

function expected(line: HarmLineName, share: number, n: number): LineCount {
  return { bad: share * n, n, ...(line === "recall" ? { squares: (share * share + recallVariance) * n } : {}) };
}
