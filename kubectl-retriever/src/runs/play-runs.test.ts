import { expect, it } from "vitest";
import { outcomeOf } from "#rehearse/outcome.ts";
import { rehearse } from "#rehearse/rehearse.ts";
import { exampleMigration, scenarioNamed } from "#test/rehearse/library.ts";
import { playRuns } from "./play-runs.ts";

const scenario = { ...scenarioNamed("healthy"), until: "5m" };
const play = { migration: exampleMigration("default"), scenario };
const seeds = [4, 5, 6, 7, 8];
const workers = (count: number) => ({ count, entry: new URL("./run-worker.ts", import.meta.url) });
const never = new AbortController().signal;
const onPlayed = () => undefined;

it("runs are in the order of their seeds, and the same on one worker, on two and without any", async () => {
  const alone = await playRuns(play, seeds, { workers: workers(1), signal: never, onPlayed });
  expect(await playRuns(play, seeds, { workers: workers(2), signal: never, onPlayed })).toEqual(alone);
  expect(alone.map(({ outcome }) => outcome)).toEqual(
    seeds.map((seed) => outcomeOf(rehearse(play.migration, scenario, seed), scenario, seed)),
  );
});

it("an interrupt ends the workers and keeps what was played until then", async () => {
  const stop = new AbortController();
  const runs = await playRuns(play, seeds, {
    workers: workers(1),
    signal: stop.signal,
    onPlayed: (played) => {
      if (played === 2) stop.abort();
    },
  });
  expect(runs.map(({ outcome }) => outcome.seed)).toEqual([4, 5]);
});

it("a run that fails fails them all, with its own fault", async () => {
  const broken = { ...play, scenario: { ...scenario, startsAt: "2026-03-02T08:00:00Z", events: [{ at: 7 }] } };
  const ran = playRuns(broken as unknown as typeof play, seeds, { workers: workers(1), signal: never, onPlayed });
  await expect(ran).rejects.toThrow(TypeError);
});
