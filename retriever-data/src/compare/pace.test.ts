import { expect, test } from "vitest";
import { makeMemoryChunkStore } from "#test/memory-chunk-store.ts";
import { runOver, startMs } from "#test/verify-run.ts";
import { makePace } from "./pace.ts";

const never = new AbortController().signal;

/** Turns of `workMs` each, with `betweenMs` in between; what was rested before each. */
async function restsOf({ workMs, betweenMs }: { workMs: number; betweenMs: number }, rowsPerSecond: number | null) {
  let nowMs = 0;
  const rests: number[] = [];
  const paced = makePace(rowsPerSecond, {
    clock: { wallMs: () => 0, monotonicMs: () => nowMs },
    pause: async (ms) => {
      rests.push(ms);
      nowMs += ms;
    },
  });
  for (let turn = 0; turn < 3; turn += 1) {
    await paced(1000, never, async () => void (nowMs += workMs));
    nowMs += betweenMs;
  }
  return rests;
}

test("a store rests between two turns for as long as it worked, and what is done meanwhile counts", async () => {
  expect(await restsOf({ workMs: 20, betweenMs: 0 }, 1e9)).toEqual([20, 20]);
  expect(await restsOf({ workMs: 20, betweenMs: 15 }, 1e9)).toEqual([5, 5]);
  expect(await restsOf({ workMs: 20, betweenMs: 40 }, 1e9)).toEqual([]);
  expect(await restsOf({ workMs: 20, betweenMs: 0 }, null)).toEqual([]);
});

test("a turn of a few rows, which takes longer for each of them, is no sign of a slow store", async () => {
  let nowMs = 0;
  const rests: number[] = [];
  const clock = { wallMs: () => 0, monotonicMs: () => nowMs };
  const pause = async (ms: number): Promise<void> => {
    rests.push(ms);
    nowMs += ms;
  };
  const paced = makePace(1e9, { clock, pause });
  for (const rows of [1000, 40, 1000, 40, 1000]) await paced(rows, never, async () => void (nowMs += 5 + rows / 50));
  expect(rests.map((ms) => Math.round(ms * 10) / 10)).toEqual([25, 5.8, 25, 5.8]);
});

test("the store that a verification asks by id works at most half of the time", async () => {
  const chunks = Array.from({ length: 40 }, (_, row) => ({ id: `c${row}`, updatedAtMs: startMs - 1_000_000 }));
  const [held, destination] = [makeMemoryChunkStore("source", chunks), makeMemoryChunkStore("destination", chunks)];
  let [nowMs, workedMs, begunMs] = [startMs, 0, startMs];
  const lookUp: typeof held.lookUp = (...asked) => {
    if (workedMs === 0) begunMs = nowMs;
    nowMs += 50;
    workedMs += 50;
    return held.lookUp(...asked);
  };
  const source = { ...held, lookUp };
  const deps = {
    clock: { wallMs: () => nowMs, monotonicMs: () => nowMs },
    pause: async (ms: number) => void (nowMs += ms),
  };
  const found = await runOver(source, destination, { scope: { level: "vector" }, rowsPerSecond: 1e6, deps });
  expect([found.outcome, workedMs]).toEqual(["equal", 200]);
  expect(nowMs - begunMs).toBeGreaterThanOrEqual(2 * workedMs - 50);
});
