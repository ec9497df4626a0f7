// Every bin is judged once: whoever looks when, whichever pod is late, restarted, or has its clock wrong.
import { type EvidenceBin, noSliceCounters } from "@retriever/sidecar/contract/evidence.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { someCounters } from "#test/builders/counters.ts";
import { aPod } from "#test/builders/world.ts";
import type { PodObservation } from "../model/workload.ts";
import { addCounted, foldEvidence } from "../pods/epoch-evidence.ts";
import { newBins } from "./new-bins.ts";

const epoch = 5;
const now = 100_000;

type Told = { readonly closedAt?: number; readonly startId?: string; readonly epoch?: number };

function telling(name: string, bins: readonly EvidenceBin[], told: Told = {}): PodObservation {
  return aPod(name)
    .saying((status) => ({
      startId: told.startId ?? status.startId,
      evidence: { ...status.evidence, epoch: told.epoch ?? epoch, bins: [...bins], closedAt: told.closedAt ?? now },
    }))
    .build();
}

function bin(at: number, requests = 1, errors = 0): EvidenceBin {
  return { at, counters: someCounters({ requests, errors }), slices: [] };
}

type Before = Parameters<typeof foldEvidence>[0];

function recordOf(listed: readonly PodObservation[], before?: Before) {
  return foldEvidence(before, { epoch, listed, recordedAt: "2026-01-01T00:00:00.000Z", now });
}

function judge(pods: readonly PodObservation[], before: readonly PodObservation[] = [], judgedUntil = 0) {
  const evidence = before.length === 0 ? undefined : recordOf(before);
  return newBins({ epoch, pods, evidence, recorded: recordOf(pods, evidence), judgedUntil, now }).bins.map(
    ({ at, counters }) => [at, counters.requests],
  );
}

describe("the bins that nobody has judged", () => {
  it("are summed over pods, oldest first", () => {
    const pods = [telling("a", [bin(now - 20, 2), bin(now - 10, 3)]), telling("b", [bin(now - 20, 5)])];
    expect(judge(pods)).toEqual([
      [now - 20, 7],
      [now - 10, 3],
    ]);
  });

  it("are those that closed since the pod was judged last", () => {
    const before = telling("a", [bin(now - 20)], { closedAt: now - 10 });
    expect(judge([telling("a", [bin(now - 20), bin(now - 10)])], [before])).toEqual([[now - 10, 1]]);
  });

  it("of a process that began anew are all of its bins", () => {
    const before = telling("a", [bin(now - 10)], { startId: "first" });
    expect(judge([telling("a", [bin(now - 10)], { startId: "second" })], [before])).toEqual([[now - 10, 1]]);
  });

  it("of another epoch, of a pod that doesn't answer, and open ones are none", () => {
    expect(judge([telling("a", [bin(now - 10)], { epoch: 4 }), aPod("b").silent().build()])).toEqual([]);
    expect(judge([telling("a", [bin(now)])])).toEqual([]);
  });

  it("that come late count with the next one, so none is lost and time doesn't run backwards", () => {
    const pods = [telling("late", [bin(now - 50, 4)]), telling("b", [bin(now - 10, 1)])];
    expect(judge(pods, [], now - 10)).toEqual([[now - 10, 5]]);
  });

  it("of a pod whose clock is wrong by hours are those of the same moment", () => {
    for (const off of [-7200, 7200]) {
      const pods = [telling("a", [bin(now + off - 10, 4)], { closedAt: now + off }), telling("b", [bin(now - 10, 1)])];
      expect(judge(pods)).toEqual([[now - 10, 5]]);
    }
  });

  it("name the pods that failed every fifth request, and add up namespaces", () => {
    const counters = { ...noSliceCounters(), requests: 1, answered: 1, scoreWorse: 1 };
    const told = (errors: number) => ({ at: now - 10, counters: someCounters({ requests: 10, errors, answered: 1 }) });
    const slice = { namespace: "t", counters };
    const pods = ["a", "b"].map((name) => telling(name, [{ ...told(name === "a" ? 2 : 1), slices: [slice] }]));
    const recorded = recordOf(pods);
    const [summed] = newBins({ epoch, pods, evidence: undefined, recorded, judgedUntil: 0, now }).bins;
    expect(summed?.failing).toEqual([pods[0]?.uid]);
    expect(summed?.slices.get("t")).toMatchObject({ requests: 2, scoreWorse: 2 });
  });
});

describe("what one pod may weigh", () => {
  const honest = ["a", "b", "c"].map((name) => telling(name, [bin(now - 10, 100, 100)]));
  const take = (pods: readonly PodObservation[], evidence?: Before, judgedUntil = 0) => {
    const recorded = recordOf(pods, evidence);
    // Judged for so long that one bin is little of all.
    const judgedFrom = judgedUntil === 0 ? undefined : now - 3600;
    const { bins, weights } = newBins({ epoch, pods, evidence, recorded, judgedFrom, judgedUntil, now });
    return { bins, record: addCounted(recorded, bins, weights) };
  };

  it("is twice what the others do: a billion good requests hide nothing", () => {
    const liar = telling("liar", [bin(now - 10, 1e9)]);
    const [summed] = take([...honest, liar]).bins;
    expect([summed?.counters.requests, summed?.counters.errors]).toEqual([500, 300]);
  });

  it("is told by all that was taken from it, so that a claim in many small bins is no more", () => {
    const liar = telling(
      "liar",
      Array.from({ length: 20 }, (_, index) => bin(now - 200 + index * 10, 50)),
    );
    const summed = take([...honest, liar]).bins;
    const taken = summed.reduce((sum, { counters }) => sum + counters.requests - counters.errors, 0);
    expect(taken).toBeLessThan(1000);
    expect(summed.at(-1)?.counters.errors).toBe(300);
    expect(summed.at(-1)?.counters.requests).toBeLessThan(320);
  });

  it("is told by those that are there: three that are left of twelve have all of the traffic", () => {
    const before = Array.from({ length: 12 }, (_, index) =>
      telling(`pod-${index}`, [bin(now - 20, 100)], { closedAt: now - 10 }),
    );
    const { record } = take(before, undefined, now - 30);
    const left = [0, 1, 2].map((index) => telling(`pod-${index}`, [bin(now - 10, 400)]));
    const [summed] = take(left, record, now - 10).bins;
    expect(summed?.counters.requests).toBe(1200);
  });

  it("is told by its predecessor as well, where it took the place of one that went", () => {
    const before = [...honest, telling("liar", [bin(now - 10, 1e9)])];
    const { record } = take(before, undefined, now - 20);
    const alone = take(honest.slice(0, 3), record, now - 10).record;
    const after = [...["a", "b", "c"].map((name) => telling(name, [])), telling("again", [bin(now - 10, 1e9)])];
    expect(take(after, alone, now - 10).bins[0]?.counters.requests).toBeLessThan(10);
  });

  it("isn't bounded where it serves everything alone, and where few tell", () => {
    const [summed] = take([telling("sticky", [bin(now - 10, 5000, 5000)]), telling("b", []), telling("c", [])]).bins;
    expect(summed?.counters).toMatchObject({ requests: 5000, errors: 5000 });
  });

  it("is bounded by its counters: no more failures than requests, nor namespaces than there were requests", () => {
    const counters = { requests: 1e9, errors: 2e9, failedChecked: 9e9, failedWorse: 9e9, answered: 9e9 };
    const slices = [{ namespace: "t", counters: { ...noSliceCounters(), ...counters, scoreWorse: 9e9 } }];
    const told = someCounters({
      requests: 10,
      errors: 99,
      failedChecked: 99,
      answered: 4,
      scoreWorse: 7,
      overlapSum: 9,
    });
    const [summed] = take([telling("a", [{ at: now - 10, counters: told, slices }])]).bins;
    const bounded = { requests: 10, errors: 10, failedChecked: 10, answered: 4, scoreWorse: 4, overlapSum: 4 };
    expect(summed?.counters).toMatchObject(bounded);
    expect(summed?.slices.get("t")).toMatchObject({ requests: 10, errors: 10, answered: 4, scoreWorse: 4 });
  });
});

it("whenever it is asked, every request is judged exactly once", () => {
  const counts = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(counts, fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 20 }), (requests, steps) => {
      const all = requests.map((count, index) => bin(now - 400 + index * 10, count));
      let judged = 0;
      let evidence: Before;
      let judgedUntil = 0;
      let at = now - 400;
      for (const step of [...steps, 60]) {
        at += step * 10;
        const pod = telling(
          "a",
          all.filter((one) => one.at < at),
          { closedAt: at },
        );
        const recorded = recordOf([pod], evidence);
        const { bins } = newBins({ epoch, pods: [pod], evidence, recorded, judgedUntil, now: at });
        judged += bins.reduce((sum, { counters }) => sum + counters.requests, 0);
        judgedUntil = Math.max(judgedUntil, ...bins.map((one) => one.at + 10));
        evidence = recorded;
      }
      expect(judged).toBe(requests.reduce((sum, count) => sum + count, 0));
    }),
  );
});
