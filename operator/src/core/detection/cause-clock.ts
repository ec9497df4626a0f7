// Whether harm whose evidence stands has lasted: a clock per cause, judged part by part. A part that refutes the harm
// ends it and takes its evidence with it, so that a blip never becomes five minutes.
import type { CauseClock } from "@retriever/crds/status/harm-status.ts";
import { instantMs } from "../model/status-readings.ts";
import type { Logs } from "./detector.ts";
import type { LineCount, LineRule } from "./lines.ts";

/** Fewer samples than this refute nothing and prove nothing: a part lasts until it has them. */
export const leastPartSamples = 12;
/** A part that has too few samples for so long was not observed. Sidecars keep their counters for as long. */
export const longestPartMs = 900_000;
/** 1 in 20: how often a part of lasting harm may be taken for its end. */
const refutation = Math.log(20);

export type ClockTiming = {
  readonly sustainedMs: number;
  /** Least length of a part. */
  readonly partMs: number;
};

type Tick = {
  readonly rule: LineRule;
  readonly count: LineCount;
  readonly logs: Logs;
  /** Counts of the line in this epoch. */
  readonly seen: LineCount;
  readonly stands: boolean;
  /** End of the bin, epoch ms. */
  readonly endMs: number;
};

/** A clock that starts at the end of the bin with which the evidence stood. */
export function startClock({ rule, logs, seen, endMs }: Tick): CauseClock {
  const share = shortened(rule.alarmingShare(logs, seen));
  return { since: instantOf(endMs), share, ...noSums, ...newPart(endMs), verdict: "waiting" };
}

/** The clock after one more bin; undefined once it was refuted. */
export function tickClock(clock: CauseClock, tick: Tick, timing: ClockTiming): CauseClock | undefined {
  const { rule, count, endMs, logs, seen } = tick;
  const summed = addCount(clock, count);
  const partMs = endMs - (instantMs(clock.partFrom) ?? endMs);
  if (partMs < timing.partMs || summed.partN < leastPartSamples) {
    return partMs >= longestPartMs ? startClock(tick) : summed;
  }
  const part = { bad: summed.partBad, n: summed.partN, squares: summed.partSquares };
  if (rule.logBelow(part, clock.share) >= refutation) return undefined;
  const lastedMs = endMs - (instantMs(clock.since) ?? endMs);
  const hasLasted = tick.stands && lastedMs >= timing.sustainedMs + timing.partMs;
  const own = { bad: summed.bad, n: summed.n };
  const verdict = hasLasted ? rule.contrast(own, { bad: summed.sourceBad, n: summed.sourceN }) : "waiting";
  return { ...summed, ...newPart(endMs), share: shortened(rule.alarmingShare(logs, seen)), verdict };
}

const noSums = { bad: 0, n: 0, sourceBad: 0, sourceN: 0 };

function newPart(atMs: number): Pick<CauseClock, "partFrom" | "partBad" | "partN" | "partSquares"> {
  return { partFrom: instantOf(atMs), partBad: 0, partN: 0, partSquares: 0 };
}

function addCount(clock: CauseClock, { bad, n, squares = 0, reference }: LineCount): CauseClock {
  return {
    ...clock,
    bad: clock.bad + bad,
    n: clock.n + n,
    sourceBad: clock.sourceBad + (reference?.bad ?? 0),
    sourceN: clock.sourceN + (reference?.n ?? 0),
    partBad: clock.partBad + bad,
    partN: clock.partN + n,
    partSquares: clock.partSquares + squares,
  };
}

function instantOf(ms: number): string {
  return new Date(ms).toISOString();
}

function shortened(share: number): number {
  return Number(share.toPrecision(6));
}
