// The command `plan`: what a migration needs, before it begins. Offline: nothing is measured, nothing is changed.
import { planHash } from "@retriever/crds/spec/plan.ts";
import { forecast } from "#forecast/forecast.ts";
import { renderAssumptions, renderForecast } from "#forecast/render-forecast.ts";
import { exitCodes } from "#output/exit-codes.ts";
import type { OfflineTools } from "./lint.ts";
import { loadOne } from "./rehearse.ts";

/** Without a rate: a small, a middling and a large service. */
const usualRates = [1, 10, 100] as const;

/** Prints a forecast per rate. */
export async function forecastFile(path: string, rates: readonly number[], tools: OfflineTools): Promise<number> {
  const migration = await loadOne(path, "RetrieverMigration", tools);
  if (typeof migration === "number") return migration;
  const { named, spec } = migration;
  const { print } = tools.terminal;
  print(`${named.namespace}/${named.name}   plan ${planHash(spec)}   nothing was changed`);
  for (const line of renderAssumptions(spec)) print(line);
  for (const rate of rates.length > 0 ? rates : usualRates) {
    print("");
    for (const line of renderForecast(spec, forecast(spec, rate))) print(line);
  }
  return exitCodes.ok;
}
