import { noSliceCounters } from "@retriever/sidecar/contract/evidence.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ToyEvidence } from "./toy-evidence.ts";
import { emptyRow, fieldPlace } from "./toy-row.ts";

const start = Date.parse("2026-03-02T08:00:03Z");
const ask = { epoch: 1, spans: [], binsFrom: 0 };

function counted(requests: number) {
  const row = emptyRow();
  row[fieldPlace.requests] = requests;
  return row;
}

/** One request a second, from a second of the pod's clock to another; both clocks start together. */
function serving(evidence: ToyEvidence, from: number, to: number, aheadMs = 0) {
  for (let second = from; second <= to; second += 1)
    evidence.add(second, { nowMs: start + aheadMs + second * 1000, row: counted(1), slices: [] });
  return (second: number, binsFrom = 0) => {
    const { closedAt, bins } = evidence.read({
      ...ask,
      binsFrom,
      elapsedMs: second * 1000,
      nowMs: start + aheadMs + second * 1000,
    });
    const since = (at: number) => at - (start - 3000) / 1000;
    return { closedAt: since(closedAt), bins: bins.map(({ at, counters }) => [since(at), counters.requests]) };
  };
}

describe("the bins of a toy sidecar", () => {
  it("begin at tens of the wall clock; only the closed ones from the asked instant on are told", () => {
    const read = serving(new ToyEvidence(0), 1, 30);
    expect(read(30)).toEqual({
      closedAt: 30,
      bins: [
        [0, 7],
        [10, 10],
        [20, 10],
      ],
    });
    expect(read(30, (start - 3000) / 1000 + 20).bins).toEqual([[20, 10]]);
  });

  it("are as before for the time that was taken back, and for a copy", () => {
    const evidence = new ToyEvidence(0);
    const before = serving(evidence, 1, 30)(30);
    const copy = evidence.clone();
    serving(evidence, 31, 90)(90);
    evidence.rewind(30);
    expect(serving(evidence, 31, 30)(30)).toEqual(before);
    expect(serving(copy, 31, 90)(90)).toEqual(serving(evidence, 31, 90)(90));
  });

  it("hold what each namespace counted, and forget what was taken back", () => {
    const evidence = new ToyEvidence(0);
    const counters = { ...noSliceCounters(), requests: 1, answered: 1, mismatch: 1 };
    const slices = [{ namespace: "namespace-1", counters }];
    const serveUntil = (from: number, to: number) => {
      for (let second = from; second <= to; second += 1)
        evidence.add(second, { nowMs: start + second * 1000, row: counted(2), slices });
    };
    const read = () => evidence.read({ ...ask, elapsedMs: 30_000, nowMs: start + 30_000 }).bins;
    serveUntil(1, 25);
    evidence.rewind(12);
    serveUntil(13, 30);
    expect(read().map((bin) => bin.slices.map((slice) => [slice.namespace, slice.counters.mismatch]))).toEqual([
      [["namespace-1", 7]],
      [["namespace-1", 10]],
      [["namespace-1", 10]],
    ]);
    expect(read()).toEqual(read());
  });

  it("go on in the newest while the wall clock is put back", () => {
    const evidence = new ToyEvidence(0);
    serving(evidence, 1, 30);
    const read = serving(evidence, 31, 60, -25_000);
    expect(read(60).bins.at(-1)).toEqual([20, 10]);
    expect(read(60)).toMatchObject({ closedAt: 30 });
  });

  it("tell every request once, whatever the wall clock does, to a reader that keeps where it stopped", () => {
    const step = fc.record({
      seconds: fc.integer({ min: 1, max: 40 }),
      jumpMs: fc.integer({ min: -60_000, max: 60_000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
        const evidence = new ToyEvidence(0);
        let [second, aheadMs, from, told] = [0, 0, 0, 0];
        const take = (nowMs: number) => {
          const { closedAt, bins } = evidence.read({ ...ask, binsFrom: from, elapsedMs: second * 1000, nowMs });
          told += bins.reduce((sum, { counters }) => sum + counters.requests, 0);
          expect(closedAt).toBeGreaterThanOrEqual(from);
          from = closedAt;
        };
        for (const { seconds, jumpMs } of steps) {
          aheadMs += jumpMs;
          for (const end = second + seconds; second < end; ) {
            second += 1;
            evidence.add(second, { nowMs: start + aheadMs + second * 1000, row: counted(1), slices: [] });
          }
          take(start + aheadMs + second * 1000);
        }
        take(from * 1000 + 20_000);
        expect(told).toBe(second);
      }),
    );
  });
});
