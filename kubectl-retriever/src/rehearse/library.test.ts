import { describe, expect, it } from "vitest";
import { exampleMigration, scenarioNamed, scenarioNames, scenarioText } from "#test/rehearse/library.ts";
import { calledFor, traceOf } from "#test/rehearse/trace.ts";
import { rehearse } from "./rehearse.ts";
import { lastReasonOf } from "./summary.ts";

const start = "Preflight > AwaitingApproval > WarmUp 1";
const ramp = `${start} > Ramp 2 > Ramp 3 > AwaitingCutover`;
const guard = `${ramp} > CuttingOver > Guard`;

type Expected = {
  readonly trace: string;
  readonly reason: string;
  readonly ending: string;
  readonly pages?: readonly string[];
  readonly tickets?: readonly string[];
  /** Folder of the example it is played against; the default one otherwise. */
  readonly against?: "approvals" | "large-fleet";
};

const completes: Expected = { trace: `${guard} > Completed`, reason: "Completed", ending: "ended" };
const rollsBack = (reason: string): Expected => ({
  trace: `${guard} > RollingBack > RolledBack`,
  reason,
  ending: "ended",
});
/** Later than a quarter of an hour after the cutover, what was written since is compared. */
const rollsBackLate = (reason: string): Expected => ({
  ...rollsBack(reason),
  trace: `${guard} > RollingBack > VerifyingDrift > RolledBack`,
});

/** What each scenario of the library comes to. */
const library: Readonly<Record<string, Expected>> = {
  healthy: completes,
  "batch-client-at-cutover": completes,
  "fleet-shrinks": { trace: ramp, reason: "RampPassed", ending: "waiting" },
  "abort-with-silent-pods": {
    trace: `${start} > Ramp 2 > RollingBack > RolledBack`,
    reason: "Aborted",
    ending: "ended",
    tickets: ["AckTimeout", "AckTimeout", "HoldOverdue"],
  },
  "blip-in-guard": completes,
  "both-stores-suffer": { ...completes, pages: ["HoldOverdue"] },
  "few-shadow-errors": { trace: ramp, reason: "RampPassed", ending: "waiting" },
  "index-that-finds-less": { trace: start, reason: "Held", ending: "waiting", tickets: ["Held"] },
  "index-that-finds-more": { trace: ramp, reason: "RampPassed", ending: "waiting" },
  "one-namespace-wrong": {
    trace: `${start} > Ramp 2 > Ramp 1`,
    reason: "Held",
    ending: "waiting",
    tickets: ["Held"],
  },
  "one-namespace-slow": { trace: guard, reason: "CutOver", ending: "waiting", pages: ["Harm"] },
  "sound-indexes-that-disagree": completes,
  "wrong-answers-at-low-traffic": { ...rollsBackLate("HarmAlert"), pages: ["HarmAlert"] },
  "base-changed-in-guard": { ...completes, pages: ["RollbackNotReady"] },
  "cutover-tried-again": {
    ...completes,
    trace: `${ramp} > CuttingOver > RollingBack > AwaitingCutover > CuttingOver > Guard > Completed`,
    tickets: ["AckTimeout", "Retryable"],
  },
  "degrades-in-guard": { ...rollsBackLate("HarmAlert"), pages: ["HarmAlert"] },
  "errors-right-after-cutover": { ...rollsBack("HarmSevere"), pages: ["HarmSevere"] },
  "both-stores-slow-in-ramp": { trace: ramp, reason: "RampPassed", ending: "waiting" },
  "faster-destination": completes,
  "late-rollback": rollsBackLate("RollbackRequested"),
  "late-rollback-with-corrections": rollsBackLate("RollbackRequested"),
  "laggards-fenced": { ...completes, tickets: ["PodsFenced"], against: "large-fleet" },
  "metrics-lost": { ...completes, pages: ["HoldOverdue"], tickets: ["AckTimeout"] },
  "never-good-enough": { trace: start, reason: "Held", ending: "waiting", tickets: ["Held"] },
  "no-traffic": { trace: start, reason: "WarmUpStarted", ending: "unfinished" },
  "nobody-approves": {
    trace: "Preflight > AwaitingApproval",
    reason: "PreflightPassed",
    ending: "waiting",
    against: "approvals",
  },
  "nobody-promotes": { trace: ramp, reason: "RampPassed", ending: "waiting" },
  "old-store-fails-after-cutover": { ...completes, pages: ["RollbackNotReady"] },
  "operator-away-in-cutover": rollsBackLate("RollbackRequested"),
  "operator-restarts": completes,
  "overlay-seized": {
    trace: `${start} > Ramp 2 > RollingBack > RolledBack`,
    reason: "Aborted",
    ending: "ended",
    tickets: ["HoldOverdue"],
  },
  "paused-overnight": completes,
  "people-agree": { ...completes, against: "approvals" },
  "pod-never-acknowledges": {
    trace: `${ramp} > CuttingOver > RollingBack > AwaitingCutover`,
    reason: "Retryable",
    ending: "waiting",
    tickets: ["AckTimeout", "Retryable", "AckTimeout", "HoldOverdue"],
  },
  "quiet-night": completes,
  "one-pod-cries-wolf": {
    trace: guard,
    reason: "CutOver",
    ending: "waiting",
    pages: ["OnePodAlone", "HoldOverdue"],
  },
  "one-pod-lies": { ...rollsBack("HarmSevere"), pages: ["HarmSevere"] },
  "pods-come-and-go": completes,
  "rollback-at-night": rollsBackLate("RollbackRequested"),
  "rolling-restart": completes,
  "scaled-to-zero": { ...completes, tickets: ["AckTimeout", "HoldOverdue"] },
  "shuffled-ids": { trace: start, reason: "Held", ending: "waiting", tickets: ["Held"] },
  "slow-while-old-store-is-down": {
    ...rollsBackLate("HarmLivePrimary"),
    pages: ["RollbackNotReady", "RollbackBlocked", "HarmLivePrimary"],
  },
  "step-down-and-recover": {
    ...completes,
    trace: `${start} > Ramp 2 > Ramp 1 > Ramp 2 > Ramp 3 > AwaitingCutover > CuttingOver > Guard > Completed`,
  },
  "too-many-laggards": {
    trace: `${ramp} > CuttingOver > RollingBack > AwaitingCutover`,
    reason: "Retryable",
    ending: "waiting",
    tickets: ["AckTimeout", "Retryable", "AckTimeout", "HoldOverdue"],
    against: "large-fleet",
  },
  "wrong-dimension": { trace: "Preflight", reason: "Accepted", ending: "unfinished", tickets: ["HoldOverdue"] },
};

describe("the library of scenarios", () => {
  it("is the library of these tests, and each file begins with one comment line that says what it shows", () => {
    expect(scenarioNames).toEqual(Object.keys(library).toSorted());
    for (const name of scenarioNames) expect(scenarioText(name)).toMatch(/^# Shows .+\.\nkind: RehearsalScenario\n/);
  });

  it.each(Object.entries(library))(
    "%s comes to its end, for its reason, and calls people as often as it should",
    (name, expected) => {
      const { against = "default", ...end } = expected;
      const rehearsal = rehearse(exampleMigration(against), scenarioNamed(name), 1);
      expect({
        trace: traceOf(rehearsal),
        reason: lastReasonOf(rehearsal),
        ending: rehearsal.ending,
        pages: calledFor(rehearsal, "page"),
        tickets: calledFor(rehearsal, "ticket"),
        unreached: rehearsal.unreached,
      }).toEqual({ pages: [], tickets: [], unreached: [], ...end });
    },
  );
});
