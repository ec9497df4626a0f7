// A forecast as lines for people. Pure.
import { printDuration } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { renderTable } from "#text/table.ts";
import { countWord, percentWord } from "#text/words.ts";
import { type Forecast, type GuardForecast, healthyShares, type StageForecast } from "./forecast.ts";

/** What every forecast is reckoned with, said once. */
export function renderAssumptions(plan: MigrationSpec): string[] {
  const { scoreDelta, mismatch, overlap } = healthyShares;
  return [
    `Reckoned with steady traffic, no bursts, no shadow errors, ${percentWord(scoreDelta)} of samples over a threshold,`,
    `${percentWord(mismatch)} with another top chunk, ${percentWord(overlap)} of the chunks not in both; stages: ${plan.stages.length}.`,
  ];
}

/** Tables of stages and gates at one traffic, the lower bound, and what can't be seen. */
export function renderForecast(plan: MigrationSpec, forecast: Forecast): string[] {
  const { stages, guard, lowerBoundSeconds, silentRules, requestsPerSecond } = forecast;
  const bound =
    lowerBoundSeconds === null
      ? "It never ends: a gate above can't pass."
      : `Lower bound: ${time(lowerBoundSeconds)}, if every pod follows at once and every person is there.`;
  return [
    `AT ${requestsPerSecond} REQUESTS/S`,
    "",
    ...renderTable([
      ["STEP", "RATE", "AT LEAST", "SAMPLES THEN", "TAKES", ""],
      ...stages.map(stageRow),
      ...(guard === null ? [] : [cutoverRow(plan), guardRow(plan, guard)]),
    ]),
    "",
    ...renderTable([["GATE", "LIMIT", ...stages.map(({ number }) => `STAGE ${number}`)], ...gateRows(stages)]),
    "Samples that a gate needs by itself / with minSamples of the stage.",
    "",
    bound,
    ...silentRules.map((spot) => `  silent   ${spot}`),
  ];
}

function stageRow(stage: StageForecast): string[] {
  const { number, sampleRate, leastSeconds, samples, slowest, seconds, isInTime } = stage;
  const remark = isInTime
    ? "every gate can decide"
    : `CAN'T DECIDE in ${time(leastSeconds)}: ${count(samples)} of ${count(slowest.needs)} samples (${binding(stage)})`;
  return [`stage ${number}`, percentWord(sampleRate), time(leastSeconds), count(samples), time(seconds), remark];
}

/** What asks for the most samples. */
function binding({ slowest }: StageForecast): string {
  return slowest.needs !== null && slowest.needs === slowest.evidence ? slowest.gate : "minSamples";
}

function cutoverRow({ cutover }: MigrationSpec): string[] {
  return ["cutover", "-", "-", "-", "-", cutover.hold ? "waits for a Promote" : "by itself"];
}

function guardRow({ guard }: MigrationSpec, { rate, leastSeconds, samples, needs, seconds }: GuardForecast): string[] {
  const isInTime = seconds === leastSeconds;
  const remark = isInTime ? "rolls back by itself" : `waits for ${count(needs)} samples, deadline ${guard.deadline}`;
  return ["guard", percentWord(rate), time(leastSeconds), count(samples), time(seconds), remark];
}

function gateRows(stages: readonly StageForecast[]): string[][] {
  const first = stages[0]?.gates ?? [];
  return first.map(({ gate, limit }) => [
    gate,
    percentWord(limit),
    ...stages.map((stage) => {
      const found = stage.gates.find((one) => one.gate === gate);
      const mark = stage.slowest.gate === gate ? "  slowest" : "";
      return found === undefined
        ? "-"
        : `${count(found.evidence)} / ${count(found.needs)} in ${time(found.seconds)}${mark}`;
    }),
  ]);
}

function time(seconds: number | null): string {
  if (seconds === null) return "never";
  return printDuration(seconds >= 3600 ? Math.ceil(seconds / 60) * 60 : Math.ceil(seconds));
}

function count(samples: number | null): string {
  return samples === null ? "no number" : countWord(samples);
}
