// A forecast as lines for people. Pure.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { ResolvedCheck } from "@retriever/crds/spec/resolve-checks.ts";
import { leastWindows } from "@retriever/operator/core/gates/dispersion.ts";
import { neededPods } from "@retriever/operator/core/pods/acks.ts";
import { counted, countWord, percentWord, timeWord } from "@retriever/operator/page/words.ts";
import { renderTable } from "#text/table.ts";
import { type Forecast, healthyShares, type StageForecast } from "./forecast.ts";
import type { GuardForecast } from "./guard-length.ts";
import type { Harm } from "./noticed.ts";
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

/** Sizes of fleets that a share is shown for: small ones are where it asks for more than it says. */
const fleets = [2, 3, 5, 10, 100];

/** How many pods a cutover goes on with, where not all are asked for. */
export function renderQuorum(plan: MigrationSpec): string[] {
  const { minAcknowledged } = plan.cutover;
  if (plan.mode === "Validate" || minAcknowledged === "100%") return [];
  const asked = fleets.map((pods) => `${neededPods(plan, pods)} of ${pods}`).join(", ");
  return [`Cutover: minAcknowledged ${minAcknowledged} asks ${asked} pods; the others stay at the source.`];
}

/** What a person decides by at one traffic: how long it takes, what wouldn't end, how soon a bad destination is left. With `isWhole` also what each gate needs and the smallest harm that is noticed. */
export function renderForecast(plan: MigrationSpec, forecast: Forecast, isWhole: boolean): string[] {
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
    ...(isWhole ? [...renderGates(stages), ""] : []),
    ...renderNotices(plan, forecast),
    ...(isWhole && guard !== null ? ["", ...renderSmallest(plan, guard)] : []),
    "",
    bound,
    ...stages.flatMap(({ problem }) => renderProblem(problem)),
    ...(guard === null ? [] : renderGuard(plan, guard)),
  ];
}

/** Several traffics side by side, a line each: for somebody who hasn't said the own one. */
export function renderOverview(plan: MigrationSpec, forecasts: readonly Forecast[]): string[] {
  const [first] = forecasts;
  const names = first?.watches.map(({ name }) => name) ?? [];
  const last = names.at(-1)?.toLowerCase() ?? "";
  const slower = `slower by ${plan.thresholds.latencyDelta.limitMs} ms or more`;
  return [
    ...renderTable([
      ["REQUESTS/S", ...names, "AT LEAST", "DEAD", "30 % SLOW"],
      ...forecasts.map(({ requestsPerSecond, stages, guard, lowerBoundSeconds, watches }) => {
        const parts = [...stages, ...(guard === null ? [] : [guard])];
        const left = (harm: Harm) => watches.at(-1)?.notices.find((notice) => notice.harm === harm)?.seconds;
        return [
          number(requestsPerSecond.most),
          ...parts.map(({ seconds, problem }) => `${spanTime(seconds)}${problem === null ? "" : " TOO THIN"}`),
          lowerBoundSeconds === null ? "never ends" : timeWord(lowerBoundSeconds),
          ...(["everyRequestFails", "slow30"] as const).map((harm) => {
            const seconds = left(harm);
            return seconds === undefined ? "-" : spanTime(seconds);
          }),
        ];
      }),
    ]),
    `How soon ${last === "guard" ? "the guard" : last} leaves a destination that fails every request (DEAD),`,
    `or of whose answers 30 % are ${slower} (30 % SLOW).`,
    "--rate N shows your own traffic, --details everything that is reckoned.",
  ];
}

function renderGates(stages: readonly StageForecast[]): string[] {
  const head = ["GATE", "LIMIT", ...stages.map((stage) => `STAGE ${stage.number}`)];
  return [
    ...renderTable([head, ...gateRows(stages)]),
    "Samples that a gate needs by itself / with minSamples of the stage.",
  ];
}

function stageRow(stage: StageForecast): string[] {
  const { sampleRate, leastSeconds, samples, seconds, isInTime } = stage;
  const least = timeWord(leastSeconds);
  const remark = isInTime ? "every gate can decide" : `CAN'T DECIDE in ${least}: ${lacking(stage)}`;
  return [`stage ${stage.number}`, percentWord(sampleRate), least, countWord(samples), spanTime(seconds), remark];
}

function lacking(stage: StageForecast): string {
  const { samples, slowest, seconds, windowsSeconds } = stage;
  const isOfWindows = seconds.longest !== null && seconds.longest <= windowsSeconds;
  if (isOfWindows) return `${leastWindows} windows (gates.window) last ${timeWord(windowsSeconds)}`;
  return `${countWord(samples)} of ${count(slowest.needs)} samples (${binding(stage)})`;
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
    ...(samples < needs ? [`waits for ${counted(needs, "sample")}`] : []),
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
