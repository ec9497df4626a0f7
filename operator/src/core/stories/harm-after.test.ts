// Harm after the cutover: the operator goes back by itself, unless that would make it worse.
import { describe, expect, it } from "vitest";
import { destinationIdentity } from "#test/builders/sidecar-status.ts";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";
import { goodTraffic, type Traffic } from "#test/steady-traffic.ts";

const spec = aSpec(shortPlan);

/** The destination is bad as primary; the source stays good. */
function degrade(sim: Simulation, bad: Partial<Traffic>): Simulation {
  sim.traffic = (_at, primary) => (primary === "destination" ? { ...goodTraffic, ...bad } : goodTraffic);
  return sim;
}

function inGuard(more: Parameters<typeof aSpec>[0] = {}): Simulation {
  return simulationAt("Guard", { spec: aSpec({ ...shortPlan, ...more }) }).run(30);
}

describe("harm in the guard rolls back by itself", () => {
  it.each([
    ["lost chunks: other top chunks", { mismatch: 0.5 }, "HarmAlert", "another top chunk"],
    ["lost chunks: lower scores", { scoreWorse: 0.5 }, "HarmAlert", "score lower"],
    ["a slower store by comparison", { latencyWorse: 0.5 }, "HarmAlert", "slower by"],
    ["a slower primary over all requests", { latencyMs: 400 }, "HarmLivePrimary", "p95"],
    ["empty answers", { emptyShare: 0.5 }, "HarmLivePrimary", "came back empty"],
    ["a few errors", { errorShare: 0.05 }, "HarmLivePrimary", "failed"],
    ["errors on every second request", { errorShare: 0.5 }, "HarmSevere", "while the source answers"],
  ] satisfies [string, Partial<Traffic>, string, string][])("%s", (_name, bad, reason, words) => {
    const sim = degrade(inGuard(), bad);
    const at = sim.now;
    sim.until("RolledBack", 600);
    expect(sim.story.split("\n").slice(-2)).toEqual([
      `RollingBack: source+none@0 because ${reason}`,
      "RolledBack: source+none@0",
    ]);
    expect(sim.status.rollback?.causes.join()).toContain(words);
    expect(sim.status.rollback?.from).toBe("Guard");
    expect(sim.pages).toEqual([reason]);
    const seconds = (sim.now - at) / 1000;
    expect(seconds).toBeLessThan(reason === "HarmSevere" ? 45 : 100);
    sim.run(60);
    expect(sim.condition("Ready")).toBe(`False/${reason}`);
    expect(sim.condition("Stalled")).toBe(`True/${reason}`);
    expect(sim.condition("Succeeded")).toBe(`False/${reason}`);
    expect(sim.condition("Settled")).toBe("True/Settled");
    expect(sim.status.message).toContain(words);
    expect(sim.isQuiet()).toBe(true);
  });

  it("waits for sustainedFor before it acts on the alert, and forgets a spell that ended", () => {
    const sim = degrade(inGuard({ rollback: { window: "10s", sustainedFor: "60s" } }), { mismatch: 0.9 });
    sim.run(50);
    expect(sim.status.harm?.alertSince).toBeDefined();
    degrade(sim, {}).run(60);
    expect(sim.status.harm).toBeUndefined();
    degrade(sim, { mismatch: 0.9 }).run(85);
    expect(sim.phase).toBe("Guard");
    sim.until("RollingBack", 60);
  });

  it("also when the source's freshness lags or isn't known: only positive evidence of a broken rollback path stops it", () => {
    const sim = inGuard();
    sim.behave("source", { behind: "2h" });
    sim.run(10);
    expect(sim.condition("RollbackReady")).toBe("False/SourceStale");
    degrade(sim, { errorShare: 0.9 }).until("RolledBack", 60);
  });

  it("of a request each thousand seconds, where the plan gives a total failure six hours to be noticed", () => {
    const guard = { duration: "12h", deadline: "72h", minSamples: 5, maxDetectionTime: "6h" };
    const sampling = { mode: "Fixed", minRate: 1 } as const;
    const thin = aSpec({ ...shortPlan, rollback: {}, guard: { ...guard, sampling } });
    const sim = simulationAt("Guard", { spec: thin, pods: 1, reconcileSeconds: 30 });
    sim.traffic = (at, primary) => ({
      ...goodTraffic,
      rps: at % 1_000_000 < 10_000 ? 0.1 : 0,
      errorShare: primary === "destination" ? 1 : 0,
    });
    const at = sim.now;
    sim.until("RollingBack", 6 * 3600);
    expect(sim.status.rollback?.reason).toBe("HarmSevere");
    expect((sim.now - at) / 3_600_000).toBeLessThan(5);
  });

  it("rolls back in CuttingOver as well", () => {
    const sim = simulationAt("CuttingOver", { spec });
    degrade(sim, { errorShare: 1 });
    sim.until("RolledBack", 300);
    expect(sim.status.rollback?.from).toBe("CuttingOver");
  });
});

describe("harm in a cutover that nobody may roll back by himself", () => {
  const manual: Parameters<typeof aSpec>[0] = {
    ...shortPlan,
    rollback: { ...shortPlan.rollback, automatic: false },
    cutover: { hold: false, ackTimeout: "90s", validationTimeout: "2m" },
  };
  const cutting = (bad: Partial<Traffic>, arrange: (sim: Simulation) => unknown = () => undefined) => {
    const sim = simulationAt("AwaitingCutover", { spec: aSpec(manual) });
    arrange(sim);
    return degrade(sim, bad).until("CuttingOver", 60);
  };

  it.each([
    ["a pod that doesn't follow", "AckTimeout", (sim: Simulation) => (sim.pod(2).stuck = true)],
    ["requests that don't resume", "ValidationTimeout", () => undefined],
  ] as const)("calls a person once, and is taken back by its deadline all the same: %s", (_what, reason, arrange) => {
    const sim = cutting({ errorShare: 1 }, arrange).until("RollingBack", 300);
    expect(sim.status.rollback).toMatchObject({ reason, from: "CuttingOver" });
    expect(sim.pages).toEqual(["RollbackBlocked", reason]);
    for (const pod of sim.pods) pod.stuck = false;
    sim.until("AwaitingCutover", 300);
    expect(sim.status.harm?.heldSince).toBeUndefined();
  });

  it("goes on to the guard where requests resume, and doesn't call twice", () => {
    const sim = cutting({ errorShare: 0.4 }, (one) => (one.pod(2).stuck = true));
    sim.runWhile(() => sim.pages.length === 0, 80);
    sim.pod(2).stuck = false;
    sim.until("Guard", 60).run(120);
    expect([sim.phase, sim.condition("Ready")]).toEqual(["Guard", "False/RollbackBlocked"]);
    expect(sim.pages).toEqual(["RollbackBlocked"]);
  });
});

describe("the destination isn't harmful", () => {
  it("a faster destination completes", () => {
    const sim = simulationAt("Guard", { spec });
    sim.traffic = (_at, primary) => ({ ...goodTraffic, latencyMs: primary === "destination" ? 1 : 60 });
    sim.until("Completed", 900);
    expect(sim.pages).toEqual([]);
  });

  it("a failing old store sends no traffic back to itself, makes RollbackReady False and pages once", () => {
    const sim = inGuard();
    sim.behave("source", { down: true });
    sim.traffic = () => ({ ...goodTraffic, shadowErrors: 1 });
    sim.run(120);
    expect(sim.phase).toBe("Guard");
    expect(sim.condition("RollbackReady")).toBe("False/SourceFailing");
    expect(sim.pages).toEqual(["RollbackNotReady"]);
  });
});

describe("no rollback path", () => {
  it("says so and pages once when the new primary is harmful while the old store fails", () => {
    const sim = inGuard();
    sim.behave("source", { down: true });
    sim.run(10);
    degrade(sim, { latencyMs: 900 });
    sim.run(180);
    expect(sim.phase).toBe("Guard");
    expect(sim.pages).toEqual(["RollbackNotReady", "RollbackBlocked"]);
    expect(sim.status.message).toContain("the rollback path is closed");
    expect(sim.status.guard?.watchedSeconds).toBe(0);
    sim.behave("source", { down: false });
    sim.until("RolledBack", 60);
  });

  it("says so and pages once when both stores fail every request, and what is so is no watched time", () => {
    const sim = inGuard();
    sim.behave("source", { down: true });
    sim.traffic = () => ({ ...goodTraffic, errorShare: 1, shadowErrors: 1 });
    sim.run(900);
    expect(sim.phase).toBe("Guard");
    expect(sim.pages).toEqual(["RollbackNotReady", "RollbackBlocked"]);
    expect(sim.status.message).toMatch(/the rollback path is closed .*: live primary, requests failed: 100 % of /);
    expect(sim.status.guard?.watchedSeconds).toBe(0);
    sim.behave("source", { down: false });
    sim.traffic = () => goodTraffic;
    sim.run(120);
    expect(sim.phase).toBe("Guard");
    expect(sim.status.guard?.watchedSeconds).toBeGreaterThan(0);
    sim.until("Completed", 600);
  });

  it("pages for a second spell of harm after the first had ended", () => {
    const sim = inGuard({ rollback: { window: "10s", sustainedFor: "10s", automatic: false } });
    degrade(sim, { latencyMs: 900 }).run(60);
    degrade(sim, {}).run(60);
    expect(sim.status.harm).toBeUndefined();
    degrade(sim, { latencyMs: 900 }).run(60);
    expect(sim.pages).toEqual(["RollbackBlocked", "RollbackBlocked"]);
    expect(sim.status.message).toContain("create a Rollback act");
    sim.act("Rollback");
    sim.until("RolledBack", 60);
  });

  it("calls nobody again where harm that is held was refuted for less than sustainedFor", () => {
    const sim = inGuard({ rollback: { window: "10s", sustainedFor: "60s", automatic: false } });
    degrade(sim, { latencyMs: 900 }).run(180);
    expect(sim.pages).toEqual(["RollbackBlocked"]);
    const { heldSince } = sim.status.harm ?? {};
    degrade(sim, {}).run(40);
    expect([sim.condition("Ready"), sim.status.harm?.heldSince]).toEqual(["True/Guarding", heldSince]);
    degrade(sim, { latencyMs: 900 }).run(180);
    expect([sim.condition("Ready"), sim.pages]).toEqual(["False/RollbackBlocked", ["RollbackBlocked"]]);
    degrade(sim, {}).run(120);
    expect(sim.status.harm).toBeUndefined();
  });

  it("holds with SourceChanged when the base was switched to the destination, and never says RolledBack for it", () => {
    const sim = inGuard();
    sim.base = destinationIdentity;
    sim.run(120);
    expect(sim.phase).toBe("Guard");
    expect(sim.condition("RollbackReady")).toBe("False/SourceChanged");
    expect(sim.condition("Ready")).toBe("False/SourceChanged");
    expect(sim.condition("RolledBack")).toBeUndefined();
    expect(sim.pages).toEqual(["RollbackNotReady"]);
    degrade(sim, { errorShare: 1 }).run(60);
    expect(sim.phase).toBe("Guard");
  });

  it("a rollback by a person doesn't end while a pod serves from elsewhere, and names it", () => {
    const sim = inGuard();
    sim.act("Rollback");
    sim.until("RollingBack", 30);
    sim.base = destinationIdentity;
    sim.restart(sim.pod(1));
    sim.pod(1).stuck = true;
    sim.run(300);
    expect(sim.phase).toBe("RollingBack");
    expect(sim.status.message).toContain("served from elsewhere by pod-2");
    expect(sim.condition("RolledBack")).toBe("False/RollbackRequested");
    expect(sim.pages).toContain("RollbackNotReady");
  });
});

describe("what a line of the thresholds says to do after the cutover", () => {
  it("Hold: begins the guard anew and stays", () => {
    const sim = inGuard({ thresholds: { mismatch: { afterCutover: "Hold" } } });
    sim.run(60);
    expect(sim.status.guard?.watchedSeconds).toBeGreaterThan(50);
    degrade(sim, { mismatch: 0.9 }).run(120);
    expect(sim.status.guard).toMatchObject({ watchedSeconds: 0, idleSeconds: 0 });
    expect(sim.condition("Ready")).toBe("False/Harm");
    degrade(sim, {});
    sim.until("Completed", 900);
  });

  it("Hold: doesn't keep a cutover between two primaries", () => {
    const thresholds = { livePrimary: { afterCutover: "Hold" } } as const;
    const sim = simulationAt("AwaitingCutover", { spec: aSpec({ ...shortPlan, thresholds }) });
    sim.pod(2).stuck = true;
    degrade(sim, { errorShare: 1 });
    sim.until("RollingBack", 120);
    expect(sim.status.rollback?.reason).toBe("AckTimeout");
  });

  it("Observe: is reported, and the guard's clock runs on", () => {
    const sim = inGuard({ thresholds: { livePrimary: { afterCutover: "Observe" } } });
    degrade(sim, { latencyMs: 400, errorShare: 0.5 });
    sim.run(60);
    expect(sim.status.harm?.causes.join()).toContain("while the source answers");
    degrade(sim, { latencyMs: 400 });
    expect(sim.until("Completed", 900).status.harm?.causes).toBeUndefined();
  });
});
