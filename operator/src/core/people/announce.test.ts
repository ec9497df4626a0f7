// What changed between two statuses and somebody has to hear: once, and as a page only where people rely on it.

import type { Condition, MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { aContext } from "#test/builders/context.ts";
import { aCondition, aStatus } from "#test/builders/migration.ts";
import type { Severity } from "../model/decision.ts";
import { announceFlips } from "./announce.ts";

type Said = readonly [Condition["status"], reason: string, message?: string];

/** What is told when a condition goes from one to the other while the migration is in a phase, or comes to it. */
function told(
  type: Condition["type"],
  phase: Phase | readonly [from: Phase, to: Phase],
  before: Said | undefined,
  now: Said | undefined,
): object[] {
  const [from, to] = typeof phase === "string" ? [phase, phase] : phase;
  const status = (said: Said | undefined, phase: Phase): MigrationStatus => {
    const rollback = { at: "2026-03-01T11:00:00Z", from, reason: "Aborted", causes: [], actor: "ada" };
    const basics = { phase, ...(phase === "RollingBack" ? { rollback } : {}) };
    if (said === undefined) return aStatus({ ...basics, conditions: [] });
    const [value, reason, message = "as it is"] = said;
    return aStatus({
      ...basics,
      conditions: [aCondition("Paused", "False"), { ...aCondition(type, value, message), reason }],
    });
  };
  const migration = { ...served.migration, status: status(before, from) };
  return announceFlips({ ...served, migration }, status(now, to));
}
/** Pods serve from the destination. */
const served = aContext("Guard");
const warning = (reason: string, severity: Severity | null, message = "as it is") => ({
  type: "Warning",
  reason,
  message,
  severity,
});

describe("a rollback path that closes", () => {
  it.each([
    ["WarmUp", "ticket"],
    ["AwaitingCutover", "ticket"],
    ["CuttingOver", "page"],
    ["Guard", "page"],
    ["RollingBack", "page"],
    ["Completed", "ticket"],
  ] as const)("in %s is told, as a %s", (phase, severity) => {
    const open = ["True", "SourceAnswers"] as const;
    expect(told("RollbackReady", phase, open, ["False", "SourceFailing"])).toEqual([
      warning("RollbackNotReady", severity),
    ]);
  });

  it.each([
    ["was never known before", undefined, ["False", "SourceStale"], 1],
    ["was unknown for the same reason", ["Unknown", "SourceStale"], ["False", "SourceStale"], 1],
    ["was closed for another reason", ["False", "SourceFailing"], ["False", "SourceStale"], 1],
    ["is closed as before", ["False", "SourceStale"], ["False", "SourceStale"], 0],
    ["lacks a few pods", ["True", "SourceAnswers"], ["True", "PodsCannotGoBack"], 1],
    ["lacks them as before", ["True", "PodsCannotGoBack"], ["True", "PodsCannotGoBack"], 0],
    ["is only unknown", ["True", "SourceAnswers"], ["Unknown", "NoEvidence"], 0],
    ["isn't judged any more", ["True", "SourceAnswers"], undefined, 0],
  ] as const)("and %s", (_what, before, now, times) => {
    expect(told("RollbackReady", "Guard", before, now)).toHaveLength(times);
  });
});

it("a rollback path that stays closed when a cutover is taken back is told anew, as a ticket", () => {
  const closed = ["False", "SourceFailing"] as const;
  const said = (from: Phase, to: Phase) => told("RollbackReady", [from, to], closed, closed);
  expect(said("RollingBack", "AwaitingCutover")).toEqual([warning("RollbackNotReady", "ticket")]);
  expect([...said("Ramp", "AwaitingCutover"), ...said("Guard", "RollingBack")]).toEqual([]);
});

it("an alert that isn't armed while a cutover is taken back is told anew, as a ticket", () => {
  const missing = ["False", "RuleMissing"] as const;
  const said = (from: Phase) => told("AlertsArmed", [from, "AwaitingCutover"], missing, missing);
  expect(said("RollingBack")).toEqual([warning("AlertsNotArmed", "ticket")]);
  expect(said("Ramp")).toEqual([]);
});

describe("an alert that isn't armed any more", () => {
  const armed = ["True", "Armed"] as const;

  it.each([
    ["WarmUp", [warning("AlertsNotArmed", "ticket")]],
    ["Ramp", [warning("AlertsNotArmed", "ticket")]],
    ["AwaitingCutover", [warning("AlertsNotArmed", "ticket")]],
    ["CuttingOver", [warning("AlertsNotArmed", "page")]],
    ["Guard", [warning("AlertsNotArmed", "page")]],
    ["Preflight", []],
    ["RollingBack", []],
    ["Completed", []],
  ] as const)("is told in %s while people rely on it", (phase, said) => {
    expect(told("AlertsArmed", phase, armed, ["False", "RuleMissing"])).toEqual(said);
  });

  it.each([
    ["can't be looked up", armed, ["Unknown", "NotObserved"], [warning("AlertsNotArmed", "ticket")]],
    [
      "was unknown and is now missing",
      ["Unknown", "NotObserved"],
      ["False", "RuleMissing"],
      [warning("AlertsNotArmed", "page")],
    ],
    ["is missing as before", ["False", "RuleMissing"], ["False", "RuleSilent"], []],
    ["is armed again", ["Unknown", "NotObserved"], armed, []],
    ["was never judged", undefined, ["False", "RuleMissing"], []],
    ["isn't judged any more", armed, undefined, []],
    ["is skipped", armed, ["Unknown", "Skipped"], []],
    ["is waived", armed, ["Unknown", "Waived"], []],
    ["waits for its canary", armed, ["Unknown", "CanaryNotArrived"], []],
  ] as const)("and %s", (_what, before, now, said) => {
    expect(told("AlertsArmed", "Guard", before, now)).toEqual(said);
  });
});

describe("pods that don't follow in time", () => {
  it.each([
    ["never judged before", undefined, ["False", "AckTimeout"], 1],
    ["on their way", ["False", "Propagating"], ["False", "AckTimeout"], 1],
    ["late as before", ["False", "AckTimeout"], ["Unknown", "AckTimeout"], 0],
    ["there again", ["False", "AckTimeout"], ["True", "AllPodsFollow"], 0],
    ["gone", ["False", "AckTimeout"], undefined, 0],
  ] as const)("are told once: %s", (_what, before, now, times) => {
    const said = Array.from({ length: times }, () => warning("AckTimeout", "ticket"));
    expect(told("ConfigPropagated", "Ramp", before, now)).toEqual(said);
  });

  it.each([
    ["CuttingOver", "page"],
    ["Guard", "page"],
    ["Ramp", "ticket"],
    ["AwaitingCutover", "ticket"],
  ] as const)(
    "are, where they may keep the store that is being left since a rollback from %s, a %s",
    (from, severity) => {
      expect(told("ConfigPropagated", [from, "RollingBack"], undefined, ["False", "AckTimeout"])).toEqual([
        warning("AckTimeout", severity),
      ]);
    },
  );
});

describe("what keeps a migration from starting", () => {
  it.each([
    ["Pending", 1],
    ["Preflight", 1],
    ["AwaitingApproval", 0],
    ["Ramp", 0],
  ] as const)("is told in %s, %s times", (phase, times) => {
    const said = Array.from({ length: times }, () => warning("Refused", null));
    expect(told("Ready", phase, ["False", "Waiting"], ["False", "Refused"])).toEqual(said);
    expect(told("Ready", phase, undefined, ["False", "Refused"])).toEqual(said);
  });

  it.each([
    ["is the same as before", ["False", "Refused"], ["False", "Refused", "in other words"]],
    ["isn't certain", ["False", "Waiting"], ["Unknown", "Refused"]],
    ["isn't judged", ["False", "Waiting"], undefined],
  ] as const)("isn't told when it %s", (_what, before, now) => {
    expect(told("Ready", "Pending", before, now)).toEqual([]);
  });
});

describe("what became of an edit", () => {
  const accepted = ["True", "Accepted"] as const;
  const normal = { type: "Normal", reason: "SafeEditApplied", message: "as it is", severity: null };

  it.each([
    ["was ignored", accepted, ["True", "EditIgnored"], [warning("EditIgnored", null)]],
    ["took effect", accepted, ["True", "SafeEditApplied"], [normal]],
    ["took effect from the start", undefined, ["True", "SafeEditApplied"], [normal]],
    ["was taken back", ["True", "EditIgnored"], accepted, []],
    ["is ignored as before", ["True", "EditIgnored"], ["True", "EditIgnored"], []],
    [
      "is another one",
      ["True", "EditIgnored"],
      ["True", "EditIgnored", "another"],
      [warning("EditIgnored", null, "another")],
    ],
    ["took effect in part", ["True", "SafeEditApplied"], ["True", "EditIgnored"], [warning("EditIgnored", null)]],
    ["isn't judged", accepted, undefined, []],
  ] as const)("is told once: it %s", (_what, before, now, said) => {
    expect(told("Accepted", "Ramp", before, now)).toEqual(said);
  });
});
