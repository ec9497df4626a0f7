// The charts of a migration: rate, gates against their limits, recall, errors and throughput over its phases.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import { gateWord } from "@retriever/operator/page/evidence-rows.ts";
import type { Curve, CurvePoint, Mark, Stretch, TimelineData } from "@retriever/operator/page/timeline-data.ts";
import { clockWord } from "@retriever/operator/page/words.ts";
import type { MigrationView } from "#output/migration-view.ts";
import { type CountedGate, countedGates, type TimelinePoint } from "./timeline-points.ts";

/** The drawing is the largest part of a page, and changes as a whole: it goes on once in so long, ms. */
const drawnEveryMs = 60_000;

/** Undefined before the first step and the first point. The same for all of a minute in which no step is taken. */
export function liveTimeline(
  view: MigrationView,
  allPoints: readonly TimelinePoint[],
  at: number,
): TimelineData | undefined {
  const now = Math.floor(at / drawnEveryMs) * drawnEveryMs;
  const ended = isFinalPhase(view.status.phase);
  const points = ended ? allPoints : allPoints.filter(({ ms }) => ms <= now);
  const { history, phaseStartedAt } = view.status;
  const times = [history[0]?.at, phaseStartedAt].map((at) => Date.parse(at ?? ""));
  const fromMs = Math.min(...[...times, points[0]?.ms ?? Number.NaN].filter((ms) => !Number.isNaN(ms)));
  if (!Number.isFinite(fromMs)) return undefined;
  const since = (ms: number): number => Math.max(0, (ms - fromMs) / 1000);
  const lastMs = Math.max(Date.parse(history.at(-1)?.at ?? "") || fromMs, points.at(-1)?.ms ?? fromMs);
  const end = since(ended ? lastMs : Math.max(now, lastMs)) + 60;
  const stretches = stretchesOf(view, since, end);
  const path = stretches.map(({ label }) => label).join(", then ");
  return {
    id: "timeline",
    title: "Timeline of the migration",
    description: `${path}. Every mark is a line of the story below.`,
    clock: "since the start",
    stretches,
    serves: servesOf(view, since),
    curves: curvesOf(view.plan, points, since),
    marks: history.map(({ at, reason, message, phase: step }, index): Mark => {
      const seconds = since(Date.parse(at));
      const kind = step === "RollingBack" ? "alarm" : "decision";
      return { number: index + 1, seconds, kind, words: `${clockWord(seconds)} ${step}, ${reason}: ${message}` };
    }),
    bands: [],
  };
}

function stretchesOf({ status }: MigrationView, since: (ms: number) => number, end: number): readonly Stretch[] {
  const steps = status.history.map(({ at, phase }) => ({ phase, from: since(Date.parse(at)) }));
  if (steps.length === 0) return [{ phase: status.phase, label: status.phase, from: 0, to: end }];
  const stretches: Stretch[] = [];
  for (const [index, { phase, from }] of steps.entries()) {
    const to = Math.max(from, steps[index + 1]?.from ?? end);
    const last = stretches.at(-1);
    if (last?.phase === phase) stretches[stretches.length - 1] = { ...last, to };
    else stretches.push({ phase, label: phase, from: index === 0 ? 0 : from, to });
  }
  return stretches;
}

const onDestination: readonly string[] = ["CuttingOver", "Guard", "Completed"];

/** The destination from the cutover on, until it goes back. */
function servesOf({ status }: MigrationView, since: (ms: number) => number): TimelineData["serves"] {
  const serves = status.history.map(({ at, phase }) => {
    const primary = onDestination.includes(phase) ? ("destination" as const) : ("source" as const);
    return { seconds: since(Date.parse(at)), primary };
  });
  return serves.length === 0 ? [{ seconds: 0, primary: status.revision?.primary ?? "source" }] : serves;
}

/** Fewer requests between two points make a share of chance. */
const fewest = 20;

/** As it was judged; in the guard, where no gate is, as it was counted, against the limit that it had last. */
function shareOfGate(name: string, points: readonly TimelinePoint[]) {
  const counted = countedGates.find((one) => one === name);
  let limit: number | undefined;
  return (point: TimelinePoint, index: number): Omit<CurvePoint, "seconds"> => {
    const gate = point.gates.find((one) => one.gate === name);
    if (gate !== undefined) {
      const { value } = gate;
      // What may not fall below a floor is drawn as what is lost: the same side is the bad one in every row.
      const isFloor = name === "overlap";
      limit = isFloor ? 1 - gate.limit : gate.limit;
      const drawn = isFloor && value !== null ? 1 - value : value;
      // What may not be far from the rate that was asked for has no bad side.
      return name === "sampleRatio" ? { value } : { value: drawn, limit };
    }
    const share = counted === undefined ? null : shareBetween(counted, points[index - 1], point);
    return limit === undefined || share === null ? { value: share } : { value: share, limit };
  };
}

/** Of what was answered between two moments of an epoch; null where that is too little to say. */
function shareBetween(gate: CountedGate, before: TimelinePoint | undefined, point: TimelinePoint): number | null {
  const [from, to] = [before?.samples ?? null, point.samples];
  if (from === null || to === null || before?.epoch !== point.epoch) return null;
  const [answered, bad] = [to.answered - from.answered, to[gate] - from[gate]];
  const share = bad / answered;
  return answered < fewest || bad < 0 || !Number.isFinite(share) ? null : share;
}

function curvesOf(
  plan: MigrationSpec | undefined,
  points: readonly TimelinePoint[],
  since: (ms: number) => number,
): readonly Curve[] {
  const curve = (
    name: string,
    unit: string,
    kind: Curve["kind"],
    at: (point: TimelinePoint, index: number) => Omit<CurvePoint, "seconds">,
  ): Curve => ({
    name,
    unit,
    kind,
    points: points.map((point, index) => ({ seconds: since(point.ms), ...at(point, index) })),
  });
  const judged = points.flatMap((point) => point.gates.map(({ gate }) => gate));
  const counted = points.some(({ samples }) => samples !== null) ? countedGates : [];
  const gates = [...new Set([...judged, ...counted])].filter((gate) => !gate.endsWith("Ms"));
  const between = (
    index: number,
  ): { readonly requests: number; readonly errors: number; readonly seconds: number } | undefined => {
    const [before, point] = [points[index - 1], points[index]];
    if (before === undefined || point === undefined || before.epoch !== point.epoch) return undefined;
    if (before.requests === null || point.requests === null) return undefined;
    const requests = point.requests - before.requests;
    const seconds = (point.ms - before.ms) / 1000;
    return requests < 0 || seconds <= 0
      ? undefined
      : { requests, errors: Math.max(0, (point.errors ?? 0) - (before.errors ?? 0)), seconds };
  };
  let rate = 0;
  const rates = points.map(({ sampleRate }) => {
    rate = sampleRate ?? rate;
    return rate;
  });
  const all = [
    curve("sample rate", "shadow requests", "rate", (_, index) => ({ value: rates[index] ?? 0 })),
    ...gates.map((name) =>
      curve(name, name === "overlap" ? "chunks not in both" : gateWord(name, plan), "share", shareOfGate(name, points)),
    ),
    curve("recall", "lost", "share", ({ recallLoss }) => {
      const value = recallLoss === null ? null : Math.max(0, recallLoss);
      return value === null || plan === undefined ? { value } : { value, limit: plan.recall.maxLoss };
    }),
    curve("live errors", "of all requests", "share", (_, index) => {
      const part = between(index);
      return { value: part === undefined || part.requests < fewest ? null : part.errors / part.requests };
    }),
    curve("traffic", "requests/s", "amount", (_, index) => {
      const part = between(index);
      return { value: part === undefined ? null : part.requests / part.seconds };
    }),
  ];
  return all.filter(({ kind, points: drawn }) => kind === "rate" || drawn.some(({ value }) => value !== null));
}
