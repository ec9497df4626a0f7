import { RetrieverError } from "@retriever/stores/errors.ts";
import type { BackendAnswer } from "@retriever/stores/ports/backend.ts";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { waitUntil } from "#test/wait-until.ts";
import { parseRequest } from "./parse-request.ts";
import { makeShadowQueue, type ShadowResult } from "./shadow.ts";

const request = parseRequest(Buffer.from('{"embedding":[1,2],"k":4}'));
const good: BackendAnswer = { candidates: [], vectorMs: 1 };
const failuresUntilOpen = 10;

// The breaker looks at the wall clock by itself.
beforeEach(() => vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => vi.useRealTimers());

/** A queue whose breaker is open after failures; what the shadow answers from then on is `next`. */
async function makeTrippedQueue(next: () => Promise<BackendAnswer>) {
  let nowMs = 0;
  let asked = 0;
  const ask = (): Promise<BackendAnswer> => {
    asked += 1;
    return asked > failuresUntilOpen ? next() : Promise.reject(new Error("down"));
  };
  const queue = makeShadowQueue(ask, { monotonicMs: () => nowMs });
  const results: ShadowResult["kind"][] = [];
  const sample = (): void => queue.sample(request, ({ kind }) => results.push(kind));
  for (let index = 1; index <= failuresUntilOpen; index += 1) {
    sample();
    await waitUntil(() => results.length === index);
  }
  const pass = (ms: number): void => {
    nowMs += ms;
    vi.setSystemTime(Date.now() + ms);
  };
  results.length = 0;
  return { sample, pass, results, asked: () => asked };
}

test("samples behind an open breaker end at once, as errors, and never reach the shadow", async () => {
  const queue = await makeTrippedQueue(() => Promise.resolve(good));
  queue.pass(4000);
  queue.sample();
  queue.sample();
  expect(queue.results).toEqual(["error", "error"]);
  expect(queue.asked()).toBe(failuresUntilOpen);
});

test("a sample for whose answer there is no room is dropped, and the shadow isn't taken for broken", async () => {
  const full = new RetrieverError({ code: "RETR_OVERLOADED", message: "no room" });
  const queue = makeShadowQueue(() => Promise.reject(full), { monotonicMs: () => 0 });
  const results: ShadowResult["kind"][] = [];
  for (let index = 1; index <= failuresUntilOpen + 1; index += 1) {
    queue.sample(request, ({ kind }) => results.push(kind));
    await waitUntil(() => results.length === index);
  }
  expect(new Set(results)).toEqual(new Set(["dropped"]));
});

test("while one sample tries a shadow again, the others end at once instead of waiting for it", async () => {
  const queue = await makeTrippedQueue(() => new Promise(() => undefined));
  queue.pass(6000);
  for (let index = 0; index < 100; index += 1) queue.sample();
  expect(queue.results).toEqual(Array.from({ length: 99 }, () => "error"));
  expect(queue.asked()).toBe(failuresUntilOpen + 1);
});

test("a shadow that answers the trial is asked about every sample again", async () => {
  const queue = await makeTrippedQueue(() => Promise.resolve(good));
  queue.pass(6000);
  queue.sample();
  await waitUntil(() => queue.results.length === 1);
  queue.sample();
  queue.sample();
  await waitUntil(() => queue.results.length === 3);
  expect(queue.results).toEqual(["answered", "answered", "answered"]);
});
