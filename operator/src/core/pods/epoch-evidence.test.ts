// The record of an epoch's evidence, and sums over windows.
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import { describe, expect, it } from "vitest";
import { someCounters } from "#test/builders/counters.ts";
import { aRecord } from "#test/builders/epoch-record.ts";
import { aPod, type PodBuilder } from "#test/builders/world.ts";
import type { Span } from "../time/evidence-spans.ts";
import { addCounted, foldEvidence, openCounters, sumWindow, totalsOf } from "./epoch-evidence.ts";
import { processId } from "./processes.ts";

const epoch = 5;
const recordedAt = "2026-03-01T12:00:00.000Z";
const now = Date.parse(recordedAt) / 1000;

/** A pod that counts in an epoch. */
function counting(name: string, more: { epoch?: number } = {}): PodBuilder {
  return aPod(name).saying((status) => ({ evidence: { ...status.evidence, epoch: more.epoch ?? epoch } }));
}
const listed = (...pods: PodBuilder[]) => pods.map((pod) => pod.build());
const fold = (previous: Parameters<typeof foldEvidence>[0], ...pods: PodBuilder[]) =>
  foldEvidence(previous, { epoch, listed: listed(...pods), recordedAt, now });

describe("the record of an epoch", () => {
  it("begins with the pods that count in it, and with nothing counted", () => {
    const record = fold(undefined, counting("a"), counting("b", { epoch: 4 }));
    expect(record).toMatchObject({ epoch, recordedAt, lost: 0, vanishedPods: 0, counted: someCounters() });
    expect(record.groups).toHaveLength(1);
  });

  it("begins anew with another epoch, without what was counted and lost before", () => {
    const before = aRecord(4, { requests: 100 }, { lost: 3, vanishedPods: 2 });
    expect(fold(before, counting("a"))).toMatchObject({ epoch, counted: someCounters(), lost: 0, vanishedPods: 0 });
  });

  it("is the previous one itself when nothing is new", () => {
    const record = fold(undefined, counting("a"), counting("b"));
    expect(fold(record, counting("b"), counting("a"))).toBe(record);
    expect(addCounted(record, [], [])).toBe(record);
  });

  it("keeps what was counted when pods go, and counts them", () => {
    const record = addCounted(
      fold(undefined, counting("a"), counting("b")),
      [{ counters: someCounters({ requests: 7 }) }],
      [],
    );
    expect(fold(record, counting("a"))).toMatchObject({ counted: someCounters({ requests: 7 }), vanishedPods: 1 });
  });

  it("of the release before goes on: its counts, and up to where each pod was judged", () => {
    const pod = { uid: "uid-a", startId: "start-of-uid-a", binsUntil: 90, counters: someCounters({ requests: 5 }) };
    const { counted: _counted, ...rest } = aRecord(epoch);
    const before = { ...rest, pods: [pod], vanished: someCounters({ requests: 2 }) };
    expect(totalsOf(before)).toEqual(someCounters({ requests: 7 }));
    const record = fold(before, counting("a"));
    expect(record).toMatchObject({ counted: someCounters({ requests: 7 }), vanishedPods: 0 });
    expect(record.groups[0]?.processes[0]).toMatch(new RegExp(`^${processId("uid-a")} \\w{4} 90 `));
    expect(record).not.toHaveProperty("pods");
  });
});

describe("the totals of an epoch", () => {
  it("are what its bins counted", () => {
    const record = addCounted(
      aRecord(epoch, { requests: 10 }),
      [{ counters: someCounters({ requests: 7, mismatch: 2 }) }],
      [],
    );
    expect(totalsOf(record)).toEqual(someCounters({ requests: 17, mismatch: 2 }));
  });

  it("are zero without a record", () => {
    expect(totalsOf(undefined)).toEqual(someCounters());
  });
});

describe("a window over all pods", () => {
  const span: Span = { seconds: 300, offsetSeconds: 300 };
  const over = (name: string, coveredSeconds: number, counters: Partial<Counters>, more: Partial<Span> = {}) =>
    aPod(name).saying(({ evidence }) => ({
      evidence: {
        ...evidence,
        epoch,
        windows: [{ ...span, ...more, coveredSeconds, counters: someCounters(counters) }],
      },
    }));
  const sum = (...pods: PodBuilder[]) => sumWindow(listed(...pods), epoch, span);
  const none = { counters: null, coveredSeconds: 0, missing: 0 };

  it("is the sum of theirs, covered as long as by the pod that covers most", () => {
    const pods = [over("a", 20, { requests: 2, errors: 1 }), over("b", 30, { requests: 3 }), over("c", 10, {})];
    expect(sum(...pods)).toEqual({
      counters: someCounters({ requests: 5, errors: 1 }),
      coveredSeconds: 30,
      missing: 0,
    });
  });

  it("is none without a pod", () => {
    expect(sum()).toEqual(none);
  });

  it.each([
    ["is silent", over("b", 300, { requests: 3 }).silent()],
    ["has no such window", aPod("b").saying(({ evidence }) => ({ evidence: { ...evidence, epoch } }))],
    ["has only a shorter one", over("b", 300, { requests: 3 }, { seconds: 299 })],
    ["has only one of another time", over("b", 300, { requests: 3 }, { offsetSeconds: 0 })],
    [
      "counts for another epoch",
      over("b", 300, { requests: 3 }).saying(({ evidence }) => ({ evidence: { ...evidence, epoch: 4 } })),
    ],
  ])("goes without a pod that %s, and counts it as missing", (_what, pod) => {
    expect(sum(pod)).toEqual({ ...none, missing: 1 });
    expect(sum(pod, over("a", 20, { requests: 2 }), pod)).toEqual({
      counters: someCounters({ requests: 2 }),
      coveredSeconds: 20,
      missing: 2,
    });
  });

  it("is told from other windows of the same pod", () => {
    const windows = [
      { seconds: 300, offsetSeconds: 0, coveredSeconds: 300, counters: someCounters({ requests: 9 }) },
      { ...span, coveredSeconds: 200, counters: someCounters({ requests: 4 }) },
    ];
    const pod = aPod("a").saying(({ evidence }) => ({ evidence: { ...evidence, epoch, windows } }));
    expect(sum(pod)).toEqual({ counters: someCounters({ requests: 4 }), coveredSeconds: 200, missing: 0 });
  });

  it("weighs no pod more than twice what the others do, and covers no more than was asked for", () => {
    const honest = ["a", "b", "c"].map((name) => over(name, 300, { requests: 100, errors: 100 }));
    const liar = over("liar", 1e9, { requests: 1e15, errors: 0 });
    const { counters, coveredSeconds } = sum(...honest, liar);
    expect([counters?.requests, counters?.errors, coveredSeconds]).toEqual([500, 300, 300]);
  });
});

describe("what pods have counted since their newest closed bin", () => {
  const open = (name: string, requests: number, more: { epoch?: number } = {}) =>
    counting(name, more).saying(({ evidence }) => ({ evidence: { ...evidence, open: someCounters({ requests }) } }));

  it("is summed over those that count in the epoch and tell of it", () => {
    const pods = listed(open("a", 3), open("b", 4), counting("c"), open("d", 5, { epoch: 4 }), aPod("e").silent());
    expect(openCounters(pods, epoch)).toEqual(someCounters({ requests: 7 }));
    expect(openCounters([], epoch)).toEqual(someCounters());
  });

  it("is at most twice of one pod what it is of the others, whatever it claims", () => {
    const pods = listed(open("a", 20), open("b", 20), open("c", 1e15));
    expect(openCounters(pods, epoch).requests).toBe(80);
  });
});
