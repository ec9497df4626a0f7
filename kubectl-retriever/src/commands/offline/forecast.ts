// The command `plan`: what a migration needs and what would be noticed, before it begins. Offline: nothing is changed.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { planHash } from "@retriever/crds/spec/plan.ts";
import { type Flow, hourlyFlow, measuredFlow } from "#forecast/flow.ts";
import { type Forecast, forecast } from "#forecast/forecast.ts";
import {
  renderAssumptions,
  renderChecks,
  renderForecast,
  renderOverview,
  renderQuorum,
} from "#forecast/render-forecast.ts";
import { exitCodes } from "#output/exit-codes.ts";
import { type Judgement, judgeMigration, type NamedPolicy } from "./judge-migration.ts";
import type { OfflineTools } from "./lint.ts";
import { loadPolicies } from "./policies.ts";
import { loadOne } from "./rehearse.ts";
import { loadTraffic } from "./traffic.ts";

type ForecastRequest = {
  readonly manifest: string;
  /** Requests per second of all pods together. */
  readonly rates: readonly number[];
  /** 24 factors on each of the rates. */
  readonly byHour: readonly number[] | undefined;
  /** File of measured traffic, in place of both. */
  readonly traffic: string | undefined;
  /** Files with policies that it is judged by. */
  readonly policies: readonly string[];
  readonly json: boolean;
  /** With everything that is reckoned. */
  readonly details: boolean;
};

/** Without a rate: a small, a middling and a large service. */
const usualRates = [1, 10, 100] as const;

/** Prints a forecast per rate, or one of the measured traffic. Refused where a stage or the guard wouldn't end by its deadline. */
export async function forecastFile(asked: ForecastRequest, tools: OfflineTools): Promise<number> {
  const migration = await loadOne(asked.manifest, "RetrieverMigration", tools);
  if (typeof migration === "number") return migration;
  const policies = await loadPolicies(asked.policies, tools);
  if (typeof policies === "number") return policies;
  const traffic = await trafficOf(asked, tools);
  if (typeof traffic === "number") return traffic;
  const { named, spec } = migration;
  const judged = judgeMigration(policies, spec, named.name);
  const { print } = tools.terminal;
  const refused = policies.length === 0 ? {} : { refused: judged.refusals.map(({ message }) => message) };
  const warnings = judged.warnings.map(({ message }) => message);
  const own = { namespace: named.namespace, name: named.name, plan: planHash(judged.plan) };
  const title = { ...own, ...refused, checks: judged.checks, warnings };
  const forecasts = traffic.flows.map((flow) => forecast(spec, flow));
  if (asked.json) {
    for (const one of forecasts) print(JSON.stringify({ kind: "forecast", ...title, ...one }));
  } else {
    print(`${title.namespace}/${title.name}   plan ${title.plan}   nothing was changed`);
    const lines = [
      ...judgementOf(policies, judged),
      ...renderChecks(judged.checks),
      ...renderQuorum(spec),
      ...warnings,
    ];
    for (const line of [...lines, ...bodyOf(asked, spec, traffic, forecasts)]) print(line);
  }
  const isTooShort = forecasts.some(({ guard, stages }) => [...stages, guard].some((part) => part?.problem));
  return isTooShort || judged.refusals.length > 0 ? exitCodes.refused : exitCodes.ok;
}

function bodyOf(
  { details }: ForecastRequest,
  spec: MigrationSpec,
  { isUnsaid, notes }: Traffic,
  forecasts: readonly Forecast[],
): readonly string[] {
  if (isUnsaid && !details) return [...notes, "", ...renderOverview(spec, forecasts)];
  const body = forecasts.flatMap((one) => ["", ...renderForecast(spec, one, details)]);
  return [...(details ? renderAssumptions(spec) : []), ...notes, ...body];
}

function judgementOf(policies: readonly NamedPolicy[], { refusals }: Judgement): readonly string[] {
  const isWithin = policies.length > 0 && refusals.length === 0;
  return isWithin ? [`within ${policies.map(({ name }) => name).join(", ")}`] : refusals.map(({ message }) => message);
}

type Traffic = {
  readonly flows: readonly Flow[];
  readonly notes: readonly string[];
  /** Nobody said it: usual ones stand in for it. */
  readonly isUnsaid: boolean;
};

async function trafficOf({ rates, byHour, traffic }: ForecastRequest, tools: OfflineTools): Promise<Traffic | number> {
  if (traffic === undefined) {
    const all = rates.length > 0 ? rates : usualRates;
    return { flows: all.map((rate) => hourlyFlow(rate, byHour)), notes: [], isUnsaid: rates.length === 0 };
  }
  const measured = await loadTraffic(traffic, tools);
  if (typeof measured === "number") return measured;
  const flow = measuredFlow(measured.series);
  if (Math.max(...flow.perSecond) > 0)
    return { flows: [flow], notes: [`Traffic of ${traffic}: ${measured.note}.`], isUnsaid: false };
  tools.terminal.warn(`${traffic}: received no request at all, expected some`);
  return exitCodes.refused;
}
