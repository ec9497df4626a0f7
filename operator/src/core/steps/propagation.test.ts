// How far the revision has come: what is said of the pods, and from when on they are late.
import type { Condition } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { aContext, ago, lagging, tell } from "#test/builders/context.ts";
import { aCondition } from "#test/builders/migration.ts";
import type { Acks, Context } from "../model/context.ts";
import { awaitAcks, describeAcks, isAckOverdue } from "./propagation.ts";

/** How long pods may take by default. */
const timeoutSeconds = 60;

/** Revised so long ago; the last status said this of the pods' configuration. */
function waiting(revisedSecondsAgo: number, conditions: Condition[], acks: Acks = lagging): Context {
  const c = aContext("Ramp", { status: { conditions } });
  const revision = c.status.revision && { ...c.status.revision, at: ago(revisedSecondsAgo) };
  return { ...c, status: { ...c.status, ...(revision && { revision }) }, acks };
}
const propagated = (status: Condition["status"], secondsAgo: number): Condition => ({
  ...aCondition("ConfigPropagated", status),
  lastTransitionTime: ago(secondsAgo),
});
const noCondition: Condition[] = [];

describe("pods are late", () => {
  it.each([
    ["just as long as they may take", timeoutSeconds, 900, false],
    ["longer than they may take", timeoutSeconds + 0.001, 900, true],
    ["as long as they may since one fell behind", 900, timeoutSeconds, false],
    ["longer than they may since one fell behind", 900, timeoutSeconds + 0.001, true],
  ])("after %s: %s s since the revision, %s s since all followed: %s", (_what, revised, behind, isLate) => {
    expect(isAckOverdue(waiting(revised, [propagated("False", behind)]))).toBe(isLate);
    expect(isAckOverdue(waiting(revised, [propagated("Unknown", behind)]))).toBe(isLate);
  });

  it("never when all follow", () => {
    const all: Acks = { ...lagging, state: "all", matched: 2, lagging: [] };
    expect(isAckOverdue(waiting(900, [propagated("False", 900)], all))).toBe(false);
  });

  it.each(["none", "unknown"] as const)("when the state of the pods is %s, too", (state) => {
    expect(isAckOverdue(waiting(900, [propagated("Unknown", 900)], { ...lagging, state }))).toBe(true);
  });

  it("not yet when the last status said that all follow, or said nothing of it", () => {
    expect(isAckOverdue(waiting(900, [propagated("True", 900)]))).toBe(false);
    expect(isAckOverdue(waiting(900, noCondition))).toBe(false);
    expect(isAckOverdue(waiting(900, [{ ...propagated("False", 900), type: "Reachable" }]))).toBe(false);
  });

  it("by the condition about propagation, whatever others say", () => {
    const conditions = [{ ...propagated("True", 900), type: "Reachable" as const }, propagated("False", 900)];
    expect(isAckOverdue(waiting(900, conditions))).toBe(true);
  });

  it("never while nothing was revised", () => {
    const { status, ...c } = waiting(900, [propagated("False", 900)]);
    const { revision: _revision, ...unrevised } = status;
    expect(isAckOverdue({ ...c, status: unrevised })).toBe(false);
  });
});

describe("how far the revision has come", () => {
  const some = (more: Partial<Acks>): Acks => ({
    state: "waiting",
    pods: 3,
    matched: 1,
    lagging: [],
    lost: [],
    fenced: [],
    ...more,
  });

  it.each<[string, Acks, string]>([
    ["all follow", some({ state: "all", matched: 3 }), "3 of 3 pods follow"],
    ["one is fenced", some({ matched: 2, fenced: ["a"] }), "2 of 3 pods follow; fenced, so at the source: a"],
    ["two lag", some({ lagging: ["a", "b"] }), "1 of 3 pods follow; lagging: a, b"],
    ["one is on a lost node", some({ matched: 2, lost: ["c"] }), "2 of 3 pods follow; on lost nodes: c"],
    [
      "one lags and one is lost",
      some({ lagging: ["a"], lost: ["c"] }),
      "1 of 3 pods follow; lagging: a; on lost nodes: c",
    ],
    [
      "more lag than are named",
      some({ pods: 7, lagging: ["a", "b", "c", "d", "e", "f"] }),
      "1 of 7 pods follow; lagging: a, b, c, d, e and 1 more",
    ],
    ["pods can't be listed", some({ state: "unknown", pods: 0, matched: 0 }), "pods can't be listed"],
    [
      "there are none",
      some({ state: "none", pods: 0, matched: 0 }),
      "there is no pod with a running sidecar, and an empty set is unknown",
    ],
  ])("is told when %s", (_what, acks, words) => {
    expect(describeAcks(acks)).toBe(words);
  });
});

describe("waiting for pods", () => {
  const words = "Propagating: waiting for every pod to follow epoch 5: 1 of 2 pods follow; lagging: pod-2";

  it("is work until they are late, and blocked from then on", () => {
    expect(tell(awaitAcks(waiting(30, [propagated("False", 30)])))).toBe(`Ramp working ${words}`);
    expect(tell(awaitAcks(waiting(900, [propagated("False", 900)])))).toBe(`Ramp blocked ${words}`);
  });

  it("moves nothing and is reconciled again at the usual pace", () => {
    const c = waiting(30, [propagated("False", 30)]);
    const { status, announcements, requeueAfterMs } = awaitAcks(c);
    expect({ ...status, message: "" }).toEqual({ ...c.status, message: "" });
    expect([announcements, requeueAfterMs]).toEqual([[], c.pollMs]);
  });
});
