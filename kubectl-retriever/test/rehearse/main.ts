// `make rehearse`: the default migration of 27 h, and every other scenario, played twice each: how long it takes and
// whether the same words come out. Last line JSON.
import { performance } from "node:perf_hooks";
import { renderPage } from "#page/page.ts";
import { rehearse } from "#rehearse/rehearse.ts";
import { renderJson, renderText } from "#rehearse/render-text.ts";
import { lastReasonOf } from "#rehearse/summary.ts";
import { exampleMigration, scenarioNamed, scenarioNames } from "./library.ts";

const mostSeconds = 5;

type Played = { readonly seconds: number; readonly reconciles: number; readonly said: string; readonly end: string };

/** Everything that a rehearsal prints or draws. */
function play(name: string): Played {
  const migration = exampleMigration("default");
  const scenario = scenarioNamed(name);
  const started = performance.now();
  const rehearsal = rehearse(migration, scenario, 1);
  const seconds = (performance.now() - started) / 1000;
  const { namespace, name: of } = migration.meta;
  const title = { namespace, name: of, scenario: name, shows: scenario.shows, seed: 1 };
  const page = renderPage({ title, spec: migration.spec, scenario, rehearsal });
  const said = [...renderJson(title, rehearsal), ...renderText(title, rehearsal, 200), page].join("\n");
  return {
    seconds,
    reconciles: rehearsal.reconciles,
    said,
    end: `${rehearsal.status.phase} ${lastReasonOf(rehearsal)}`,
  };
}

let differing = 0;
const seconds = new Map<string, number>();
for (const name of scenarioNames) {
  const [one, other] = [play(name), play(name)];
  const isSame = one.said === other.said;
  if (!isSame) differing += 1;
  seconds.set(name, Math.max(one.seconds, other.seconds));
  const took = `${one.seconds.toFixed(2)} s, ${other.seconds.toFixed(2)} s`;
  process.stdout.write(
    `${name.padEnd(32)} ${took}  ${one.reconciles} reconciles  ${one.end}${isSame ? "" : "  DIFFERS"}\n`,
  );
}
const healthy = Number((seconds.get("healthy") ?? Number.POSITIVE_INFINITY).toFixed(2));
const ok = healthy < mostSeconds && differing === 0;
const found = { scenarios: scenarioNames.length, watchedSeconds: healthy, mostSeconds, differing, ok };
process.stdout.write(`${JSON.stringify({ R1: found })}\n`);
process.exitCode = ok ? 0 : 1;
