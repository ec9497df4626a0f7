// The command `plan`: what a migration needs and what would be noticed, before it begins. Offline: nothing is changed.
import { planHash } from "@retriever/crds/spec/plan.ts";
import { type Flow, hourlyFlow, measuredFlow } from "#forecast/flow.ts";
import { forecast } from "#forecast/forecast.ts";
import { renderAssumptions, renderForecast } from "#forecast/render-forecast.ts";
import { exitCodes } from "#output/exit-codes.ts";
import type { OfflineTools } from "./lint.ts";
import { describeRefusals, loadPolicies, type NamedPolicy } from "./policies.ts";
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
};

/** Without a rate: a small, a middling and a large service. */
const usualRates = [1, 10, 100] as const;

/** Prints a forecast per rate, or one of the measured traffic. Refused where a guard wouldn't end by its deadline. */
export async function forecastFile(asked: ForecastRequest, tools: OfflineTools): Promise<number> {
  const migration = await loadOne(asked.manifest, "RetrieverMigration", tools);
  if (typeof migration === "number") return migration;
  const policies = await loadPolicies(asked.policies, tools);
  if (typeof policies === "number") return policies;
  const traffic = await trafficOf(asked, tools);
  if (typeof traffic === "number") return traffic;
  const refusals = describeRefusals(policies, migration.spec);
  const { named, spec } = migration;
  const { print } = tools.terminal;
  const refused = policies.length === 0 ? {} : { refused: refusals };
  const title = { namespace: named.namespace, name: named.name, plan: planHash(spec), ...refused };
  const forecasts = traffic.flows.map((flow) => forecast(spec, flow));
  if (asked.json) {
    for (const one of forecasts) print(JSON.stringify({ kind: "forecast", ...title, ...one }));
  } else {
    print(`${title.namespace}/${title.name}   plan ${title.plan}   nothing was changed`);
    for (const line of [...judgementOf(policies, refusals), ...renderAssumptions(spec), ...traffic.notes]) print(line);
    for (const line of forecasts.flatMap((one) => ["", ...renderForecast(spec, one)])) print(line);
  }
  const isTooShort = forecasts.some(({ guard }) => guard !== null && guard.problem !== null);
  return isTooShort || refusals.length > 0 ? exitCodes.refused : exitCodes.ok;
}

function judgementOf(policies: readonly NamedPolicy[], refusals: readonly string[]): readonly string[] {
  const isWithin = policies.length > 0 && refusals.length === 0;
  return isWithin ? [`within ${policies.map(({ name }) => name).join(", ")}`] : refusals;
}

type Traffic = { readonly flows: readonly Flow[]; readonly notes: readonly string[] };

async function trafficOf({ rates, byHour, traffic }: ForecastRequest, tools: OfflineTools): Promise<Traffic | number> {
  if (traffic === undefined) {
    const all = rates.length > 0 ? rates : usualRates;
    return { flows: all.map((rate) => hourlyFlow(rate, byHour)), notes: [] };
  }
  const measured = await loadTraffic(traffic, tools);
  if (typeof measured === "number") return measured;
  const flow = measuredFlow(measured.series);
  if (Math.max(...flow.perSecond) > 0) return { flows: [flow], notes: [`Traffic of ${traffic}: ${measured.note}.`] };
  tools.terminal.warn(`${traffic}: received no request at all, expected some`);
  return exitCodes.refused;
}
