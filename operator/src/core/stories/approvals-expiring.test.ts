// Approvals that come to their end: somebody is asked for new ones only where the others don't do, and until they are given.
import { describe, expect, it } from "vitest";
import { aSpec, onlyReachable, shortPlan } from "#test/builders/spec.ts";
import { Receiver } from "#test/receiver.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";

const asking = { roles: [{ name: "owner", quorum: 1 }], expiry: "4h" };
const spec = aSpec({
  ...shortPlan,
  checklist: { ...onlyReachable, approvals: asking },
  communications: { sinks: ["pager"] },
  cutover: { hold: true },
});

/** Waits for its cutover, approved by ada since `minutes`. */
function approved(minutes: number) {
  const sim = simulationAt("AwaitingApproval", { spec, reconcileSeconds: 60 });
  const receiver = new Receiver(sim);
  approve(sim, "ada");
  sim.until("AwaitingCutover", 3600);
  const given = Date.parse(sim.status.acts?.approvals?.[0]?.at ?? "");
  sim.run(minutes * 60 - (sim.now - given) / 1000);
  return { sim, receiver };
}

function approve(sim: Simulation, actor: string): void {
  sim.act("Approve", { actor, role: "owner", planHash: sim.status.planHash });
}

const told = (sim: Simulation) => sim.said.filter(({ reason }) => reason === "ApprovalExpiring").map(({ at }) => at);

describe("an approval that is about to expire", () => {
  it.each(["ada", "grace"])("opens a ticket that ends once %s has given a new one", (actor) => {
    const { sim, receiver } = approved(200);
    expect([...receiver.open]).toEqual(["pager Ticket/ApprovalExpiring"]);
    approve(sim, actor);
    sim.run(1200);
    expect([...receiver.open]).toEqual([]);
  });

  it("opens none while another lasts, and one once that is about to expire as well", () => {
    const { sim, receiver } = approved(120);
    approve(sim, "grace");
    sim.run(140 * 60);
    expect(told(sim)).toEqual([]);
    expect(sim.condition("Approved")).toBe("True/Approved");
    sim.run(60 * 60);
    expect(told(sim)).toHaveLength(1);
    expect([...receiver.open]).toEqual(["pager Ticket/ApprovalExpiring"]);
  });

  it("is told of in the preflight as well, where approvals are given while the stores are compared", () => {
    const checklist = { ...onlyReachable, parity: {}, approvals: asking };
    const sim = simulationAt("Preflight", { spec: aSpec({ ...shortPlan, checklist }), reconcileSeconds: 60 });
    sim.verifier.takesMs = 10 * 3_600_000;
    approve(sim, "ada");
    sim.run(170 * 60);
    expect(told(sim)).toEqual([]);
    sim.run(30 * 60);
    expect([sim.phase, told(sim).length]).toEqual(["Preflight", 1]);
  });

  it("keeps its ticket open when nobody gave a new one in time", () => {
    const { sim, receiver } = approved(300);
    expect(sim.condition("Approved")).toBe("False/ApprovalsExpired");
    expect([...receiver.open]).toContain("pager Ticket/ApprovalExpiring");
  });
});
