// The curves by which a migration is judged, and its stretches of one phase: the same for a rehearsal, the report of a
// migration, and a live view.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import type { Curve, Stretch } from "./timeline-data.ts";

/** The numbers at one moment. Shares are over the last minutes; null without enough samples or requests. */
export type GatePoint = {
  readonly seconds: number;
  readonly sampleRate: number;
  readonly requestsPerSecond: number | null;
  readonly scoreDelta: number | null;
  readonly latencyDelta: number | null;
  readonly mismatch: number | null;
  readonly mismatchLimit: number;
  readonly shadowErrors: number | null;
  /** Of all requests, whichever store is primary. */
  readonly liveErrors: number | null;
};

type Value = (point: GatePoint) => number | null;

/** Every curve that has something to show, from top to bottom. */
export function gateCurves(plan: MigrationSpec, points: readonly GatePoint[]): readonly Curve[] {
  const { scoreDelta, latencyDelta, shadowErrors, livePrimary } = plan.thresholds;
  const share = (name: string, unit: string, value: Value, limit: (point: GatePoint) => number): Curve => ({
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
  const limits = { score: () => scoreDelta.maxBadShare, latency: () => latencyDelta.maxBadShare };
  return [
    plain("sample rate", "shadow requests", "rate", ({ sampleRate }) => sampleRate),
    share("score", `worse by > ${scoreDelta.limit}`, (at) => at.scoreDelta, limits.score),
    share("latency", `slower by ≥ ${latencyDelta.limitMs} ms`, (at) => at.latencyDelta, limits.latency),
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
    ...(points.some((point) => (live(point) ?? 0) > 0)
      ? [share("live errors", "of all requests", live, () => livePrimary.maxErrorIncrease)]
      : []),
    plain("traffic", "requests/s", "amount", ({ requestsPerSecond }) => requestsPerSecond),
  ];
}

/** What a share of another top chunk is held against: the ceiling, or what was normal before and a little more. */
export function mismatchLimitOf({ thresholds }: MigrationSpec, baseline: number | null): number {
  const { ceiling, maxIncrease } = thresholds.mismatch;
  return baseline === null ? ceiling : Math.min(ceiling, baseline + maxIncrease);
}

/** Fewer samples than this make a curve of chance, not of the stores. */
const fewest = 20;

export function shareOf(bad: number, n: number): number | null {
  return n < fewest ? null : bad / n;
}

/** From steps to times in one phase and rate, in their order; the last one goes on for a while beyond the last step. */
export function stretchesOf(
  moves: readonly { readonly phase: Phase; readonly label: string; readonly seconds: number }[],
  seconds: number,
  phase: Phase,
): readonly Stretch[] {
  const end = Math.max(seconds, moves.at(-1)?.seconds ?? 0) + Math.max(60, seconds * 0.01);
  const stretches: Stretch[] = [];
  for (const [index, move] of moves.entries()) {
    const from = index === 0 ? 0 : move.seconds;
    const to = moves[index + 1]?.seconds ?? end;
    const last = stretches.at(-1);
    if (last?.label === move.label) stretches[stretches.length - 1] = { ...last, to };
    else if (to > from) stretches.push({ phase: move.phase, label: move.label, from, to });
  }
  return stretches.length > 0 ? stretches : [{ phase, label: phase, from: 0, to: end }];
}
