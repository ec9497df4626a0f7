// Whether harm whose evidence stands has lasted: a clock per cause, judged part by part. A part that refutes the harm
// ends it and takes its evidence with it, so that a blip never becomes five minutes.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { CauseClock } from "@retriever/crds/status/harm-status.ts";
import { logMeanExp } from "../gates/e-value.ts";
import { keptCount } from "../model/kept-count.ts";
import { instantMs } from "../model/status-readings.ts";
import type { Logs } from "./detector.ts";
import type { LineCount, LineRule } from "./lines.ts";

/** Fewer samples than this refute nothing and prove nothing: a part lasts until it has them. */
export const leastPartSamples = 12;
/** A part that has too few samples for so long was not observed. Sidecars keep their counters for as long. */
export const longestPartMs = 900_000;
/** 1,000 to 1: what a part at the limit would say against the alarming share. */
const tellingEvidence = Math.log(1000);
/** Harm has lasted only if it was there in so many parts, however long each took. */
export const leastParts = 3;

export type ClockTiming = {
  /** So long harm is there before it is acted on. */
  readonly lastsMs: number;
  /** Least length of a part. */
  readonly partMs: number;
  /** Longer than this without a sample was not observed. */
  readonly gapMs: number;
};

/** Some bins: what a window shorter than one calls a gap is the time from one bin to the next. */
const leastGapMs = 60_000;

/** How long harm has to last, in parts that are a tenth of `sustainedFor` or longer. */
export function timingOf(rollback: MigrationSpec["rollback"]): ClockTiming {
  const sustainedMs = durationSeconds(rollback.sustainedFor) * 1000;
  return {
    lastsMs: 1.5 * sustainedMs,
    partMs: sustainedMs / 10,
    gapMs: Math.max(leastGapMs, sustainedMs / 2, durationSeconds(rollback.window) * 1000),
  };
}

type Tick = {
  readonly rule: LineRule;
  readonly count: LineCount;
  readonly logs: Logs;
  /** Counts of the line in this epoch. */
  readonly seen: LineCount;
  readonly stands: boolean;
  /** In the newest part the source was as bad. */
  readonly isShared?: boolean;
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
    parts: 0,
    ...newPart(at),
    verdict: "waiting",
  };
}

/** The clock after one more bin; undefined once it was refuted. */
export function tickClock(clock: CauseClock, tick: Tick, timing: ClockTiming): CauseClock | undefined {
  const { rule, endMs, count } = tick;
  if (count.n > 0 && Math.abs(sinceMs(clock.seenAt, endMs)) > timing.gapMs) {
    // What was before the gap, or will be by a clock that was ahead, lends nothing to a bin that is within the limit.
    return count.bad > rule.limit * count.n ? startClock(tick) : undefined;
  }
  return tickPart(addCount(clock, tick), tick, timing);
}

/** A part lasts until it could tell, and 900 s at most. */
function tickPart(clock: CauseClock, tick: Tick, timing: ClockTiming): CauseClock | undefined {
  const { rule, endMs } = tick;
  const partMs = sinceMs(clock.partFrom, endMs);
  if (partMs < timing.partMs) return clock;
  const part = { bad: clock.partBad, n: clock.partN, squares: clock.partSquares };
  if (partMs < longestPartMs && !couldTell(part, clock.share, rule)) return clock;
  if (part.n < leastPartSamples) return startClock(tick);
  if (part.bad < clock.share * part.n) return undefined;
  return tick.isShared === true ? sharePart(clock, tick, partMs / 1000) : closePart(clock, tick, timing);
}

/**
 * What the clock has, less this part and as much again: else a blip within what both stores suffer from for hours would have
 * lasted as long. Once nothing is left the harm begins anew. Spells of the source alone, however often, don't hide more of it
 * than they take.
 */
function sharePart(clock: CauseClock, tick: Tick, partSeconds: number): CauseClock {
  const shared = (clock.shared ?? 0) + partSeconds;
  const isOver = 2000 * shared >= sinceMs(clock.since, tick.endMs);
  if (isOver) return { ...startClock(tick), shared: 0 };
  const parts = Math.max(0, clock.parts - 1);
  return { ...clock, ...newPart(instantOf(tick.endMs)), shared, parts, verdict: "waiting" };
}

/**
 * Whether so many samples would surely be below the alarming share if they were at the limit. Where a mean is judged
 * samples that vary as much as harmed ones would hide that: they tell as well when they prove the harm by themselves.
 */
export function couldTell(part: LineCount, share: number, { limit, logBelow, ratios, isMean }: LineRule): boolean {
  const { n, squares = 0 } = part;
  if (n < leastPartSamples) return false;
  if (logBelow({ bad: limit * n, n, squares }, share) >= tellingEvidence) return true;
  return isMean === true && logMeanExp(ratios(part)) >= tellingEvidence;
}

/** What is known of the cause after a part that bears it out. */
function closePart(clock: CauseClock, tick: Tick, timing: ClockTiming): CauseClock {
  const { rule, endMs, logs, stands } = tick;
  const parts = Math.min(leastParts, clock.parts + 1);
  const lastedMs = sinceMs(clock.since, endMs) - 2000 * (clock.shared ?? 0);
  const hasLasted = stands && parts === leastParts && lastedMs >= timing.lastsMs;
  const own = { bad: clock.bad, n: clock.n };
  const source = { bad: clock.sourceBad, n: clock.sourceN };
  const verdict = hasLasted ? rule.contrast(own, source, clock.shared !== undefined) : "waiting";
  const share = Math.max(clock.share, shortened(rule.alarmingShare(logs, own)));
  return { ...clock, ...newPart(instantOf(endMs)), parts, share, verdict };
}

function newPart(at: string): Pick<CauseClock, "partFrom" | "partBad" | "partN" | "partSquares"> {
  return { partFrom: at, partBad: 0, partN: 0, partSquares: 0 };
}

function sinceMs(instant: string, endMs: number): number {
  return endMs - (instantMs(instant) ?? endMs);
}

function addCount(clock: CauseClock, { count, endMs }: Tick): CauseClock {
  const { bad, n, squares = 0, reference } = count;
  return {
    ...clock,
    seenAt: n > 0 ? instantOf(endMs) : clock.seenAt,
    bad: keptCount(clock.bad + bad),
    n: keptCount(clock.n + n),
    sourceBad: keptCount(clock.sourceBad + (reference?.bad ?? 0)),
    sourceN: keptCount(clock.sourceN + (reference?.n ?? 0)),
    partBad: keptCount(clock.partBad + bad),
    partN: keptCount(clock.partN + n),
    partSquares: keptCount(clock.partSquares + squares),
  };
}

function instantOf(ms: number): string {
  return new Date(ms).toISOString();
}

function shortened(share: number): number {
  return Number(share.toPrecision(6));
}
