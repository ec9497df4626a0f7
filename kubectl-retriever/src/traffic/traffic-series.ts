// Measured samples → the series that a scenario plays: means of equal steps, gaps filled in. Pure.
import { printDuration } from "@retriever/crds/fields/duration.ts";
import { digits } from "@retriever/operator/page/words.ts";
import { plural } from "@retriever/stores/values/plural.ts";
import { mostTrafficValues, type TrafficSeries } from "#scenario/scenario.ts";
import type { TrafficSample, TrafficSamples } from "./traffic-samples.ts";

/** Steps of a series, in seconds; the finest that isn't finer than the samples is taken. */
const steps = [60, 300, 900, 3600] as const;
const daySeconds = 86_400;
const weekSeconds = 7 * daySeconds;

export type MeasuredTraffic = {
  readonly series: TrafficSeries;
  /** How long it is until it repeats. */
  readonly seconds: number;
  /** What was made of the samples, as a sentence without its end. */
  readonly note: string;
};

type Grid = { readonly stepSeconds: number; readonly firstStep: number; readonly values: number };

/** Undefined when the samples span more than a rehearsal could hold, which is 420 days. */
export function seriesOf({ samples, isClock, leftOut }: TrafficSamples): MeasuredTraffic | undefined {
  const grid = gridOf(samples);
  if (grid === undefined) return undefined;
  const { stepSeconds, firstStep } = grid;
  const { means, filled } = meansOf(samples, grid);
  const kept = isClock ? wholePeriod(grid) : means.length;
  const values = means.slice(means.length - kept);
  const seconds = kept * stepSeconds;
  // What is shorter than a day tells of no time of the day.
  const from = isClock && seconds >= daySeconds ? (firstStep + means.length - kept) * stepSeconds : undefined;
  const series: TrafficSeries = {
    ...(from === undefined ? {} : { from: new Date(from * 1000).toISOString() }),
    every: printDuration(stepSeconds),
    requestsPerSecond: values.map((value) => Number(value.toPrecision(6))),
  };
  return { series, seconds, note: noteOf(series, { filled, leftOut }) };
}

function gridOf(samples: readonly TrafficSample[]): Grid | undefined {
  const first = samples[0]?.seconds ?? 0;
  const spacing = spacingOf(samples);
  const last = samples.at(-1)?.seconds ?? first;
  for (const stepSeconds of steps) {
    const firstStep = Math.floor(first / stepSeconds);
    const values = Math.floor((last + Math.max(0, spacing - stepSeconds)) / stepSeconds) - firstStep + 1;
    const isCoarse = stepSeconds >= spacing || stepSeconds === 3600;
    if (isCoarse && values <= mostTrafficValues) return { stepSeconds, firstStep, values };
  }
  return undefined;
}

/** The median distance of two samples; one alone stands for an hour. */
function spacingOf(samples: readonly TrafficSample[]): number {
  const gaps = samples.slice(1).map(({ seconds }, index) => seconds - (samples[index]?.seconds ?? seconds));
  return gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 3600;
}

/** Whole weeks, else whole days, so that a repetition meets the same hour; of less all of it. */
function wholePeriod({ stepSeconds, values }: Grid): number {
  const period = [weekSeconds, daySeconds].find((length) => values * stepSeconds >= length);
  if (period === undefined) return values;
  const steps = period / stepSeconds;
  return Math.floor(values / steps) * steps;
}

/** The mean of each step; a step without a sample lies on the line between its neighbours, at the end on the last one. */
function meansOf(samples: readonly TrafficSample[], { stepSeconds, firstStep, values }: Grid) {
  const inStep = Map.groupBy(samples, ({ seconds }) => Math.floor(seconds / stepSeconds) - firstStep);
  const means: number[] = [];
  for (const [step, group] of inStep) {
    const mean = group.reduce((sum, { requestsPerSecond }) => sum + requestsPerSecond, 0) / group.length;
    const before = means.at(-1) ?? mean;
    const gap = step - means.length + 1;
    for (let part = 1; part <= gap; part += 1) means.push(before + ((mean - before) * part) / gap);
  }
  while (means.length < values) means.push(means.at(-1) ?? 0);
  return { means, filled: values - inStep.size };
}

function noteOf({ from, every, requestsPerSecond }: TrafficSeries, lost: { filled: number; leftOut: number }): string {
  const [low, high] = [Math.min(...requestsPerSecond), Math.max(...requestsPerSecond)];
  return [
    `${requestsPerSecond.length} ${plural(requestsPerSecond.length, "value")}, one per ${every}, from ${digits(low)} to ${digits(high)} requests/s`,
    from === undefined ? "from the start on" : "each at its time of the day (UTC)",
    ...(lost.filled === 0 ? [] : [`${lost.filled} of them between samples`]),
    ...(lost.leftOut === 0
      ? []
      : [`left out ${lost.leftOut} that ${plural(lost.leftOut, "is no number", "are no numbers")}`]),
  ].join(", ");
}
