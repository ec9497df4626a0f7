// A cutover that was taken back for want of pods or requests: the same plan waits for a person, on the evidence it has.
import type { MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import { describe, expect, it } from "vitest";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";
import { goodTraffic } from "#test/steady-traffic.ts";

const late = { rollback: { ...shortPlan.rollback, verifyDriftAfter: "30s" } };

/** A cutover that one pod doesn't follow, taken back, with every pod at the source again. */
function takenBack(more: Partial<MigrationSpecInput> = {}, arrange: (sim: Simulation) => unknown = () => undefined) {
  const spec = aSpec({ ...shortPlan, cutover: { hold: true }, ...more });
  const sim = simulationAt("AwaitingCutover", { spec });
  arrange(sim);
  sim.pod(1).stuck = true;
  sim.act("Promote");
  sim.until("RollingBack", 200);
  sim.pod(1).stuck = false;
  return sim.until("AwaitingCutover", 600);
}
const said = (sim: Simulation, reason: string) => sim.said.filter((one) => one.reason === reason);
const refusal = (sim: Simulation) => said(sim, "ActRefused").at(-1)?.message;

describe("a cutover that was taken back", () => {
  it("waits with its reason and keeps the ramp's evidence, also where the plan asks nobody", () => {
    const sim = takenBack({ cutover: { hold: false } });
    const kept = sim.status.evidence?.counted?.answered ?? 0;
    expect(kept).toBeGreaterThan(100);
    expect(sim.status).toMatchObject({
      takenBack: { reason: "AckTimeout", times: 1 },
      revision: { primary: "source", shadow: "destination", sampleRate: 0.5 },
    });
    expect(sim.status.rollback).toBeUndefined();
    sim.run(900);
    expect([sim.phase, sim.condition("Ready")]).toEqual(["AwaitingCutover", "True/Retryable"]);
    expect(sim.status.message).toContain("create a Retry act to cut over again");
    expect(said(sim, "Retryable")).toHaveLength(1);
    expect(sim.status.conditions.map(({ type }) => type)).not.toContain("RolledBack");
  });

  it("cuts over again by a Retry, and completes", () => {
    const sim = takenBack().run(60);
    sim.act("Retry");
    sim.until("CuttingOver", 30);
    expect(sim.status.message).toContain("promoted by ada");
    sim.until("Completed", 1200);
    expect(sim.status).toMatchObject({ takenBack: { times: 1 } });
    expect(sim.status.ramp).toBeUndefined();
  });

  it.each(["Retry", "Promote"] as const)(
    "takes a Retry behind one that has expired, and tells of both: %s first",
    (act) => {
      const sim = takenBack().run(60);
      sim.pod(1).silent = true;
      sim.act("Retry", { waitForGates: true, expiresAt: sim.now + 60_000, actor: "grace" });
      sim.run(10);
      expect(sim.status.acts?.promotedBy).toBe("grace");
      sim.now += 120_000;
      sim.pod(1).silent = false;
      if (act === "Promote") sim.act("Promote");
      sim.act("Retry");
      sim.until("CuttingOver", 10);
      expect(sim.status.message).toContain("promoted by ada");
      expect(said(sim, "ActExpired").map(({ message }) => message)).toEqual([
        expect.stringMatching(/^Retry by grace waited until .* and has expired$/),
      ]);
      expect(said(sim, "ActRefused").at(-1)?.message).toSatisfy(
        (message = "") => act === "Retry" || message.includes("create a Retry act"),
      );
    },
  );

  it("can be taken back again, and counts", () => {
    const sim = takenBack().run(60);
    sim.act("Retry");
    sim.until("CuttingOver", 30);
    sim.traffic = () => ({ ...goodTraffic, rps: 0 });
    sim.until("AwaitingCutover", 900);
    expect(sim.status.takenBack).toMatchObject({ reason: "ValidationTimeout", times: 2 });
    expect(sim.status.acts?.promotedBy).toBeUndefined();
  });

  it("takes no Promote, and a Retry is taken nowhere else", () => {
    const sim = takenBack().run(60);
    sim.act("Promote");
    sim.run(10);
    expect(refusal(sim)).toContain("the last cutover was taken back; create a Retry act");
    const other = simulationAt("AwaitingCutover", { spec: aSpec({ ...shortPlan, cutover: { hold: true } }) });
    other.act("Retry");
    other.run(10);
    expect(refusal(other)).toContain("no cutover was taken back; create a Promote act");
    other.act("Promote");
    other.until("Guard", 60).act("Retry");
    other.run(10);
    expect(refusal(other)).toContain("the phase is Guard; Retry is taken in AwaitingCutover");
  });

  it("measures its last stage anew where the ramp's evidence is older than a comparison may be", () => {
    const parity = { policy: "Skip", maxAge: "30s" } as const;
    const { checklist } = aSpec();
    const sim = takenBack({ checklist: { ...checklist, parity } });
    expect(sim.status.evidence).toBeUndefined();
    sim.reconcile();
    expect(sim.status.takenBack?.times).toBe(1);
    sim.run(300).act("Retry");
    sim.until("Guard", 60);
  });

  it("is over for good where a person gives it up, then or later", () => {
    const sim = takenBack().run(60);
    sim.act("Abort");
    sim.until("RolledBack", 60);
    expect(sim.status.rollback).toMatchObject({ reason: "Aborted", from: "AwaitingCutover" });
    const early = simulationAt("CuttingOver", { spec: aSpec(shortPlan) });
    early.pod(1).stuck = true;
    early.until("RollingBack", 200).act("Rollback");
    early.run(10);
    early.pod(1).stuck = false;
    expect(early.until("RolledBack", 200).status.rollback?.reason).toBe("AckTimeout");
  });

  it("for harm is over for good", () => {
    const sim = simulationAt("CuttingOver", { spec: aSpec(shortPlan) });
    sim.traffic = (_at, primary) => ({ ...goodTraffic, errorShare: primary === "destination" ? 0.9 : 0 });
    expect(sim.until("RolledBack", 300).status.takenBack).toBeUndefined();
  });
});

describe("a cutover that served for long before it was taken back", () => {
  it("has what was written since compared before it may be tried again", () => {
    const sim = takenBack(late);
    expect(sim.trace.join()).toContain("VerifyingDrift");
    expect(sim.condition("DriftResolved")).toBe("True/Equal");
    const { servedFrom = "", servedUntil = "" } = sim.status.takenBack ?? {};
    expect(Date.parse(servedUntil)).toBeGreaterThan(Date.parse(servedFrom) + 60_000);
    expect(Date.parse(sim.status.verification?.runs[0]?.since ?? "")).toBeLessThan(Date.parse(servedFrom));
  });

  it("waits until what only the destination received is dealt with", () => {
    const sim = takenBack(late, ({ verifier }) => (verifier.parity = { extra: 5 })).run(60);
    expect(sim.condition("DriftResolved")).toBe("False/CorrectionsOpen");
    expect(sim.condition("Ready")).toBe("False/CorrectionsOpen");
    expect(sim.status.openChecks?.map(({ check, answeredBy }) => `${check}: ${answeredBy}`)).toEqual([
      expect.stringMatching(/^promotion: whoever brings them back, .* waive docs-to-qdrant .* --check parity/),
    ]);
    sim.act("Retry");
    sim.run(30);
    expect([sim.phase, refusal(sim)]).toEqual(["AwaitingCutover", expect.stringContaining("5 chunks of the dest")]);
    sim.act("Waive", { check: "parity", reason: "copied back, ticket 7" });
    sim.run(10);
    expect(sim.condition("Ready")).toBe("True/Retryable");
    sim.act("Retry");
    sim.until("Guard", 60);
  });

  it("has each try compared for itself, and one that was never compared with the next", () => {
    const compared = takenBack(late).run(60);
    const first = Date.parse(compared.status.takenBack?.servedFrom ?? "");
    compared.act("Retry");
    compared.until("Guard", 60).run(60).act("Rollback");
    compared.until("RolledBack", 200);
    const since = (sim: Simulation) => Date.parse(sim.status.verification?.runs.at(-1)?.since ?? "");
    expect(since(compared)).toBeGreaterThan(first - 300_000);
    const uncompared = takenBack().run(900);
    const begun = Date.parse(uncompared.status.takenBack?.servedFrom ?? "");
    expect(uncompared.condition("DriftResolved")).toBe("Unknown/WithinVerifyDriftAfter");
    uncompared.act("Retry");
    uncompared.until("Guard", 60).run(60).act("Rollback");
    uncompared.until("RolledBack", 200);
    expect(since(uncompared)).toBeLessThanOrEqual(begun - 300_000);
  });
});
