// The processes of a record: few characters each, in parts of equal size, and what may be lost with those that go.
import type { EpochEvidence } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { someCounters } from "#test/builders/counters.ts";
import { aRecord, groupsOf } from "#test/builders/epoch-record.ts";
import { aPod, type PodBuilder } from "#test/builders/world.ts";
import { binsFrom, foldProcesses, knownProcesses, mostGroups, populatedGroups } from "./processes.ts";

const epoch = 5;
const now = 1_772_366_400;

/** A pod that counted so many samples in its newest 15 s, and closed a bin just now. */
function counting(name: string, samples = 30, startId?: string): PodBuilder {
  const window = { seconds: 15, offsetSeconds: 0, coveredSeconds: 15, counters: someCounters({ answered: samples }) };
  return aPod(name).saying((status) => ({
    startId: startId ?? `start-of-uid-${name}`,
    evidence: {
      ...status.evidence,
      epoch,
      windows: [window],
      bins: [{ at: now - 10, counters: someCounters(), slices: [] }],
      closedAt: now,
    },
  }));
}
const fold = (before: EpochEvidence | undefined, pods: readonly PodBuilder[], at = now) => ({
  ...aRecord(epoch, {}, { recordedAt: new Date(at * 1000).toISOString() }),
  ...foldProcesses(before, { epoch, listed: pods.map((pod) => pod.build()), now: at }),
});
const names = (count: number) => Array.from({ length: count }, (_, index) => `pod-${index}`);
const sizes = ({ groups }: EpochEvidence) => groups.map(({ processes }) => processes.length);

describe("what may be lost with a process", () => {
  const all = fold(
    undefined,
    ["a", "b", "c"].map((name) => counting(name)),
  );

  it("is what it counted in its newest 15 s, also where another process of its pod begins", () => {
    expect(fold(all, [counting("a"), counting("b")])).toMatchObject({ lost: 30, vanishedPods: 1 });
    expect(fold(all, [counting("a"), counting("b"), counting("c", 30, "new")])).toMatchObject({
      lost: 30,
      vanishedPods: 1,
    });
  });

  it("is nothing of one that had counted nothing any more", () => {
    const drained = fold(all, [counting("a"), counting("b"), counting("c", 0)]);
    expect(fold(drained, [counting("a"), counting("b")])).toMatchObject({ lost: 0, vanishedPods: 1 });
  });

  it("is as much more of one that was silent before, at its own rate", () => {
    const silent = fold(all, [counting("a"), counting("b"), counting("c").silent()], now + 5);
    expect(fold(silent, [counting("a"), counting("b")], now + 65)).toMatchObject({ lost: 160 });
    expect(fold(silent, [counting("a"), counting("b"), counting("c")], now + 65)).toMatchObject({ lost: 0 });
  });

  it("isn't more than twice what its fellows have at stake, whatever it claims", () => {
    const lied = fold(undefined, [...["a", "b", "c"].map((name) => counting(name)), counting("liar", 1e15)]);
    expect(
      fold(
        lied,
        ["a", "b", "c"].map((name) => counting(name)),
      ),
    ).toMatchObject({ lost: 60 });
  });
});

describe("the groups of a fleet", () => {
  it("are single pods up to twelve, and of equal size beyond", () => {
    expect(
      sizes(
        fold(
          undefined,
          names(3).map((name) => counting(name)),
        ),
      ),
    ).toEqual([1, 1, 1]);
    const many = sizes(
      fold(
        undefined,
        names(60).map((name) => counting(name)),
      ),
    );
    expect(many).toEqual(Array.from({ length: mostGroups }, () => 5));
  });

  it("take who comes where one has gone, and part again when few are left", () => {
    const ten = fold(
      undefined,
      names(10).map((name) => counting(name)),
    );
    const { group } = knownProcesses(ten, epoch)("uid-pod-4") ?? {};
    const replaced = fold(
      ten,
      [...names(10).filter((name) => name !== "pod-4"), "new"].map((name) => counting(name)),
    );
    expect(knownProcesses(replaced, epoch)("uid-new")?.group).toBe(group);
    const many = fold(
      undefined,
      names(60).map((name) => counting(name)),
    );
    const together = names(60)
      .filter((name) => knownProcesses(many, epoch)(`uid-${name}`)?.group === 7)
      .slice(0, 3);
    expect(
      populatedGroups(
        fold(
          many,
          together.map((name) => counting(name)),
        ),
      ),
    ).toBe(3);
  });

  it("of a thousand pods are 40 kB, and of fifteen hundred and more as much", () => {
    const bytes = (count: number) =>
      JSON.stringify(
        fold(
          undefined,
          names(count).map((name) => counting(name)),
        ).groups,
      ).length;
    expect(bytes(1000)).toBeLessThan(40_000);
    expect(
      sizes(
        fold(
          undefined,
          names(1600).map((name) => counting(name)),
        ),
      ).reduce((sum, size) => sum + size),
    ).toBe(1500);
  });
});

it("a pod is asked for the bins after those that were judged, one that nobody knows for all", () => {
  const record = aRecord(epoch, {}, { groups: groupsOf([{ uid: "uid-a", binsUntil: 90 }]) });
  expect([binsFrom(record)("uid-a"), binsFrom(record)("uid-b"), binsFrom(undefined)("uid-a")]).toEqual([90, 0, 0]);
});
