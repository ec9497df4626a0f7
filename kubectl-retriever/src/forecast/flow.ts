// Traffic that repeats itself, and how long it takes until so much of it has come. Pure.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { TrafficSeries } from "#scenario/scenario.ts";

/** So much a second in each of equal steps, over and over: requests, samples, or 1 and 0 for time that counts. */
export type Flow = {
  readonly stepSeconds: number;
  readonly perSecond: readonly number[];
  /** What has come before each step, and in all of them. */
  readonly sums: readonly number[];
};

/** A length that depends on when it begins; null: never. */
export type Span = { readonly shortest: number | null; readonly longest: number | null };

/** Steps of measured traffic are at least so long: single minutes of thin traffic are chance. */
const leastStepSeconds = 900;
/** Beginnings that are tried: a week of half hours. */
const mostBeginnings = 336;

function makeFlow(stepSeconds: number, perSecond: readonly number[]): Flow {
  const sums = [0];
  for (const [step, rate] of perSecond.entries()) sums.push((sums[step] ?? 0) + rate * stepSeconds);
  return { stepSeconds, perSecond, sums };
}

/** 24 factors make a day of it, the first for 00:00 to 01:00. */
export function hourlyFlow(requestsPerSecond: number, factors: readonly number[] = [1]): Flow {
  return makeFlow(
    3600,
    factors.map((factor) => requestsPerSecond * factor),
  );
}

/** Measured traffic, by means of quarters of an hour where it is finer. */
export function measuredFlow({ every, requestsPerSecond }: TrafficSeries): Flow {
  const seconds = durationSeconds(every);
  const joined = Math.max(1, Math.ceil(leastStepSeconds / seconds));
  const steps = Math.max(1, Math.floor(requestsPerSecond.length / joined));
  const means = Array.from({ length: steps }, (_, step) => {
    const values = requestsPerSecond.slice(step * joined, (step + 1) * joined);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  });
  return makeFlow(seconds * joined, means);
}

export function mapFlow({ stepSeconds, perSecond }: Flow, change: (perSecond: number) => number): Flow {
  return makeFlow(stepSeconds, perSecond.map(change));
}

/** Seconds after `from` until `count` more have come; Infinity: never. */
export function secondsUntil(flow: Flow, from: number, count: number): number {
  if (count <= 0) return 0;
  const [cycle, all] = cycleOf(flow);
  if (all <= 0) return Infinity;
  const wanted = countUntil(flow, from) + count;
  const rounds = Math.ceil(wanted / all) - 1;
  const rest = wanted - rounds * all;
  // Rounding may leave a little less than nothing, or a little more than all.
  const step =
    Math.min(
      flow.perSecond.length,
      Math.max(
        1,
        firstIndex(flow.sums, (sum) => sum >= rest),
      ),
    ) - 1;
  const seconds = step * flow.stepSeconds + (rest - (flow.sums[step] ?? 0)) / (flow.perSecond[step] || 1);
  return rounds * cycle + seconds - from;
}

/** How much comes in so many seconds after `from`. */
export function countIn(flow: Flow, from: number, seconds: number): number {
  return countUntil(flow, from + seconds) - countUntil(flow, from);
}

/** The least and the greatest of what is asked for each beginning. */
export function spanOver(flow: Flow, secondsFrom: (from: number) => number): Span {
  const steps = flow.perSecond.length;
  const every = Math.ceil(steps / mostBeginnings);
  let [shortest, longest] = [Infinity, 0];
  for (let step = 0; step < steps; step += every) {
    const seconds = secondsFrom(step * flow.stepSeconds);
    shortest = Math.min(shortest, seconds);
    longest = Math.max(longest, seconds);
  }
  const known = (seconds: number): number | null => (Number.isFinite(seconds) ? seconds : null);
  return { shortest: known(shortest), longest: known(longest) };
}

function countUntil(flow: Flow, at: number): number {
  const [cycle, all] = cycleOf(flow);
  const rounds = Math.floor(at / cycle);
  const rest = at - rounds * cycle;
  const step = Math.min(flow.perSecond.length - 1, Math.floor(rest / flow.stepSeconds));
  return rounds * all + (flow.sums[step] ?? 0) + (rest - step * flow.stepSeconds) * (flow.perSecond[step] ?? 0);
}

function cycleOf({ stepSeconds, perSecond, sums }: Flow): readonly [seconds: number, all: number] {
  return [stepSeconds * perSecond.length, sums.at(-1) ?? 0];
}

/** Where a rising list first holds; its length where it never does. */
function firstIndex(list: readonly number[], holds: (value: number) => boolean): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(list[middle] ?? 0)) high = middle;
    else low = middle + 1;
  }
  return low;
}
