// The lines of single namespaces: what is counted of each, and what the plan does about the harm of one alone.
import type { HarmAction, MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { HarmLine, HarmLineName } from "@retriever/crds/status/harm-status.ts";
import type { SliceCounters } from "@retriever/sidecar/contract/evidence.ts";
import { logMeanExp } from "../gates/e-value.ts";
import { contentOf } from "../gates/gate-counts.ts";
import { logDifferenceAbove, logDifferenceBelow } from "./detector.ts";
import { failuresOf } from "./failures.ts";
import {
  boundOf,
  type Facts,
  type LineCount,
  type LineRule,
  meanRule,
  recallOf,
  recallRule,
  shareRule,
  slicesWeight,
} from "./lines.ts";
import { contrastShares, noContrast } from "./reference.ts";

/** Slices that are judged by themselves; all others are one more. */
export const mostSlices = 20;

/** Lines that a status has room for at their longest, all traffic's included; a few names take the room of one. */
const mostLines = 68;
const namesForLine = 3;

export type SliceLine = LineRule & { readonly count: (counters: SliceCounters, whole?: SliceCounters) => LineCount };

/** What is judged of one namespace. */
export function sliceLinesOf(facts: Facts): readonly SliceLine[] {
  const lines = [...answerLinesOf(facts), ...(facts.pastCutover ? pairLinesOf(facts.plan) : [])];
  const weight = slicesWeight / ((mostSlices + 1) * lines.length);
  return lines.map((line) => ({ ...line, weight }));
}

function answerLinesOf({ plan, baseline, pastCutover }: Facts): readonly SliceLine[] {
  const { scoreDelta, mismatch, shadowErrors, livePrimary } = plan.thresholds;
  const after = plan.slices.afterCutover;
  // A namespace has its own share of mismatches, which nobody measured: it is held against what any corpus may have.
  // Recall is a mean over all traffic, in which one namespace that lost everything hardly shows: it disarms no slice.
  const mismatchLimit = Math.min(1, mismatch.ceiling + mismatch.maxIncrease);
  const errors = pastCutover
    ? { limit: boundOf(baseline?.errorShare, baseline?.requests) + livePrimary.maxErrorIncrease, action: after }
    : { limit: shadowErrors.maxBadShare, action: shadowErrors.beforeCutover };
  return [
    {
      ...shareRule("score", scoreDelta.maxBadShare, pastCutover ? after : scoreDelta.beforeCutover),
      count: ({ scoreWorse, answered }) => ({ bad: scoreWorse, n: answered }),
    },
    {
      ...shareRule("mismatch", mismatchLimit, pastCutover ? after : mismatch.beforeCutover),
      count: ({ mismatch: bad, answered }) => ({ bad, n: answered }),
    },
    {
      ...shareRule("errors", Math.min(1, errors.limit), errors.action),
      contrast: pastCutover ? contrastShares(0) : noContrast,
      count: pastCutover ? sliceFailuresOf : ({ shadowErrors: bad, answered }) => ({ bad, n: answered + bad }),
    },
  ];
}

/**
 * What of one namespace alone would move all after the cutover. Nobody measured what is usual for a namespace: its samples
 * alone tell, in which both stores were asked the same.
 */
function pairLinesOf({ thresholds, slices, recall }: MigrationSpec): readonly SliceLine[] {
  const { content, latencyDelta, livePrimary } = thresholds;
  return [
    {
      ...shareRule("emptyAnswers", livePrimary.maxEmptyIncrease, slices.afterCutover),
      count: ({ emptyWorse: bad, answered }) => ({ bad, n: answered }),
    },
    {
      ...differenceRule("latency", latencyDelta.maxBadShare, slices.afterCutover),
      count: ({ latencyWorse, latencyBetter, answered: n }) => ({
        bad: latencyWorse - latencyBetter,
        n,
        squares: latencyWorse + latencyBetter,
      }),
    },
    { ...shareRule("content", content.maxBadShare, slices.afterCutover), count: contentOf },
    ...(recall.mode === "Off" ? [] : [{ ...recallRule(recall.maxLoss, slices.afterCutover), count: recallOf }]),
  ];
}

function sliceFailuresOf(counters: SliceCounters, whole?: SliceCounters): LineCount {
  const tried = ({ answered, shadowErrors }: SliceCounters): number => answered + shadowErrors;
  const samples = { bad: counters.shadowErrors, n: tried(counters) };
  return failuresOf(counters, samples, whole && { counters: whole, sampled: tried(whole) });
}

/** How much more often the destination is the worse one of both: what both suffer is none of it. */
function differenceRule(line: HarmLineName, limit: number, action: HarmAction): LineRule {
  return {
    ...meanRule(line, limit, action),
    ratios: (count) => logDifferenceAbove(count, limit),
    logBelow: (count, share) => logMeanExp(logDifferenceBelow(count, share)),
  };
}

/**
 * The lines that have room beside so many names of slices to come: of slices those that stand, and then those with most
 * evidence. Any other begins anew, so that harm is told later there, and never where there is none.
 */
export function mostTelling(lines: readonly HarmLine[], names: number): HarmLine[] {
  const ofSlices = lines.filter(({ slice }) => slice !== null);
  const room = mostLines - Math.ceil(names / namesForLine) - (lines.length - ofSlices.length);
  if (ofSlices.length <= room) return [...lines];
  const isStanding = ({ clock }: HarmLine): number => (clock === undefined ? 0 : 1);
  const ranked = ofSlices.toSorted((a, b) => isStanding(b) - isStanding(a) || b.evidence - a.evidence);
  const kept = new Set(ranked.slice(0, room));
  return lines.filter((line) => line.slice === null || kept.has(line));
}
