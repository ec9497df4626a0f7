// What pods counted in an epoch: what is kept when they go, when it can't be trusted any more, and sums over windows.
import type { EpochEvidence } from "@retriever/crds/status/migration-status.ts";
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import { describe, expect, it } from "vitest";
import { someCounters } from "#test/builders/counters.ts";
import { aPod, type PodBuilder } from "#test/builders/world.ts";
import type { Span } from "../time/evidence-spans.ts";
import { foldEvidence, isEvidenceLost, mostLostShare, sumWindow, totalsOf } from "./epoch-evidence.ts";

const epoch = 5;
const earlier = "2026-03-01T11:59:55.000Z";
const now = "2026-03-01T12:00:00.000Z";

/** A pod that counted so many requests in an epoch. */
function counting(name: string, requests: number, more: { epoch?: number; startId?: string } = {}): PodBuilder {
  return aPod(name).saying((status) => ({
    startId: more.startId ?? status.startId,
    evidence: { ...status.evidence, epoch: more.epoch ?? epoch, counters: someCounters({ requests }) },
  }));
}
const listed = (...pods: PodBuilder[]) => pods.map((pod) => pod.build());
const entry = (name: string, requests: number, startId = `start-of-uid-${name}`) => ({
  uid: `uid-${name}`,
  startId,
  binsUntil: 0,
  counters: someCounters({ requests }),
});
/** A record of two pods that counted 100 and 10 requests, before which none had gone. */
const recorded: EpochEvidence = {
  epoch,
  recordedAt: earlier,
  pods: [entry("a", 100), entry("b", 10)],
  vanished: someCounters(),
  vanishedPods: 0,
};
const fold = (...pods: PodBuilder[]) => foldEvidence(recorded, epoch, listed(...pods), now);
const [a, b] = [counting("a", 100), counting("b", 10)];

describe("the record of an epoch", () => {
  it("begins with the pods that count in it, in the order of their uids", () => {
    expect(foldEvidence(undefined, epoch, listed(b, a), now)).toEqual({ ...recorded, recordedAt: now });
  });

  it("begins anew with another epoch, without what pods counted in the one before", () => {
    expect(foldEvidence({ ...recorded, vanishedPods: 3 }, 6, listed(a, counting("b", 1, { epoch: 6 })), now)).toEqual({
      epoch: 6,
      recordedAt: now,
      pods: [entry("b", 1)],
      vanished: someCounters(),
      vanishedPods: 0,
    });
  });

  it("is the previous one itself when nothing is new, whatever the order and the time", () => {
    expect(fold(b, a)).toBe(recorded);
  });

  it("takes what a pod counted since, and a pod that came", () => {
    expect(fold(counting("a", 101), b, counting("c", 1))).toEqual({
      ...recorded,
      recordedAt: now,
      pods: [entry("a", 101), entry("b", 10), entry("c", 1)],
    });
  });

  it("keeps what a pod had counted that is silent, or says another epoch", () => {
    expect(fold(a, b.silent())).toBe(recorded);
    expect(fold(a, counting("b", 500, { epoch: 4 }))).toBe(recorded);
  });

  it("knows nothing of a pod that never counted in it", () => {
    expect(fold(a, b, aPod("c").silent(), counting("d", 7, { epoch: 4 }))).toBe(recorded);
  });
});

describe("what a pod had counted that is gone", () => {
  const withoutB = { ...recorded, recordedAt: now, vanishedPods: 1, vanished: someCounters({ requests: 10 }) };

  it("stays as vanished, once", () => {
    const gone = { ...withoutB, pods: [entry("a", 100)] };
    expect(fold(a)).toEqual(gone);
    expect(foldEvidence(gone, epoch, listed(a), now)).toBe(gone);
  });

  it("is added to what had vanished before", () => {
    const before = { ...recorded, vanishedPods: 2, vanished: someCounters({ requests: 7 }) };
    expect(foldEvidence(before, epoch, [], now)).toEqual({
      epoch,
      recordedAt: now,
      pods: [],
      vanished: someCounters({ requests: 117 }),
      vanishedPods: 4,
    });
  });

  it.each([
    ["another process", 500, "start-2"],
    ["another process that counted as much", 10, "start-2"],
    ["the same process with fewer requests", 9, "start-of-uid-b"],
  ])("stays beside what %s of the pod counts", (_what, requests, startId) => {
    expect(fold(a, counting("b", requests, { startId }))).toEqual({
      ...withoutB,
      pods: [entry("a", 100), entry("b", requests, startId)],
    });
  });
});

describe("pods beyond what a status can hold", () => {
  const names = Array.from({ length: 501 }, (_, index) => `pod-${String(index).padStart(3, "0")}`);

  it("are left out from the five hundred and first on", () => {
    const { pods, vanishedPods } = foldEvidence(
      undefined,
      epoch,
      listed(...names.map((name) => counting(name, 1))),
      now,
    );
    expect(pods.map(({ uid }) => uid)).toEqual(names.slice(0, 500).map((name) => `uid-${name}`));
    expect(vanishedPods).toBe(0);
  });
});

describe("the totals of an epoch", () => {
  it("are those of its pods and of those that are gone", () => {
    expect(totalsOf({ ...recorded, vanished: someCounters({ requests: 7, mismatch: 2 }) })).toEqual(
      someCounters({ requests: 117, mismatch: 2 }),
    );
  });

  it("are zero without a record", () => {
    expect(totalsOf(undefined)).toEqual(someCounters());
  });
});

describe("the evidence of an epoch", () => {
  const lost = (vanishedPods: number, living: number) =>
    isEvidenceLost({
      ...recorded,
      vanishedPods,
      pods: Array.from({ length: living }, (_, index) => entry(`pod-${index}`, 1)),
    });

  it("is lost when more than one in twenty went away", () => {
    expect(mostLostShare).toBe(0.05);
    expect(lost(2, 38)).toBe(false);
    expect(lost(2, 37)).toBe(true);
    expect(lost(2, 0)).toBe(true);
  });

  it.each([
    [0, 0],
    [1, 0],
    [1, 1],
  ])("isn't when %s went away and %s are left", (vanished, living) => {
    expect(lost(vanished, living)).toBe(false);
  });

  it("isn't lost before it was recorded", () => {
    expect(isEvidenceLost(undefined)).toBe(false);
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
});
