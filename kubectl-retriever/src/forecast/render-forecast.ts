// A forecast as lines for people. Pure.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { ResolvedCheck } from "@retriever/crds/spec/resolve-checks.ts";
import { countWord, percentWord, timeWord } from "@retriever/operator/page/words.ts";
import { renderTable } from "#text/table.ts";
import { type Forecast, healthyShares, type StageForecast } from "./forecast.ts";
import type { GuardForecast } from "./guard-length.ts";
import { renderGuard, renderNotices, renderProblem, renderSmallest } from "./render-watches.ts";
import { spanTime } from "./span-time.ts";

/** What has to be answered before anything changes, and what isn't asked; each with who decided it. */
export function renderChecks(checks: readonly ResolvedCheck[]): string[] {
  const those = (policy: ResolvedCheck["policy"]) =>
    checks.filter((one) => one.policy === policy).map(({ check, from }) => `${check} (${from.toLowerCase()})`);
  const [required, skipped] = [those("Require"), those("Skip")];
  return [
    `Checks: ${required.join(", ") || "none"}.`,
    ...(skipped.length === 0 ? [] : [`Left out: ${skipped.join(", ")}.`]),
  ];
}

/** What every forecast is reckoned with, said once. */
export function renderAssumptions(plan: MigrationSpec): string[] {
  const { scoreDelta, mismatch, overlap } = healthyShares;
  return [
    `Reckoned without bursts and shadow errors, with ${percentWord(scoreDelta)} of samples over a threshold,`,
    `${percentWord(mismatch)} with another top chunk, ${percentWord(overlap)} of the chunks not in both; stages: ${plan.stages.length}.`,
    "Times are what is expected; chance makes them shorter or longer.",
  ];
}

/** Tables of stages, gates and what is noticed at one traffic, the lower bound, and whether the guard ends in time. */
export function renderForecast(plan: MigrationSpec, forecast: Forecast): string[] {
  const { stages, guard, lowerBoundSeconds, requestsPerSecond } = forecast;
  const { least, most } = requestsPerSecond;
  const bound =
    lowerBoundSeconds === null
      ? "It never ends: something above never has enough."
      : `Lower bound: ${timeWord(lowerBoundSeconds)}, if every pod follows at once and every person is there.`;
  return [
    least === most ? `AT ${number(most)} REQUESTS/S` : `AT ${number(least)} TO ${number(most)} REQUESTS/S`,
    "",
    ...renderTable([
      ["STEP", "RATE", "AT LEAST", "SAMPLES THEN", "TAKES", ""],
      ...stages.map(stageRow),
      ...(guard === null ? [validationRow(plan)] : [cutoverRow(plan), guardRow(plan, guard)]),
    ]),
    "",
    ...renderTable([["GATE", "LIMIT", ...stages.map((stage) => `STAGE ${stage.number}`)], ...gateRows(stages)]),
    "Samples that a gate needs by itself / with minSamples of the stage.",
    "",
    ...renderNotices(plan, forecast),
    ...(guard === null ? [] : ["", ...renderSmallest(plan, guard)]),
    "",
    bound,
    ...stages.flatMap(({ problem }) => renderProblem(problem)),
    ...(guard === null ? [] : renderGuard(plan, guard)),
  ];
}

function stageRow(stage: StageForecast): string[] {
  const { sampleRate, leastSeconds, samples, slowest, seconds, isInTime } = stage;
  const remark = isInTime
    ? "every gate can decide"
    : `CAN'T DECIDE in ${timeWord(leastSeconds)}: ${countWord(samples)} of ${count(slowest.needs)} samples (${binding(stage)})`;
  const least = timeWord(leastSeconds);
  return [`stage ${stage.number}`, percentWord(sampleRate), least, countWord(samples), spanTime(seconds), remark];
}

/** What asks for the most samples. */
function binding({ slowest }: StageForecast): string {
  return slowest.needs !== null && slowest.needs === slowest.evidence ? slowest.gate : "minSamples";
}

function validationRow({ validate }: MigrationSpec): string[] {
  return ["validation", "-", validate.duration, "-", "-", "over all stages, then Validated"];
}

function cutoverRow({ cutover }: MigrationSpec): string[] {
  return ["cutover", "-", "-", "-", "-", cutover.hold ? "waits for a Promote" : "by itself"];
}

function guardRow({ guard }: MigrationSpec, { rates, ...forecast }: GuardForecast): string[] {
  const { leastSeconds, samples, needs, seconds, watchedShare } = forecast;
  const remarks = [
    ...(watchedShare < 1 ? [`${percentWord(watchedShare)} of the time counts`] : []),
    ...(samples < needs ? [`waits for ${countWord(needs)} samples`] : []),
    ...(seconds.longest === leastSeconds ? ["rolls back by itself"] : [`deadline ${guard.deadline}`]),
  ];
  const { least, most } = rates;
  const rate = least === most ? percentWord(most) : `${percentWord(least)} to ${percentWord(most)}`;
  return ["guard", rate, timeWord(leastSeconds), countWord(samples), spanTime(seconds), remarks.join(", ")];
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
        : `${count(found.evidence)} / ${count(found.needs)} in ${spanTime(found.seconds)}${mark}`;
    }),
  ]);
}

function number(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function count(samples: number | null): string {
  return samples === null ? "no number" : countWord(samples);
}
