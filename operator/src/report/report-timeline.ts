// The gates over time: a timeline from the steps and counts of a chain.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { type GatePoint, gateCurves, mismatchLimitOf, shareOf, stretchesOf } from "#page/gate-curves.ts";
import type { Curve, Mark, TimelineData } from "#page/timeline-data.ts";
import { thinned } from "#page/timeline-rows.ts";
import { clockWord } from "#page/words.ts";
import type { Count, Step } from "./fold-records.ts";
import type { StoryEntry } from "./report.ts";

type Facts = {
  readonly status: MigrationStatus;
  readonly steps: readonly Step[];
  readonly counts: readonly Count[];
  readonly story: readonly StoryEntry[];
  readonly fromMs: number;
  readonly seconds: number;
};

export function timelineOf(plan: MigrationSpec | undefined, facts: Facts): TimelineData {
  const { status, steps, story, fromMs, seconds } = facts;
  const since = (at: string): number => Math.max(0, (Date.parse(at) - fromMs) / 1000);
  const moves = steps
    .filter(({ moved }) => moved)
    .map(({ phase, label, at }) => ({ phase, label, seconds: since(at) }));
  const stretches = stretchesOf(moves, seconds, status.phase);
  return {
    id: "timeline",
    title: "Timeline of the migration",
    description: timelineDescription(stretches),
    clock: "since the start",
    stretches,
    serves: steps
      .filter(({ primary }, index) => primary !== steps[index - 1]?.primary)
      .map(({ at, primary }) => ({ seconds: since(at), primary })),
    curves: plan === undefined ? [] : gateCurves(plan, pointsOf(plan, facts)).map(bounded),
    marks: story.map((entry) => markOf(entry, since(entry.at))),
    bands: [],
  };
}

export function timelineDescription(stretches: TimelineData["stretches"]): string {
  const path = stretches.map(({ label }) => label).join(", then ");
  return `${path}. Every mark is a line of the table of decisions.`;
}

/** Points of one curve: a report of 512 KiB has seven of them, drawn twice. */
const mostPoints = 400;

/** Steps stay where they were; of what was measured the highest stays. */
function bounded(curve: Curve): Curve {
  return curve.kind === "rate"
    ? { ...curve, points: changesOf(curve) }
    : { ...curve, points: thinned(curve.points, mostPoints) };
}

function changesOf({ points }: Curve): Curve["points"] {
  const isChange = (index: number) => points[index - 1]?.value !== points[index]?.value;
  return points.filter((_point, index) => isChange(index) || index === points.length - 1);
}

function markOf({ number, phase, reason, message, severity }: StoryEntry, seconds: number): Mark {
  const kind = severity === "page" ? "alarm" : "decision";
  return { number, seconds, kind, words: `${clockWord(seconds)} ${phase}, ${reason}: ${message}` };
}

/** Shares are over the counts of so long, within one epoch. */
const windowMs = 300_000;

function pointsOf(plan: MigrationSpec, { steps, counts, fromMs }: Facts): GatePoint[] {
  let begun = 0;
  const points = counts.flatMap((count, index): (GatePoint & { readonly ms: number })[] => {
    const { ms, epoch, totals } = count;
    // Bounded by its own count: where the clock was set back, an earlier one may be later than it.
    while (begun < index && (counts[begun]?.epoch !== epoch || ms - (counts[begun + 1]?.ms ?? ms) >= windowMs))
      begun += 1;
    const from = counts[begun] ?? count;
    const isFirst = from === count;
    const base = isFirst ? undefined : from.totals;
    const delta = (
      key:
        | "requests"
        | "errors"
        | "answered"
        | "scoreWorse"
        | "latencyWorse"
        | "mismatch"
        | "shadowErrors"
        | "shadowTimeouts",
    ): number => Math.max(0, totals[key] - (base?.[key] ?? 0));
    const [answered, failed] = [delta("answered"), delta("shadowErrors") + delta("shadowTimeouts")];
    return [
      {
        ms,
        seconds: (ms - fromMs) / 1000,
        sampleRate: 0,
        requestsPerSecond: isFirst || ms <= from.ms ? null : delta("requests") / ((ms - from.ms) / 1000),
        scoreDelta: shareOf(delta("scoreWorse"), answered),
        latencyDelta: shareOf(delta("latencyWorse"), answered),
        mismatch: shareOf(delta("mismatch"), answered),
        mismatchLimit: 0,
        shadowErrors: shareOf(failed, answered + failed),
        liveErrors: shareOf(delta("errors"), delta("requests")),
      },
    ];
  });
  return withSteps(plan, points, steps, fromMs);
}

/** Each point with the rate and the baseline in force, and each step as a point of its own, so that rates rise where they did. */
function withSteps(
  plan: MigrationSpec,
  points: readonly (GatePoint & { readonly ms: number })[],
  steps: readonly Step[],
  fromMs: number,
): GatePoint[] {
  const nothing = {
    requestsPerSecond: null,
    scoreDelta: null,
    latencyDelta: null,
    mismatch: null,
    shadowErrors: null,
    liveErrors: null,
  };
  const moments = [
    ...points.map((point) => ({ ms: point.ms, point, step: undefined })),
    ...steps.filter(({ moved }) => moved).map((step) => ({ ms: Date.parse(step.at), point: undefined, step })),
  ].toSorted((a, b) => a.ms - b.ms);
  let rate = 0;
  let mismatchLimit = mismatchLimitOf(plan, null);
  return moments.map(({ ms, point, step }) => {
    if (step !== undefined) {
      rate = step.sampleRate;
      mismatchLimit = mismatchLimitOf(plan, step.mismatchBaseline);
    }
    return { ...nothing, ...point, seconds: (ms - fromMs) / 1000, sampleRate: rate, mismatchLimit };
  });
}
