import { rehearse } from "#rehearse/rehearse.ts";
import { scenarioSchema } from "#scenario/scenario.ts";
import { exampleMigration } from "#test/rehearse/library.ts";

const base = { kind: "RehearsalScenario", until: process.argv[3] ?? "8h", traffic: { requestsPerSecond: 100 } };
const every = (m: number, n: number, pods: object) =>
  Array.from({ length: n }, (_, i) => ({ at: `${(i + 1) * m}m`, pods }));
const cases: Record<string, object> = {
  quiet: { ...base, shows: "q", pods: { count: 10 }, events: [] },
  replace10m: { ...base, shows: "q", pods: { count: 10 }, events: every(10, 190, { replace: 1 }) },
  deployHourly: { ...base, shows: "q", pods: { count: 10 }, events: every(60, 55, { replace: 10 }) },
  quiet3: { ...base, shows: "q", pods: { count: 3 }, events: [] },
  hpa: {
    ...base,
    shows: "q",
    pods: { count: 3 },
    events: Array.from({ length: 20 }, (_, i) => [
      { at: `${60 + i * 120}m`, pods: { scale: 50 } },
      { at: `${120 + i * 120}m`, pods: { scale: 3 } },
    ]).flat(),
  },
};
for (const [name, value] of Object.entries(cases)) {
  if (process.argv[2] && !process.argv[2].split(",").includes(name)) continue;
  const scenario = scenarioSchema.parse(value);
  const t = performance.now();
  const r = rehearse(exampleMigration("default"), scenario, 1);
  console.log(
    name,
    r.ending,
    r.status.phase,
    (r.seconds / 3600).toFixed(2),
    "h",
    ((performance.now() - t) / 1000).toFixed(0),
    "s",
    JSON.stringify({ lost: r.status.evidence?.lost, v: r.status.evidence?.vanishedPods }),
  );
  for (const h of r.status.history) console.log("   ", h.at, h.phase, h.reason, h.message.slice(0, 200));
}
