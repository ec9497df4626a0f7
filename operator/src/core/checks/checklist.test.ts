// The checklist as such: which judgement answers which check, what a plan skips and what a person's waiver changes.
import type { CheckName } from "@retriever/crds/spec/checklist-spec.ts";
import type { MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import { describe, expect, it } from "vitest";
import { aContext, asking } from "#test/builders/context.ts";
import { aSpec } from "#test/builders/spec.ts";
import { someJobs } from "#test/builders/verification.ts";
import type { Context } from "../model/context.ts";
import type { Fact } from "../model/status-readings.ts";
import { approvalChecks, blockingChecks, judgeCheck, preflightChecks } from "./checklist.ts";

const require = { policy: "Require" } as const;
const everyCheck: CheckName[] = ["reachable", "parity", "alerts", "approvals", "window", "staging", "smokeTests"];
const waived = (check: string) => ({
  acts: { paused: false, seen: [], waived: [{ check, actor: "ada", reason: "known", at: "2026-03-01T11:00:00.000Z" }] },
});

/** In the preflight of a plan that asks for these checks. */
function asked(checklist: NonNullable<MigrationSpecInput["checklist"]>, waivedCheck = "none"): Context {
  return aContext("Preflight", {
    plan: aSpec(asking(checklist)),
    status: waived(waivedCheck),
    see: { jobs: someJobs() },
  });
}
const all = () =>
  asked({
    parity: require,
    alerts: require,
    approvals: { roles: [{ name: "sre" }] },
    // The builders' noon is on a Sunday.
    window: { days: ["Mon"] },
    staging: { from: "rehearsed" },
    smokeTests: { cronJobs: ["smoke"] },
  });
const found = (status: Fact["status"], reason = "Because"): Fact => ({ status, reason, message: "so" });

describe("a check", () => {
  it.each<[CheckName, Fact["status"], string]>([
    ["reachable", "True", "AllPodsReached"],
    ["parity", "Unknown", "NotCompared"],
    ["alerts", "True", "EvaluatedByOperator"],
    ["approvals", "Unknown", "IdentityNotProved"],
    ["window", "False", "WindowClosed"],
    ["staging", "Unknown", "NotObserved"],
    ["smokeTests", "Unknown", "NoTemplate"],
  ])("%s is answered by its own judgement: %s, %s", (name, status, reason) => {
    expect(judgeCheck(all(), name)).toMatchObject({ status, reason });
  });

  it("of approvals asks whether people are who they say", () => {
    const c = all();
    const observation = { ...c.observation, actIdentity: { ok: true, value: "proved" } } as const;
    expect(judgeCheck({ ...c, observation }, "approvals").reason).toBe("ApprovalsMissing");
  });

  it("of a staging reads the migration that the plan names", () => {
    const c = all();
    const staging = { ok: true, value: { phase: "Ramp", result: "" } } as const;
    expect(judgeCheck({ ...c, observation: { ...c.observation, staging } }, "staging").reason).toBe("NotValidated");
  });

  it.each(everyCheck)("%s isn't asked where the plan skips it, and nobody's waiver is needed", (name) => {
    const c = { ...asked({ reachable: { policy: "Skip" } }, name), reachable: found("False") };
    expect(judgeCheck(c, name)).toEqual({
      status: "True",
      reason: "Skipped",
      message: `spec.checklist.${name}.policy is Skip`,
    });
  });
});

describe("a waiver", () => {
  const judge = (result: Fact, check: string) => judgeCheck({ ...asked({}, check), reachable: result }, "reachable");

  it("answers what is Unknown, and says what it stands for", () => {
    expect(judge(found("Unknown"), "reachable")).toEqual({
      status: "True",
      reason: "Waived",
      message: "waived by ada: known (so)",
    });
  });

  it("doesn't answer what is False, but is told", () => {
    expect(judge(found("False"), "reachable")).toEqual({
      status: "False",
      reason: "Because",
      message: "so; waived by ada: known, which counts only while the check is Unknown",
    });
  });

  it("isn't told of what is True", () => {
    expect(judge(found("True"), "reachable")).toEqual(found("True"));
  });

  it.each(["True", "False", "Unknown"] as const)("of another check leaves what is %s", (status) => {
    expect(judge(found(status), "parity")).toEqual(found(status));
  });

  it("is none where nobody acted, or nobody waived", () => {
    const c = { ...aContext("Preflight"), reachable: found("Unknown") };
    expect(judgeCheck(c, "reachable")).toEqual(found("Unknown"));
    const acted = { ...c, status: { ...c.status, acts: { paused: false, seen: [] } } };
    expect(judgeCheck(acted, "reachable")).toEqual(found("Unknown"));
  });
});

describe("the lists", () => {
  it("hold what is asked before approvals, and with them", () => {
    expect(preflightChecks).toEqual(["reachable", "parity", "alerts", "staging", "smokeTests"]);
    expect(approvalChecks).toEqual(["approvals", "window"]);
  });
});

describe("what blocks", () => {
  it("is every check that is asked and isn't True, with its answer, in the order it was asked in", () => {
    const c = all();
    const answer = (name: CheckName) => ({ name, result: judgeCheck(c, name) });
    expect(blockingChecks(c, ["window", "reachable", "alerts", "parity"])).toEqual([
      answer("window"),
      answer("parity"),
    ]);
    expect(blockingChecks(c, ["reachable", "alerts"])).toEqual([]);
  });

  it("isn't what the plan skips, nor what is waived", () => {
    const c = asked({ parity: require, smokeTests: require }, "parity");
    expect(blockingChecks(c, everyCheck).map(({ name }) => name)).toEqual(["smokeTests"]);
  });
});
