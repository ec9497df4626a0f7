// What a plan says of stages that call a person, and of one that only validates.
import { type MigrationSpecInput, migrationSpecSchema } from "@retriever/crds/spec/migration-spec.ts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { hourlyFlow } from "./flow.ts";
import { type Forecast, forecast } from "./forecast.ts";
import { renderForecast } from "./render-forecast.ts";

const destination = { kind: "qdrant", url: "https://qdrant.search.svc:6333", collection: "chunks" } as const;

function planOf(more: Partial<MigrationSpecInput>) {
  return migrationSpecSchema.parse({ target: { name: "search-api" }, destination, ...more });
}

function at(rate: number, more: Partial<MigrationSpecInput>): Forecast {
  return forecast(planOf(more), hourlyFlow(rate));
}

it("a stage whose samples take longer than its deadline is a problem, with a rate and a deadline that would do", () => {
  const stages = [{ sampleRate: 0.1, minSamples: 7200, minDuration: "1h", deadline: "10h" }];
  const plan = planOf({ stages });
  const [stage] = at(1, { stages }).stages;
  expect(stage?.problem).toEqual({
    reason: "by its deadline of 10h stage 1 isn't decided, and calls a person: 7,200 samples would take up to 20h",
    remedies: ["stages[0].sampleRate 20 % or more", "stages[0].deadline 20h or more", "more traffic in the stage"],
  });
  expect(renderForecast(plan, forecast(plan, hourlyFlow(1)), false)).toContain(`TOO THIN: ${stage?.problem?.reason}.`);
});

it("a stage whose windows take longer than its deadline is a problem that no traffic solves", () => {
  const stages = [{ sampleRate: 0.1, minDuration: "1m", deadline: "30m" }];
  const [stage] = at(100, { stages, gates: { window: "10m" } }).stages;
  expect(stage?.seconds).toEqual({ shortest: 3600, longest: 3600 });
  expect(stage?.problem).toEqual({
    reason:
      "by its deadline of 30m stage 1 isn't decided, and calls a person: 6 windows (gates.window), which it takes to tell bursts, last 1h",
    remedies: ["a shorter gates.window", "stages[0].deadline 1h or more"],
  });
  const gates = { window: "10m" };
  const shown = renderForecast(planOf({ stages, gates }), at(100, { stages, gates }), false).join("\n");
  expect(shown).toMatch(/^stage 1 .* 1h +CAN'T DECIDE in 10m: 6 windows \(gates\.window\) last 1h$/m);
  expect(at(100, { stages, gates: { window: "5m" } }).stages[0]?.problem).toBeNull();
});

it("what a stage's problem names as remedy takes the problem away", () => {
  const some = fc.record({ rate: fc.constantFrom(0.05, 0.5, 5), minSamples: fc.integer({ min: 100, max: 20_000 }) });
  fc.assert(
    fc.property(some, ({ rate, minSamples }) => {
      const stage = { sampleRate: 0.01, minSamples, minDuration: "1h", deadline: "6h" };
      const remedies = at(rate, { stages: [stage] }).stages[0]?.problem?.remedies ?? [];
      for (const remedy of remedies) {
        const [, field = "", value = ""] = /^stages\[0\]\.(sampleRate|deadline) (\S+)/.exec(remedy) ?? [];
        if (field === "") continue;
        const mended = { ...stage, [field]: field === "deadline" ? value : Number(value) / 100 };
        expect([remedy, at(rate, { stages: [mended] }).stages[0]?.problem]).toEqual([remedy, null]);
      }
    }),
    { numRuns: 30 },
  );
});

it("a stage that only waits for its time is none", () => {
  expect(at(100, { gates: { minDwell: "30h" } }).stages.map(({ problem }) => problem)).toEqual([null, null, null]);
});

it("a plan that validates lasts validate.duration at least, over all stages", () => {
  expect(at(100, { mode: "Validate" })).toMatchObject({ validateSeconds: 86_400, lowerBoundSeconds: 86_400 });
  const short = at(100, { mode: "Validate", validate: { duration: "1h" } });
  expect(short.lowerBoundSeconds).toBe(short.stages.reduce((sum, { seconds }) => sum + (seconds.shortest ?? 0), 0));
  expect(at(100, {}).validateSeconds).toBeNull();
});
