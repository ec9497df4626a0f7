import { describe, expect, it } from "vitest";
import { aFinding, ago, aReadyContext, asking, aVerdict, lagging, someHarm, tell } from "#test/builders/context.ts";
import { aResult, aRun, someCounts } from "#test/builders/verification.ts";
import type { Context } from "../model/context.ts";
import { awaitingCutover } from "./awaiting-cutover.ts";

const drift = aResult({ counts: someCounts({ missing: 1 }), message: "1 chunk differs" });

describe("AwaitingCutover", () => {
  const promoted = { acts: { paused: false, seen: [], promotedBy: "ada" } };
  const baseline = {
    requests: 1,
    errorShare: 0,
    emptyShare: 0,
    p95Ms: 1,
    mismatchShare: null,
    requestsPerSecond: 30,
  };

  it("waits for a Promote, and says to what load the destination was proved", () => {
    expect(tell(awaitingCutover(aReadyContext("AwaitingCutover", {}, { baseline })))).toBe(
      "AwaitingCutover waiting AwaitingPromote: every gate passes; create a Promote act to cut over. " +
        "The destination was proved at 3 requests/s, the cutover sends 30; all is well",
    );
    expect(awaitingCutover(aReadyContext("AwaitingCutover")).status.message).toContain("proved at 0 requests/s");
  });

  it("cuts over by a person, or by itself where nobody is asked", () => {
    const outcome = awaitingCutover(aReadyContext("AwaitingCutover", {}, promoted));
    expect(tell(outcome)).toMatch(/^CuttingOver working CutoverStarted: cutting over to qdrant:\S+, promoted by ada$/);
    const plan = { cutover: { hold: false }, guard: { sampling: { minRate: 0.07 } } };
    const alone = awaitingCutover(aReadyContext("AwaitingCutover", plan));
    expect(alone.status.message).toMatch(/^cutting over to qdrant:\S+$/);
    expect(alone.status.revision).toMatchObject({
      primary: "destination",
      shadow: "source",
      sampleRate: 0.07,
      released: false,
    });
  });

  it("keeps the load of the moment where a pod tells it", () => {
    const c = aReadyContext("AwaitingCutover", {}, promoted);
    expect(awaitingCutover(c).status.throughput).toEqual({ requestsPerSecond: 0 });
    expect(awaitingCutover({ ...c, serving: [] }).status).not.toHaveProperty("throughput");
  });

  it.each<[string, (c: Context) => Context, string]>([
    ["pods", (c) => ({ ...c, acks: lagging }), "Propagating: waiting for every pod to follow"],
    [
      "a rollback path",
      (c) => ({ ...c, rollbackReady: { status: "Unknown", reason: "NoEvidence", message: "nobody knows" } }),
      "blocked NoEvidence: the rollback path is not proved: nobody knows",
    ],
    [
      "a stage to judge",
      (c) => ({ ...c, gates: [] }),
      "blocked GatesNotPassing: the gates must pass at the moment of the cutover: the status names no stage of the plan, so nothing was judged",
    ],
    [
      "gates, harm to go and fresh evidence",
      (c) => ({
        ...c,
        gates: [aVerdict("NotYet"), aVerdict("Pass")],
        harm: someHarm({ weighing: [aFinding("too slow")], known: false }),
      }),
      "blocked GatesNotPassing: the gates must pass at the moment of the cutover: no pod has fresh evidence; scoreDelta: NotYet; and 1 more",
    ],
  ])("waits for %s, promoted or not", (_, change, words) => {
    expect(tell(awaitingCutover(change(aReadyContext("AwaitingCutover", {}, promoted))))).toContain(words);
  });

  it("waits for a comparison that runs, and is blocked by one that found something", () => {
    const parity = asking({ parity: {} });
    const c = aReadyContext("AwaitingCutover", parity, { ...promoted, phaseStartedAt: ago(600) });
    expect(tell(awaitingCutover(c))).toMatch(
      /^AwaitingCutover waiting Comparing: every gate passes, but before the cutover: Job \S+ compares the stores$/,
    );
    const { jobs: _jobs, ...unobserved } = c.observation;
    expect(awaitingCutover({ ...c, observation: unobserved })).toMatchObject({
      standing: "waiting",
      reason: "NotCompared",
    });
    const runs = [aRun({ purpose: "Cutover", askedAt: ago(60), result: drift })];
    const differing = aReadyContext("AwaitingCutover", parity, {
      ...promoted,
      phaseStartedAt: ago(600),
      verification: { runs },
    });
    expect(tell(awaitingCutover(differing))).toBe(
      "AwaitingCutover blocked Drift: every gate passes, but before the cutover: 1 chunk differs",
    );
  });

  it("waits for the window", () => {
    // The builders' noon is on a Sunday.
    const plan = asking({ window: { days: ["Mon"] } });
    expect(tell(awaitingCutover(aReadyContext("AwaitingCutover", plan, promoted)))).toMatch(
      /^AwaitingCutover waiting \w+: every gate passes, but it is /,
    );
  });
});
