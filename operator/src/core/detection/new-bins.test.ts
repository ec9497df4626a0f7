// Every bin is judged once: whoever looks when, whichever pod is late, restarted, or has its clock wrong.
import type { EvidenceBin } from "@retriever/sidecar/contract/evidence.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { someCounters } from "#test/builders/counters.ts";
import { aPod } from "#test/builders/world.ts";
import type { PodObservation } from "../model/workload.ts";
import { foldEvidence } from "../pods/epoch-evidence.ts";
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

function recordOf(pods: readonly PodObservation[], before?: Parameters<typeof foldEvidence>[0]) {
  return foldEvidence(before, epoch, pods, "2026-01-01T00:00:00.000Z");
}

function judge(pods: readonly PodObservation[], before: readonly PodObservation[] = [], judgedUntil = 0) {
  const evidence = before.length === 0 ? undefined : foldEvidence(undefined, epoch, before, "2026-01-01T00:00:00.000Z");
  return newBins({ epoch, pods, evidence, recorded: recordOf(pods, evidence), judgedUntil, now }).map(
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
    const counters = { requests: 1, errors: 0, failedChecked: 0, failedWorse: 0, answered: 1 };
    const slice = { namespace: "t", counters: { ...counters, shadowErrors: 0, scoreWorse: 1, mismatch: 0 } };
    const pods = ["a", "b"].map((name) =>
      telling(name, [{ ...bin(now - 10, 10, name === "a" ? 2 : 1), slices: [slice] }]),
    );
    const [summed] = newBins({ epoch, pods, evidence: undefined, recorded: recordOf(pods), judgedUntil: 0, now });
    expect(summed?.failing).toEqual([pods[0]?.uid]);
    expect(summed?.slices.get("t")).toMatchObject({ requests: 2, scoreWorse: 2 });
  });
});

it("whenever it is asked, every request is judged exactly once", () => {
  const counts = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(counts, fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 20 }), (requests, steps) => {
      const all = requests.map((count, index) => bin(now - 400 + index * 10, count));
      let judged = 0;
      let evidence: Parameters<typeof newBins>[0]["evidence"];
      let judgedUntil = 0;
      let at = now - 400;
      for (const step of [...steps, 60]) {
        at += step * 10;
        const pod = telling(
          "a",
          all.filter((one) => one.at < at),
          { closedAt: at },
        );
        const bins = newBins({
          epoch,
          pods: [pod],
          evidence,
          recorded: recordOf([pod], evidence),
          judgedUntil,
          now: at,
        });
        judged += bins.reduce((sum, { counters }) => sum + counters.requests, 0);
        judgedUntil = Math.max(judgedUntil, ...bins.map((one) => one.at + 10));
        evidence = foldEvidence(evidence, epoch, [pod], "2026-01-01T00:00:00.000Z");
      }
      expect(judged).toBe(requests.reduce((sum, count) => sum + count, 0));
    }),
  );
});
