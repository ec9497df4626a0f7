// Who has to agree before the first sample, and what stands in for a check nobody can make.

import type { MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import { describe, expect, it } from "vitest";
import { aSpec, onlyReachable, shortPlan } from "#test/builders/spec.ts";
import { Simulation, simulationAt } from "#test/simulate.ts";

type Approvals = NonNullable<NonNullable<MigrationSpecInput["checklist"]>["approvals"]>;

const roles = [
  { name: "owner", quorum: 1 },
  { name: "sre", quorum: 2 },
];

function asking(more: Approvals = {}, rest: Partial<MigrationSpecInput> = {}) {
  return aSpec({ ...shortPlan, checklist: { ...onlyReachable, approvals: { roles, ...more } }, ...rest });
}

function waiting(spec = asking()): Simulation {
  return simulationAt("AwaitingApproval", { spec });
}

function approve(sim: Simulation, actor: string, role: string, more: object = {}): void {
  sim.act("Approve", { actor, role, planHash: sim.status.planHash, ...more });
  sim.reconcile();
}

function refusals(sim: Simulation): string[] {
  return sim.said.filter(({ reason }) => reason === "ActRefused").map(({ message }) => message);
}

describe("a plan that asks two roles", () => {
  it("says who is missing until each role has its quorum of different people, then begins and names them", () => {
    const sim = waiting();
    sim.run(20);
    expect(sim.status.message).toContain("needs owner 0 of 1, needs sre 0 of 2");
    expect(sim.condition("Approved")).toBe("False/ApprovalsMissing");
    approve(sim, "ada", "sre");
    approve(sim, "ada", "sre");
    approve(sim, "grace", "owner");
    sim.run(20);
    expect(sim.status.message).toContain("needs sre 1 of 2");
    expect(sim.status.message).toContain("so far grace (owner), ada (sre)");
    approve(sim, "alan", "sre");
    sim.until("WarmUp", 30);
    sim.run(10);
    expect(sim.condition("Approved")).toBe("True/Approved");
    const approved = sim.status.conditions.find(({ type }) => type === "Approved");
    expect(approved?.message).toBe("approved by grace (owner), ada (sre), alan (sre)");
  });

  it.each([
    ["in a role nobody asked", { role: "intern" }, "the plan asks no intern; it asks owner, sre"],
    ["of another plan", { planHash: "0000" }, "it was given for plan 0000"],
    ["of no plan", { planHash: null }, "it names no plan"],
    ["past its own expiry", { expiresAt: 0 }, "it had expired"],
    ["older than the plan allows", { createdAt: 0 }, "approvals count for 72h"],
  ])("refuses an approval %s and says why", (_name, more, words) => {
    const sim = waiting();
    approve(sim, "ada", "sre", more);
    expect(refusals(sim).join()).toContain(words);
    expect(sim.status.acts?.approvals ?? []).toEqual([]);
  });

  it("waits for whoever denied it, says who and why, and goes on once that person approves", () => {
    const sim = waiting();
    approve(sim, "grace", "owner");
    approve(sim, "ada", "sre");
    sim.act("Deny", { actor: "alan", role: "sre", planHash: sim.status.planHash, reason: "no index yet" });
    approve(sim, "edsger", "sre");
    sim.run(60);
    expect(sim.condition("Approved")).toBe("False/Denied");
    expect(sim.status.message).toContain(
      "denied by alan (sre): no index yet; whoever denied takes it back by approving",
    );
    const told = sim.said.filter(({ reason }) => reason === "Denied");
    expect(told).toMatchObject([{ severity: "ticket", message: expect.stringContaining("alan (sre): no index yet") }]);
    approve(sim, "alan", "sre");
    sim.until("WarmUp", 30);
    expect(sim.status.acts?.denials).toEqual([]);
  });

  it("is denied by who approved it before, and holds the cutover too", () => {
    const sim = waiting(asking({ roles: [{ name: "sre", quorum: 1 }] }));
    approve(sim, "ada", "sre");
    sim.until("WarmUp", 30);
    sim.act("Deny", { actor: "ada", role: "sre", planHash: sim.status.planHash, reason: "answers are odd" });
    sim.until("AwaitingCutover", 20_000);
    sim.run(300);
    expect(sim.phase).toBe("AwaitingCutover");
    expect(sim.condition("Approved")).toBe("False/Denied");
    approve(sim, "ada", "sre");
    sim.run(60);
    expect(sim.condition("Approved")).toBe("True/Approved");
  });

  it.each([
    ["without a reason", { reason: "" }, "a denial needs a reason"],
    ["in a role nobody asked", { role: "intern" }, "the plan asks no intern"],
    ["of another plan", { planHash: "0000" }, "it was given for plan 0000"],
    ["of no plan", { planHash: null }, "it names no plan"],
  ])("refuses a denial %s and says why", (_name, more, words) => {
    const sim = waiting();
    sim.act("Deny", { actor: "ada", role: "sre", planHash: sim.status.planHash, reason: "no", ...more });
    sim.reconcile();
    expect(refusals(sim).join()).toContain(words);
    expect(sim.status.acts?.denials).toBeUndefined();
  });

  it("doesn't count an approval that ran out while others were waited for", () => {
    const sim = waiting();
    approve(sim, "grace", "owner");
    approve(sim, "ada", "sre", { expiresAt: sim.now + 60_000 });
    sim.run(120);
    approve(sim, "alan", "sre");
    sim.run(30);
    expect(sim.phase).toBe("AwaitingApproval");
    expect(sim.status.message).toContain("needs sre 1 of 2");
  });

  it("keeps the approval of who asked for it out, where four eyes are required", () => {
    const sim = waiting(asking({ roles: [{ name: "sre" }], fourEyes: true }, { requestedBy: "ada" }));
    approve(sim, "ada", "sre");
    expect(refusals(sim)).toEqual([expect.stringContaining("four eyes: ada asked for this migration")]);
    approve(sim, "grace", "sre");
    expect(sim.until("WarmUp", 30).status.acts?.approvals).toMatchObject([{ actor: "grace" }]);
  });

  it("is not approved before the plan is accepted, or where nobody is asked", () => {
    const early = new Simulation({ spec: asking(), pods: 0 });
    early.act("Approve", { role: "sre" });
    early.reconcile();
    expect(refusals(early)).toEqual([expect.stringContaining("no plan is accepted yet")]);
    const unasked = simulationAt("WarmUp", { spec: aSpec(shortPlan) });
    approve(unasked, "ada", "sre");
    expect(refusals(unasked)).toEqual([expect.stringContaining("nobody is asked")]);
  });
});

describe("approvals whose actors nobody proves", () => {
  const all = (sim: Simulation) => {
    approve(sim, "grace", "owner");
    approve(sim, "ada", "sre");
    approve(sim, "alan", "sre");
    return sim.run(30);
  };

  it("hold while the admission policy is missing, and count no more once it is there: each has to be given again", () => {
    const sim = waiting();
    sim.actIdentity = { ok: true, value: "unproved" };
    all(sim);
    expect(sim.condition("Approved")).toBe("Unknown/IdentityNotProved");
    const told = refusals(sim);
    expect(told.map((words) => words.includes("nobody proves who approves; approve again"))).toEqual([
      true,
      true,
      true,
    ]);
    sim.actIdentity = { ok: true, value: "proved" };
    sim.run(30);
    expect(sim.phase).toBe("AwaitingApproval");
    expect(sim.status.message).toContain("needs owner 0 of 1, needs sre 0 of 2");
    all(sim);
    sim.until("WarmUp", 30);
  });

  it("come in a phase that asks for none, where the policy is missing, and count at no cutover", () => {
    const sim = waiting();
    all(sim);
    sim.until("WarmUp", 30);
    sim.actIdentity = { ok: true, value: "unproved" };
    approve(sim, "mallory", "sre");
    expect(sim.status.acts?.approvals?.map(({ actor }) => actor)).toEqual(["grace", "ada", "alan"]);
  });

  it("that come once the migration is over are refused for that, whoever they are from", () => {
    const sim = waiting();
    all(sim);
    sim.until("WarmUp", 30);
    sim.act("Abort");
    sim.until("RolledBack", 60).run(60);
    sim.actIdentity = undefined;
    approve(sim, "mallory", "sre");
    expect(refusals(sim)).toEqual([expect.stringContaining("never runs again")]);
  });

  it.each([
    ["nobody asked", undefined, "Unknown/IdentityNotProved"],
    ["it can't be read", { ok: false, why: "forbidden" } as const, "Unknown/IdentityNotObserved"],
  ])("wait unjudged while %s, and count once they are proved", (_name, identity, condition) => {
    const sim = waiting();
    sim.actIdentity = identity;
    all(sim);
    expect(sim.phase).toBe("AwaitingApproval");
    expect(sim.condition("Approved")).toBe(condition);
    expect(sim.status.acts?.approvals ?? []).toEqual([]);
    sim.actIdentity = { ok: true, value: "proved" };
    sim.until("WarmUp", 30);
  });

  it("count where the administrator trusts them, and the condition says so", () => {
    const sim = waiting();
    sim.actIdentity = { ok: true, value: "trusted" };
    expect(all(sim).phase).not.toBe("AwaitingApproval");
    expect(sim.condition("Approved")).toBe("True/ApprovedOnTrust");
  });
});

describe("Waive", () => {
  const spec = aSpec({ ...shortPlan, checklist: { ...onlyReachable, parity: { policy: "Require" } } });

  it("of a check that is Unknown lets it go on, and the condition stays Unknown with the waiver's words", () => {
    const sim = new Simulation({ spec });
    sim.unreadable.add("jobs");
    sim.run(60);
    expect(sim.status.message).toContain("Jobs that compare the stores can't be read");
    sim.act("Waive", { check: "parity", reason: "compared by hand" });
    sim.until("WarmUp", 60);
    sim.run(10);
    expect(sim.condition("ParityVerified")).toBe("Unknown/Waived");
    expect(sim.status.acts?.waived).toMatchObject([{ check: "parity", actor: "ada", reason: "compared by hand" }]);
  });

  it("counts nothing against a check that is False", () => {
    const sim = simulationAt("Preflight", { spec: aSpec(shortPlan) });
    sim.behave("destination", { down: true });
    // Until the pods have probed it, the check is Unknown.
    sim.run(15);
    sim.act("Waive", { check: "reachable", reason: "it will be" });
    sim.run(60);
    expect(sim.phase).toBe("Preflight");
    expect(sim.status.message).toContain("waived by ada: it will be, which counts only while the check is Unknown");
  });

  it.each([
    ["of a check there isn't", { check: "weather" }, "there is no check weather"],
    ["of no check", {}, "there is no check without a name"],
    ["of approvals", { check: "approvals" }, "approvals can't be waived"],
    ["without a reason", { check: "parity", reason: "" }, "needs a reason"],
    ["of a check that is skipped", { check: "alerts" }, "is Skip already"],
  ])("%s is refused", (_name, more, words) => {
    const sim = simulationAt("Preflight", { spec });
    sim.act("Waive", { reason: "because", ...more });
    sim.reconcile();
    expect(refusals(sim)).toEqual([expect.stringContaining(words)]);
  });

  it("after the checklist was answered is refused", () => {
    const sim = simulationAt("WarmUp", { spec: aSpec({ ...shortPlan, checklist: onlyReachable }) });
    sim.act("Waive", { check: "reachable", reason: "because" });
    sim.reconcile();
    expect(refusals(sim)).toEqual([expect.stringContaining("checks are waived in Preflight and AwaitingApproval")]);
  });
});

describe("the same plan after a rollback", () => {
  const spec = aSpec(shortPlan);
  const again = () => {
    const first = simulationAt("Guard", { spec });
    first.act("Rollback");
    first.until("RolledBack", 60);
    const second = new Simulation({ spec, uid: "migration-2" });
    const { name, uid, createdAt } = first.meta;
    const { planHash } = first.status;
    second.claims = [{ name, uid, createdAt, phase: "RolledBack", accepted: true, settled: false, planHash }];
    return second;
  };

  it("waits for a Promote, which lets it begin and doesn't promote the cutover", () => {
    const sim = again().run(60);
    expect(sim.phase).toBe("Pending");
    expect(sim.status.message).toMatch(/had the same plan [0-9a-f]{16} and was rolled back; create a Promote act/);
    sim.act("Promote", { actor: "grace", planHash: sim.claims[0]?.planHash ?? null });
    sim.until("Preflight", 30);
    expect(sim.status.acts).toMatchObject({ retriedBy: "grace" });
    expect(sim.status.acts?.promotedBy).toBeUndefined();
  });

  it("begins at once when anything in it has changed", () => {
    const sim = again();
    sim.spec = { ok: true, value: aSpec({ ...shortPlan, requestedBy: "ada" }) };
    expect(sim.until("Preflight", 60).status.acts).toBeUndefined();
  });

  it("of another migration's Promote in Pending is refused as any early one", () => {
    const sim = new Simulation({ spec, pods: 0 });
    sim.act("Promote");
    sim.reconcile();
    expect(refusals(sim)).toEqual([expect.stringContaining("Promote is taken in AwaitingCutover")]);
  });
});

describe("approvals that end before the cutover", () => {
  it("are asked again there: the cutover is held with their own reason, told once, until people agree and promote anew", () => {
    const sim = waiting(asking({ expiry: "10m" }, { cutover: { hold: true } }));
    const approveAll = () => {
      for (const [actor, role] of [
        ["ada", "sre"],
        ["alan", "sre"],
        ["grace", "owner"],
      ] as const)
        approve(sim, actor, role);
    };
    approveAll();
    sim.until("AwaitingCutover", 900).run(700);
    expect(sim.condition("Ready")).toBe("True/ApprovalsExpired");
    expect(sim.condition("Approved")).toBe("False/ApprovalsExpired");
    expect(sim.status.message).toContain("needs owner 0 of 1, needs sre 0 of 2; expired: ");
    expect(sim.said.filter(({ reason }) => reason === "ApprovalsExpired")).toHaveLength(1);
    sim.act("Promote");
    sim.run(60);
    expect(sim.phase).toBe("AwaitingCutover");
    approveAll();
    sim.run(5);
    sim.act("Promote");
    sim.until("CuttingOver", 60);
    expect(sim.condition("Approved")).toBe("True/Approved");
  });
});
