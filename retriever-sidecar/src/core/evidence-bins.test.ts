import fc from "fast-check";
import { expect, test } from "vitest";
import { binSeconds, type EvidenceBin, evidenceSchema, keptSeconds, maxCountedSlices } from "#contract/evidence.ts";
import { makeEvidenceLog } from "./evidence.ts";

/** The clocks' reading; the monotonic one doesn't matter to bins. */
function at(wallMs: number) {
  return { monotonicMs: 0, wallMs };
}

function binsOf(log: ReturnType<typeof makeEvidenceLog>, wallMs: number, binsFrom: number | null = 0) {
  return evidenceSchema.parse(log.read(at(wallMs), { spans: [], binsFrom }));
}

const requestsOf = (bins: readonly EvidenceBin[]) => bins.map((bin) => [bin.at, bin.counters.requests]);

test("a bin is answered once it is closed, and never changes after that", () => {
  const log = makeEvidenceLog(1, 0);
  log.add({ requests: 1 }, at(20_000));
  log.add({ requests: 1 }, at(29_999));
  expect(binsOf(log, 29_999)).toMatchObject({ closedAt: 20, bins: [] });
  log.add({ requests: 1 }, at(30_000));
  expect(binsOf(log, 39_999)).toMatchObject({ closedAt: 30, bins: [{ at: 20, counters: { requests: 2 } }] });
  expect(binsOf(log, 40_000).closedAt).toBe(40);
});

test("what the closed bins and the open one hold is all that was counted", () => {
  const log = makeEvidenceLog(1, 0);
  expect(binsOf(log, 20_000)).not.toHaveProperty("open");
  for (const wallMs of [20_000, 29_000, 31_000]) log.add({ requests: 1 }, at(wallMs));
  const { bins, open, counters } = binsOf(log, 32_000);
  expect([requestsOf(bins), open?.requests, counters.requests]).toEqual([[[20, 2]], 1, 3]);
  expect(binsOf(log, 32_000, null).open?.requests).toBe(1);
  expect(binsOf(log, 40_000)).not.toHaveProperty("open");
});

test("a reader that goes on from where it was told has read every event once, whatever the wall clock does", () => {
  const step = fc.record({ jumpMs: fc.integer({ min: -30_000, max: 60_000 }), reads: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const log = makeEvidenceLog(1, 0);
      let [wallMs, cursor, counted] = [1_790_000_000_000, 0, 0];
      let latestMs = wallMs;
      const taken: [number, number][] = [];
      const take = () => {
        const { bins, closedAt } = binsOf(log, wallMs, cursor);
        expect(closedAt).toBeGreaterThanOrEqual(cursor);
        cursor = closedAt;
        for (const bin of bins) taken.push([bin.at, bin.counters.requests]);
      };
      for (const { jumpMs, reads } of steps) {
        wallMs += jumpMs;
        latestMs = Math.max(latestMs, wallMs);
        log.add({ requests: 1 }, at(wallMs));
        counted += 1;
        if (reads || counted % 10 === 0) take();
      }
      wallMs = latestMs + binSeconds * 1000;
      take();
      expect(taken.reduce((sum, [, requests]) => sum + requests, 0)).toBe(counted);
      const starts = taken.map(([start]) => start);
      expect(starts).toEqual([...new Set(starts)].toSorted((a, b) => a - b));
      expect(taken.every(([start]) => start % binSeconds === 0)).toBe(true);
    }),
  );
});

test("only the bins from the asked instant on come, oldest first, the empty ones left out", () => {
  const log = makeEvidenceLog(1, 0);
  for (const second of [5, 15, 45, 95]) log.add({ requests: second }, at(second * 1000));
  expect(requestsOf(binsOf(log, 101_000, 11).bins)).toEqual([
    [40, 45],
    [90, 95],
  ]);
  expect(requestsOf(binsOf(log, 101_000, 10).bins)[0]).toEqual([10, 15]);
  expect(binsOf(log, 101_000, null)).toMatchObject({ closedAt: 100, bins: [] });
  expect(binsOf(log, 101_000, 5000).bins).toEqual([]);
});

test("bins are kept for as long as windows are, and forgotten after that", () => {
  const log = makeEvidenceLog(1, 0);
  for (let second = 0; second < 2000; second += binSeconds) log.add({ requests: 1 }, at(second * 1000));
  const { bins } = binsOf(log, 1_999_000);
  expect([bins[0]?.at, bins.at(-1)?.at, bins.length]).toEqual([1990 - keptSeconds, 1980, keptSeconds / binSeconds]);
});

test("a clock that steps back goes on in the newest bin, and in the next epoch's log as well", () => {
  const log = makeEvidenceLog(1, 0);
  expect(binsOf(log, 55_000).closedAt).toBe(50);
  log.add({ requests: 1 }, at(31_000));
  expect(binsOf(log, 31_000)).toMatchObject({ closedAt: 50, bins: [] });
  const next = makeEvidenceLog(2, 0, log.openBinAt());
  next.add({ requests: 1 }, at(12_000));
  expect(requestsOf(binsOf(next, 61_000).bins)).toEqual([[50, 1]]);
});

test("an answer holds the oldest bins that fit, and says it is closed before the first one left out", () => {
  const log = makeEvidenceLog(1, 0);
  const names = Array.from({ length: maxCountedSlices }, (_, index) => `${index}`.padEnd(256, "\u0001"));
  for (let second = 0; second < keptSeconds; second += binSeconds) {
    for (const name of names) log.add({ requests: 1 }, at(second * 1000), name);
  }
  let [cursor, answers, slices] = [0, 0, 0];
  while (cursor < keptSeconds) {
    const evidence = binsOf(log, keptSeconds * 1000, cursor);
    expect(Buffer.byteLength(JSON.stringify(evidence))).toBeLessThan(600_000);
    expect(evidence.closedAt).toBe((evidence.bins.at(-1)?.at ?? 0) + binSeconds);
    cursor = evidence.closedAt;
    answers += 1;
    slices += evidence.bins.reduce((sum, bin) => sum + bin.slices.length, 0);
  }
  expect(slices).toBe((keptSeconds / binSeconds) * maxCountedSlices);
  expect(answers).toBeLessThan(40);
});
