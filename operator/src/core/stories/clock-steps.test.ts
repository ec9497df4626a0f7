// The operator's clock alone is put back or forth, or the next leader's is another one: nothing waits longer for it, nobody
// is left unheard, and no cutover is dated so that its pods can't follow.
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { Simulation } from "#test/simulate.ts";
import { goodTraffic } from "#test/steady-traffic.ts";
import { decide } from "../decide.ts";

/** An operator whose clock differs from everybody's. */
class OtherClock extends Simulation {
  aheadMs = 0;

  override decideNow() {
    const now = this.now + this.aheadMs;
    return decide({ migration: this.migration, observation: { ...this.observation(), at: now }, now });
  }
}

const spec = aSpec(shortPlan);
const simAt = (phase: Phase) => new OtherClock({ spec }).until(phase);
const steps = [-3600, -300, 300, 3600];

describe.each(steps)("a clock of the operator that steps by %s s", (seconds) => {
  const step = (sim: OtherClock): number => {
    sim.aheadMs = seconds * 1000;
    return sim.now;
  };
  const since = (sim: Simulation, from: number): number => (sim.now - from) / 1000;

  it("in CuttingOver with a pod that lags: it is taken back as soon as ever", () => {
    const sim = simAt("AwaitingCutover");
    sim.pod(1).stuck = true;
    const from = step(sim.until("CuttingOver").run(20));
    expect(since(sim.until("RollingBack", 200), from)).toBeLessThan(90);
  });

  it("in a guard that sees nothing: a person is called as soon as ever", () => {
    const sim = simAt("Guard").run(60);
    sim.unreadable.add("pods");
    const from = step(sim.run(20));
    sim.runWhile(() => sim.pages.length === 0, 2000);
    expect(since(sim, from)).toBeLessThan(920);
  });

  it("while a pod isn't back: a person is called as soon as ever", () => {
    const sim = simAt("Guard").run(60);
    sim.pod(1).stuck = true;
    sim.act("Rollback");
    const from = step(sim.run(20));
    sim.runWhile(() => !sim.pages.includes("AckTimeout"), 2000);
    expect(since(sim, from)).toBeLessThan(90);
  });

  it("in the ramp: the stage begins anew at most, and every pod follows the cutover", () => {
    const sim = simAt("Ramp").run(30);
    const from = step(sim);
    expect(since(sim.until("AwaitingCutover", 400), from)).toBeLessThan(100);
    sim.until("Completed", 600);
    expect(sim.pages).toEqual([]);
  });

  it("in the guard: a dead destination is left as soon as ever", () => {
    const sim = simAt("Guard").run(60);
    const from = step(sim);
    sim.traffic = (_at, primary) => ({ ...goodTraffic, errorShare: primary === "destination" ? 1 : 0 });
    expect(since(sim.until("RollingBack", 200), from)).toBeLessThan(60);
  });

  it("after a late rollback: what a person has dealt with is closed", () => {
    const sim = new OtherClock({
      spec: aSpec({ ...shortPlan, rollback: { ...shortPlan.rollback, verifyDriftAfter: "1m" } }),
    });
    sim.until("Guard").run(120);
    step(sim);
    sim.verifier.parity = { extra: 5 };
    sim.act("Rollback");
    sim.until("RolledBack", 300).run(30).act("Waive", { check: "parity", reason: "copied back" });
    sim.run(30);
    expect(sim.condition("DriftResolved")).toBe("True/Waived");
  });

  it("right after a page was told, before it was sent: it is due at once", () => {
    const sim = new OtherClock({ spec: aSpec({ ...shortPlan, communications: { sinks: ["pager"] } }) })
      .until("Guard")
      .run(60);
    sim.sink = () => "HTTP 503";
    sim.traffic = (_at, primary) => ({ ...goodTraffic, errorShare: primary === "destination" ? 1 : 0 });
    sim.until("RollingBack", 200);
    step(sim);
    sim.reconcile();
    const page = sim.status.outbox?.find(({ reason }) => reason === "HarmSevere");
    expect(Date.parse(page?.nextAttemptAt ?? "") - sim.now - sim.aheadMs).toBeLessThan(60_000);
  });
});
