// A rehearsal as the data of a timeline.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { Curve, Mark, Stretch, TimelineData } from "@retriever/operator/page/timeline-data.ts";
import { clockWord } from "@retriever/operator/page/words.ts";
import type { Entry, Point, Rehearsal } from "#rehearse/rehearsal.ts";
import { phaseWord } from "#rehearse/render-text.ts";
import { decisionsOf, summarise } from "#rehearse/summary.ts";

export function timelineOf(plan: MigrationSpec, rehearsal: Rehearsal): TimelineData {
  const { entries, points } = rehearsal;
  const stretches = stretchesOf(rehearsal);
  const path = stretches.map(({ label }) => label).join(", then ");
  return {
    id: "timeline",
    title: "Timeline of the rehearsal",
    description: `${path}. ${summarise(rehearsal)}. Every mark is a line of the table below.`,
    clock: "virtual time",
    stretches,
    serves: points,
    curves: curvesOf(plan, points),
    marks: entries.flatMap((entry, index) => (isShown(entry) ? [markOf(entry, index + 1)] : [])),
    bands: bandsOf(entries),
  };
}

/** Times in one phase and rate, in their order; the last one goes on for a while beyond the last decision. */
function stretchesOf(rehearsal: Rehearsal): readonly Stretch[] {
  const moves = decisionsOf(rehearsal).filter(({ moved }) => moved);
  const tail = Math.max(60, rehearsal.seconds * 0.01);
  const end = Math.max(rehearsal.seconds, moves.at(-1)?.seconds ?? 0) + tail;
  const stretches: Stretch[] = [];
  for (const [index, move] of moves.entries()) {
    const from = index === 0 ? 0 : move.seconds;
    const to = moves[index + 1]?.seconds ?? end;
    const label = phaseWord(move);
    const last = stretches.at(-1);
    if (last?.label === label) stretches[stretches.length - 1] = { ...last, to };
    else if (to > from) stretches.push({ phase: move.phase, label, from, to });
  }
  const { phase } = rehearsal.status;
  return stretches.length > 0 ? stretches : [{ phase, label: phase, from: 0, to: end }];
}

type Value = (point: Point) => number | null;

/** Every curve that has something to show, from top to bottom. */
function curvesOf(plan: MigrationSpec, points: readonly Point[]): readonly Curve[] {
  const { scoreDelta, latencyDelta, shadowErrors, livePrimary } = plan.thresholds;
  const share = (name: string, unit: string, value: Value, limit: (point: Point) => number): Curve => ({
    name,
    unit,
    kind: "share",
    points: points.map((point) => ({ seconds: point.seconds, value: value(point), limit: limit(point) })),
  });
  const plain = (name: string, unit: string, kind: "rate" | "amount", value: Value): Curve => ({
    name,
    unit,
    kind,
    points: points.map((point) => ({ seconds: point.seconds, value: value(point) })),
  });
  const live: Value = ({ liveErrors }) => liveErrors;
  const gates = [
    share(
      "score",
      `worse by > ${scoreDelta.limit}`,
      (at) => at.scoreDelta,
      () => scoreDelta.maxBadShare,
    ),
    share(
      "latency",
      `slower by ≥ ${latencyDelta.limitMs} ms`,
      (at) => at.latencyDelta,
      () => latencyDelta.maxBadShare,
    ),
    share(
      "top result",
      "another chunk",
      (at) => at.mismatch,
      (at) => at.mismatchLimit,
    ),
    share(
      "shadow errors",
      "of all samples",
      (at) => at.shadowErrors,
      () => shadowErrors.maxBadShare,
    ),
  ];
  return [
    plain("sample rate", "shadow requests", "rate", ({ sampleRate }) => sampleRate),
    ...gates,
    ...(points.some((point) => (live(point) ?? 0) > 0)
      ? [share("live errors", "of all requests", live, () => livePrimary.maxErrorIncrease)]
      : []),
    plain("traffic", "requests/s", "amount", ({ requestsPerSecond }) => requestsPerSecond),
  ];
}

/** Decisions that are shown: transitions, and what somebody had to be told. */
export function isShown(entry: Entry): boolean {
  return entry.kind === "event" || entry.moved || entry.announcements.length > 0;
}

export function kindOf(entry: Entry): Mark["kind"] {
  if (entry.kind === "event") return "event";
  return entry.announcements.some(({ severity }) => severity === "page") ? "alarm" : "decision";
}

function markOf(entry: Entry, number: number): Mark {
  const what = entry.kind === "event" ? entry.what : `${entry.phase}, ${entry.reason}: ${entry.message}`;
  const { seconds } = entry;
  return { number, seconds, kind: kindOf(entry), words: `${clockWord(seconds)} ${what}` };
}

/** From each event that ends by itself to its end. */
function bandsOf(entries: readonly Entry[]): TimelineData["bands"] {
  const events = entries.filter((entry) => entry.kind === "event");
  return events.flatMap((begin) => {
    const end = events.find((one) => one.ends && one.what === `${begin.what} (over)` && one.seconds >= begin.seconds);
    return begin.ends || end === undefined ? [] : [{ from: begin.seconds, to: end.seconds }];
  });
}
