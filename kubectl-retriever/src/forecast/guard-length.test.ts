// How long a guard takes by the calendar, and what is said when that is too long.
import { type MigrationSpecInput, migrationSpecSchema } from "@retriever/crds/spec/migration-spec.ts";
import { expect, it } from "vitest";
import { hourlyFlow } from "./flow.ts";
import { forecast } from "./forecast.ts";
import type { GuardForecast } from "./guard-length.ts";

const destination = { kind: "qdrant", url: "https://qdrant.search.svc:6333", collection: "chunks" } as const;

function guardAt(rate: number, guard: MigrationSpecInput["guard"] = {}, byHour?: readonly number[]): GuardForecast {
  const plan = migrationSpecSchema.parse({ target: { name: "search-api" }, destination, guard });
  return forecast(plan, hourlyFlow(rate, byHour)).guard as GuardForecast;
}

/** Eight hours of a hundredth of the traffic. */
const nightly = [...Array.from({ length: 8 }, () => 0.01), ...Array.from({ length: 16 }, () => 1)];

it("all time counts where a total failure is noticed soon enough: the guard takes guard.duration", () => {
  expect(guardAt(0.7)).toMatchObject({
    rates: { least: 1, most: 1 },
    seconds: { shortest: 86_400, longest: 86_400 },
    watchedShare: 1,
    problem: null,
  });
});

it("nights too quiet don't count: 24 h take 40 when begun in the evening, 32 in the morning", () => {
  const { seconds, watchedShare, problem } = guardAt(0.7, {}, nightly);
  expect({ seconds, watchedShare, problem }).toEqual({
    seconds: { shortest: 32 * 3600, longest: 40 * 3600 },
    watchedShare: 2 / 3,
    problem: null,
  });
});

it("with a deadline that the nights use up it is a problem, and a longer one is a remedy", () => {
  const { problem } = guardAt(0.7, { deadline: "36h" }, nightly);
  expect(problem?.reason).toMatch(
    /^by its deadline of 36h the guard isn't over: 24h of time that counts take up to 40h: below 0\.017 requests\/s/,
  );
  expect(problem?.remedies).toContain("a guard.deadline of 40h or more");
});

it("where no hour counts it never ends, and no deadline is long enough", () => {
  const { seconds, problem } = guardAt(0.01);
  expect(seconds).toEqual({ shortest: null, longest: null });
  expect(problem?.reason).toContain("24h of time that counts take for ever");
  expect(problem?.remedies).toEqual([
    "guard.maxDetectionTime 25m, if that is soon enough",
    "more traffic in the guard",
    "an act CompleteGuard, with a reason, by somebody who may promote: it ends a guard that is too thin to judge",
  ]);
  expect(guardAt(0.01, { maxDetectionTime: "25m" }).problem).toBeNull();
});

it("a fixed share that brings too few samples is told with one that brings enough", () => {
  const sampling = { mode: "Fixed", minRate: 0.05 } as const;
  const { problem } = guardAt(0.05, { sampling });
  expect(problem?.reason).toContain("1,000 samples (guard.minSamples) would take up to 111h7m");
  expect(problem?.remedies.slice(0, 2)).toEqual([
    "guard.sampling.minRate 7.8 % or more",
    "a guard.deadline of 111h7m or more",
  ]);
  expect(guardAt(0.05, { sampling: { ...sampling, minRate: 0.078 } }).problem).toBeNull();
});

it("a guard without samples needs none, and no line of samples notices anything", () => {
  const { needs, problem, smallest } = guardAt(1, { sampling: { mode: "Fixed", minRate: 0 } });
  expect({ needs, problem }).toEqual({ needs: 0, problem: null });
  const seen = smallest.filter(({ share }) => share !== null).map(({ line }) => line);
  expect(seen).toEqual(["liveErrors", "emptyAnswers", "liveLatency", "severe"]);
});

it("the more a guard sees the smaller is the harm that it notices, but never within the limit", () => {
  const [thin, busy] = [guardAt(0.05), guardAt(20)];
  for (const [index, { share, limit }] of busy.smallest.entries()) {
    expect(share).toBeLessThan(thin.smallest[index]?.share ?? 1);
    expect(share).toBeGreaterThan(limit);
  }
});
