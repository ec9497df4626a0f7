import type { BackendAnswer } from "@retriever/stores/ports/backend.ts";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { waitUntil } from "#test/wait-until.ts";
import { parseRequest } from "./parse-request.ts";
import { makeShadowLane, type ShadowOutcome } from "./shadow.ts";

const request = parseRequest(Buffer.from('{"embedding":[1,2],"k":4}'));
const good: BackendAnswer = { candidates: [], vectorMs: 1 };
const untilLeftAlone = 10;

// The breaker looks at the wall clock by itself.
beforeEach(() => vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => vi.useRealTimers());

/** A lane to a shadow that has failed so often that it is left alone; what it answers from then on is `next`. */
async function makeRestingLane(next: () => Promise<BackendAnswer>) {
  let nowMs = 0;
  let asked = 0;
  const ask = (): Promise<BackendAnswer> => {
    asked += 1;
    return asked > untilLeftAlone ? next() : Promise.reject(new Error("down"));
  };
  const lane = makeShadowLane(ask, { monotonicMs: () => nowMs });
  const outcomes: ShadowOutcome["kind"][] = [];
  const sample = (): void => lane.sample(request, ({ kind }) => outcomes.push(kind));
  for (let index = 1; index <= untilLeftAlone; index += 1) {
    sample();
    await waitUntil(() => outcomes.length === index);
  }
  const pass = (ms: number): void => {
    nowMs += ms;
    vi.setSystemTime(Date.now() + ms);
  };
  outcomes.length = 0;
  return { sample, pass, outcomes, asked: () => asked };
}

test("samples of a shadow that is left alone end at once, as errors, and never reach it", async () => {
  const lane = await makeRestingLane(() => Promise.resolve(good));
  lane.pass(4000);
  lane.sample();
  lane.sample();
  expect(lane.outcomes).toEqual(["error", "error"]);
  expect(lane.asked()).toBe(untilLeftAlone);
});

test("while one sample tries a shadow again, the others end at once instead of waiting for it", async () => {
  const lane = await makeRestingLane(() => new Promise(() => undefined));
  lane.pass(6000);
  for (let index = 0; index < 100; index += 1) lane.sample();
  expect(lane.outcomes).toEqual(Array.from({ length: 99 }, () => "error"));
  expect(lane.asked()).toBe(untilLeftAlone + 1);
});

test("a shadow that answers the trial is asked about every sample again", async () => {
  const lane = await makeRestingLane(() => Promise.resolve(good));
  lane.pass(6000);
  lane.sample();
  await waitUntil(() => lane.outcomes.length === 1);
  lane.sample();
  lane.sample();
  await waitUntil(() => lane.outcomes.length === 3);
  expect(lane.outcomes).toEqual(["answered", "answered", "answered"]);
});
