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
/** Pieces of a part at most: harm that lasts is there in each, and bursts that come close together aren't. */
const piecesOfPart = 5;

export type ClockTiming = {
  readonly sustainedMs: number;
  /** Least length of a part. */
  readonly partMs: number;
  /** Longer than this without a sample was not observed. */
  readonly gapMs: number;
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
  const at = instantOf(endMs);
  return {
    since: at,
    seenAt: at,
    share: shortened(rule.alarmingShare(logs, seen)),
    bad: 0,
    n: 0,
    sourceBad: 0,
    sourceN: 0,
    ...newPart(at),
    ...newPiece(at),
    verdict: "waiting",
  };
}

/** The clock after one more bin; undefined once it was refuted. */
export function tickClock(clock: CauseClock, tick: Tick, timing: ClockTiming): CauseClock | undefined {
  const { rule, endMs, count } = tick;
  if (count.n > 0 && sinceMs(clock.seenAt, endMs) > timing.gapMs) {
    // What was before the gap lends nothing to a bin that is within the limit.
    return count.bad > rule.limit * count.n ? startClock(tick) : undefined;
  }
  const summed = addCount(clock, tick);
  const piece = { bad: summed.pieceBad, n: summed.pieceN, squares: summed.pieceSquares };
  const isPiece =
    sinceMs(clock.pieceFrom, endMs) >= timing.partMs / piecesOfPart && couldTell(piece, clock.share, rule);
  if (isPiece && piece.bad < clock.share * piece.n) return undefined;
  return tickPart(isPiece ? { ...summed, ...newPiece(instantOf(endMs)) } : summed, tick, timing);
}

/** The same for the newest part, which lasts until it could tell, and 900 s at most. */
function tickPart(clock: CauseClock, tick: Tick, timing: ClockTiming): CauseClock | undefined {
  const { rule, endMs } = tick;
  const partMs = sinceMs(clock.partFrom, endMs);
  const part = { bad: clock.partBad, n: clock.partN, squares: clock.partSquares };
  const isTelling = couldTell(part, clock.share, rule);
  if (partMs < timing.partMs || (!isTelling && partMs < longestPartMs)) return clock;
  if (part.n < leastPartSamples) return startClock(tick);
  const isRefuted = isTelling ? part.bad < clock.share * part.n : rule.logBelow(part, clock.share) >= refutation;
  return isRefuted ? undefined : closePart(clock, tick, timing);
}

/** Whether so many samples would refute the harm if they were at the limit. */
function couldTell({ n, squares }: LineCount, share: number, { limit, logBelow }: LineRule): boolean {
  return n >= leastPartSamples && logBelow({ bad: limit * n, n, squares: squares ?? 0 }, share) >= refutation;
}

/** What is known of the cause after a part that bears it out. */
function closePart(clock: CauseClock, tick: Tick, timing: ClockTiming): CauseClock {
  const { rule, endMs, logs, stands } = tick;
  const hasLasted = stands && sinceMs(clock.since, endMs) >= timing.sustainedMs + timing.partMs;
  const own = { bad: clock.bad, n: clock.n };
  const verdict = hasLasted ? rule.contrast(own, { bad: clock.sourceBad, n: clock.sourceN }) : "waiting";
  return { ...clock, ...newPart(instantOf(endMs)), share: shortened(rule.alarmingShare(logs, own)), verdict };
}

function newPart(at: string): Pick<CauseClock, "partFrom" | "partBad" | "partN" | "partSquares"> {
  return { partFrom: at, partBad: 0, partN: 0, partSquares: 0 };
}

function newPiece(at: string): Pick<CauseClock, "pieceFrom" | "pieceBad" | "pieceN" | "pieceSquares"> {
  return { pieceFrom: at, pieceBad: 0, pieceN: 0, pieceSquares: 0 };
}

function sinceMs(instant: string, endMs: number): number {
  return endMs - (instantMs(instant) ?? endMs);
}

function addCount(clock: CauseClock, { count, endMs }: Tick): CauseClock {
  const { bad, n, squares = 0, reference } = count;
  return {
    ...clock,
    seenAt: n > 0 ? instantOf(endMs) : clock.seenAt,
    pieceBad: clock.pieceBad + bad,
    pieceN: clock.pieceN + n,
    pieceSquares: clock.pieceSquares + squares,
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
