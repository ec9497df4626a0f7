import fc from "fast-check";
import { expect, test } from "vitest";
import { makeExactLimiter } from "./exact-limiter.ts";

const minuteMs = 60_000;

/** A store on a virtual clock that is searched exactly whenever its limiter allows it. */
function makeStore(start = { answerMs: 20, searchMs: 30, jitter: 0 }) {
  const limiter = makeExactLimiter();
  const store = { ...start, nowMs: 0, searches: [] as number[] };
  const answer = (at: number): number => store.answerMs * (1 + (at % 2 === 0 ? store.jitter : -store.jitter));
  /** Four requests a second; each may begin a search, which has ended before the next request. */
  const run = (durationMs: number, perSecond = 1): void => {
    for (const endMs = store.nowMs + durationMs; store.nowMs < endMs; store.nowMs += 250) {
      limiter.onAnswer(answer(store.nowMs / 250), store.nowMs);
      if (perSecond === 0 || !limiter.mayBegin(store.nowMs)) continue;
      limiter.begin(store.nowMs, perSecond);
      store.searches.push(store.nowMs);
      limiter.end(store.nowMs, store.searchMs);
    }
  };
  return { limiter, store, run, reason: () => limiter.stopReason(store.nowMs) };
}

test("searches begin once a minute has told what is usual, then as often as allowed", () => {
  const { store, run, reason } = makeStore();
  run(2 * minuteMs, 0.5);
  expect(store.searches.slice(0, 3)).toEqual([60_000, 62_000, 64_000]);
  expect(store.searches).toHaveLength(30);
  expect(reason()).toBeNull();
});

test("never more often than allowed, at any rate and whatever the searches take", () => {
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 10, noNaN: true }), fc.integer({ min: 0, max: 2000 }), (rate, searchMs) => {
      const { store, run } = makeStore({ answerMs: 20, searchMs, jitter: 0 });
      run(3 * minuteMs, rate);
      for (const [at, beganAtMs] of store.searches.entries()) {
        expect(beganAtMs - (store.searches[at - 1] ?? -1e9)).toBeGreaterThanOrEqual(1000 / rate);
      }
    }),
    { numRuns: 30 },
  );
});

test("a search that is under way lets no other begin, however long it takes", () => {
  const { limiter, store, run } = makeStore();
  run(minuteMs, 0);
  limiter.begin(store.nowMs, 1);
  run(minuteMs);
  expect(store.searches).toEqual([]);
  limiter.end(store.nowMs, 10);
  run(1000);
  expect(store.searches).toHaveLength(1);
});

test("searches over 250 ms stop at once, and the pauses double up to 32 minutes while it stays so", () => {
  const { store, run, reason } = makeStore({ answerMs: 20, searchMs: 310, jitter: 0 });
  run(61_000);
  expect(reason()).toBe("exact searches take 310 ms (median of the last 5, limit 250 ms)");
  run(3 * 60 * minuteMs);
  const pauses = store.searches.slice(1).map((at, index) => Math.round((at - (store.searches[index] ?? 0)) / minuteMs));
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 32, 32, 32]);
  store.searchMs = 200;
  run(64 * minuteMs);
  expect(reason()).toBeNull();
  store.searchMs = 310;
  run(6000);
  expect(reason()).not.toBeNull();
  run(2 * minuteMs);
  // Fine for long, so the pause is the first one again.
  expect(store.searches.at(-1)).toBeGreaterThan(store.nowMs - 1.1 * minuteMs);
});

test("two slow or failed searches of five don't stop it, three do", () => {
  const { limiter, store, run, reason } = makeStore();
  run(1.5 * minuteMs);
  for (const [slow, stopped] of [
    [400, false],
    [Number.POSITIVE_INFINITY, false],
    [Number.POSITIVE_INFINITY, true],
  ] as const) {
    limiter.begin(store.nowMs, 1);
    limiter.end(store.nowMs, slow);
    expect(reason() !== null).toBe(stopped);
  }
  expect(reason()).toContain("take 400 ms");
});

test("answers that get slower by a quarter stop it, and what is usual is learned anew in the pause", () => {
  const { store, run, reason } = makeStore({ answerMs: 40, searchMs: 30, jitter: 0.4 });
  run(1.2 * minuteMs);
  store.answerMs = 50;
  run(80_000);
  expect(reason()).toMatch(/^answers take \d+ ms since exact searches began, 39 ms before$/);
  const before = store.searches.length;
  run(10 * minuteMs);
  expect(reason()).toBeNull();
  expect(store.searches.length - before).toBeGreaterThan(500);
});

test.each([
  { title: "by less than 5 ms, however large a share", from: 4, to: 8, jitter: 0 },
  { title: "by a tenth", from: 100, to: 110, jitter: 0 },
])("answers that get slower $title don't stop it", ({ from, to, jitter }) => {
  const { store, run, reason } = makeStore({ answerMs: from, searchMs: 30, jitter });
  run(1.2 * minuteMs);
  store.answerMs = to;
  run(10 * minuteMs);
  expect(reason()).toBeNull();
});

test("a single stall of the store doesn't stop it", () => {
  const { limiter, store, run, reason } = makeStore();
  run(1.5 * minuteMs);
  limiter.onAnswer(30_000, store.nowMs);
  store.nowMs += 250;
  run(minuteMs);
  expect(reason()).toBeNull();
});

test("after ten minutes without a search what is usual is what the store took meanwhile", () => {
  const { store, run, reason } = makeStore();
  run(1.5 * minuteMs);
  store.answerMs = 60;
  run(11 * minuteMs, 0);
  run(minuteMs);
  expect(reason()).toBeNull();
  store.answerMs = 90;
  run(0.7 * minuteMs);
  expect(reason()).toContain("60 ms before");
});

test("an answer that tells no time is left out", () => {
  const { limiter } = makeStore();
  for (let at = 0; at < 30; at += 1) limiter.onAnswer(Number.NaN, at * 1000);
  expect(limiter.mayBegin(60_000)).toBe(false);
});
