// From Pending to the first sample: what has to be there, and what is said when it isn't.
import { describe, expect, it } from "vitest";
import { destinationIdentity, sourceIdentity } from "#test/builders/sidecar-status.ts";
import { aSpec, onlyReachable, shortPlan } from "#test/builders/spec.ts";
import { Simulation, simulationAt } from "#test/simulate.ts";
import { goodTraffic } from "#test/steady-traffic.ts";

const spec = aSpec(shortPlan);

/** Held in Pending, with nothing written, until mended. */
function refusedUntil(sim: Simulation, condition: string, words: string, mend: () => void): string {
  sim.run(300);
  expect(sim.phase).toBe("Pending");
  expect(sim.condition("Ready")).toBe(condition);
  expect(sim.status.message).toContain(words);
  expect(sim.applied).toEqual([]);
  expect(sim.said.filter(({ type }) => type === "Warning")).toHaveLength(1);
  expect(sim.isQuiet()).toBe(true);
  expect(sim.last?.requeueAfterMs).toBeGreaterThan(0);
  mend();
  return sim.until("Preflight", 60).phase;
}

describe("what keeps a migration in Pending", () => {
  const found = new Simulation().target;
  it.each([
    [
      "no target",
      { found: false, namespaceTerminating: false },
      "False/TargetNotFound",
      "Deployment search-api does not exist",
    ],
    ["no sidecar", { ...found, hasSidecar: false }, "False/NoSidecar", "no container named retriever-sidecar"],
    [
      "no overlay mounted",
      { ...found, mountsOverlay: false },
      "False/OverlayNotMounted",
      "search-api-retriever-migration",
    ],
    ["no base", { ...found, baseConfigMaps: [] }, "False/NoBase", "expected one"],
    ["two bases", { ...found, baseConfigMaps: ["a", "b"] }, "False/SeveralBases", "found 2: a, b"],
    [
      "an invalid base",
      { ...found, baseFaults: [{ path: "primary.url", message: "expected a URL" }] },
      "False/InvalidBase",
      "primary.url: expected a URL",
    ],
  ])("%s", (_name, target, condition, words) => {
    const sim = new Simulation({ spec });
    sim.target = target as typeof sim.target;
    expect(
      refusedUntil(sim, condition, words, () => {
        sim.target = found;
      }),
    ).toBe("Preflight");
  });

  it.each(["target", "claims", "overlay", "pods"] as const)("%s that can't be read", (part) => {
    const sim = new Simulation({ spec });
    sim.unreadable.add(part);
    expect(refusedUntil(sim, "False/NotObserved", "timed out", () => sim.unreadable.clear())).toBe("Preflight");
  });

  it("no pods", () => {
    const sim = new Simulation({ spec, pods: 0 });
    expect(refusedUntil(sim, "False/NoPods", "empty set is unknown", () => sim.addPod("late"))).toBe("Preflight");
  });

  it("a silent sidecar", () => {
    const sim = new Simulation({ spec });
    sim.pod(1).silent = true;
    expect(
      refusedUntil(sim, "False/SidecarSilent", "pod-2", () => {
        sim.pod(1).silent = false;
      }),
    ).toBe("Preflight");
  });

  it("an overlay of an earlier migration", () => {
    const sim = new Simulation({ spec });
    sim.overlay = simulationAt("Guard", { spec, uid: "earlier" }).overlay;
    for (const pod of sim.pods) pod.stuck = true;
    expect(
      refusedUntil(sim, "False/OverlayInForce", "earlier migration", () => {
        sim.overlay = null;
      }),
    ).toBe("Preflight");
  });

  it("another migration that was created earlier, and not one that was created later", () => {
    const sim = new Simulation({ spec });
    const claim = {
      name: "other",
      uid: "other",
      createdAt: sim.meta.createdAt - 1,
      phase: "Pending",
      accepted: false,
      settled: false,
    } as const;
    sim.claims = [claim];
    expect(
      refusedUntil(sim, "False/TargetClaimed", "migration other (Pending)", () => {
        sim.claims = [{ ...claim, createdAt: claim.createdAt + 2 }];
      }),
    ).toBe("Preflight");
  });

  it("a source of metrics that nobody configured, and the message names the field", () => {
    const sim = new Simulation({ spec: aSpec({ ...shortPlan, metrics: { source: "main" } }) }).run(60);
    expect(sim.condition("Ready")).toBe("False/UnknownMetricsSource");
    expect(sim.status.message).toContain("spec.metrics.source: got main, expected one of Sidecars");
  });

  it("Completed/AlreadyAtDestination without an effect, settled, and it stays so", () => {
    const sim = new Simulation({ spec });
    sim.base = destinationIdentity;
    sim.run(60);
    expect(sim.story).toBe("Completed: nothing written");
    expect(sim.applied).toEqual([]);
    expect(sim.condition("Ready")).toBe("True/AlreadyAtDestination");
    expect(sim.condition("Settled")).toMatch(/^True/);
    expect(sim.status.message).toContain("already serves from");
    expect(sim.isQuiet()).toBe(true);
    sim.base = sourceIdentity;
    expect(sim.isQuiet()).toBe(true);
  });
});

describe("a spec that isn't valid", () => {
  const faults = [{ path: "spec.stages", message: "expected sample rates that rise" }];

  it("before acceptance: Stalled with every fault; goes on when it is mended", () => {
    const sim = new Simulation();
    sim.spec = { ok: false, faults };
    sim.run(60);
    expect(sim.condition("Stalled")).toBe("True/InvalidSpec");
    expect(sim.status.message).toContain("spec.stages: expected sample rates that rise");
    expect(sim.isQuiet()).toBe(true);
    expect(sim.said).toHaveLength(1);
    sim.spec = { ok: true, value: spec };
    sim.until("Preflight", 60);
    expect(sim.condition("Stalled")).toBeUndefined();
  });

  it("after acceptance: goes on with the frozen plan", () => {
    const sim = simulationAt("WarmUp", { spec });
    sim.spec = { ok: false, faults };
    expect(sim.run(20).phase).toBe("WarmUp");
    sim.spec = { ok: true, value: aSpec() };
    expect(sim.run(20).phase).toBe("WarmUp");
    expect(sim.status.revision?.sampleRate).toBe(0.1);
  });

  it("a damaged plan is read from the spec it was accepted from; else it holds and pages once", () => {
    const sim = simulationAt("WarmUp", { spec });
    const plan = sim.status.plan;
    sim.status = { ...sim.status, plan: "{" };
    expect(sim.decideNow().status.message).not.toContain("can't be read");
    sim.spec = { ok: true, value: aSpec() };
    sim.status = { ...sim.status, plan: '{"target":1}' };
    const held = sim.decideNow();
    expect(held.status.message).toContain("the accepted plan in the status can't be read");
    expect(held.announcements).toMatchObject([{ reason: "PlanDamaged", severity: "page" }]);
    expect(held.status.conditions.map(({ type }) => type)).toContain("RollbackReady");
    sim.status = held.status;
    expect(sim.isQuiet()).toBe(true);
    sim.meta = { ...sim.meta, deleting: true };
    expect(sim.decideNow().status.phase).toBe("RollingBack");
    sim.spec = { ok: false, faults };
    expect(sim.decideNow().status.message).toContain("finalizer retriever.dev/settle off by hand");
    expect(plan).not.toBe("");
  });
});

describe("the preflight", () => {
  it("a check that can't be made is Unknown, blocks, and names what it lacks", () => {
    const sim = new Simulation({ spec: aSpec({ checklist: { ...onlyReachable, parity: { policy: "Require" } } }) });
    sim.verifier.hasTemplate = false;
    sim.run(60);
    expect(sim.phase).toBe("Preflight");
    expect(sim.condition("ParityVerified")).toBe("Unknown/NoTemplate");
    expect(sim.status.message).toContain("no CronJob search-api-retriever-verify");
    expect(sim.condition("Ready")).toBe("False/NoTemplate");
  });

  it("approvals are waited for in AwaitingApproval", () => {
    const skip = { policy: "Skip" } as const;
    const checklist = { parity: skip, alerts: skip, approvals: {} };
    const sim = new Simulation({ spec: aSpec({ checklist }) }).run(60);
    expect(sim.phase).toBe("AwaitingApproval");
    expect(sim.status.message).toContain("needs product-owner 0 of 1, needs sre-on-call 0 of 1");
    expect(sim.isQuiet()).toBe(true);
  });

  it("lists what was skipped, and never calls it verified", () => {
    const sim = simulationAt("WarmUp", { spec });
    expect(sim.status.skippedChecks).toContain("parity");
    expect(sim.condition("ParityVerified")).toBe("Unknown/Skipped");
    expect(sim.condition("Reachable")).toBe("True/AllPodsReached");
  });

  it("an unreachable destination blocks until it is reached; a skipped check doesn't ask", () => {
    const sim = new Simulation({ spec });
    sim.behave("destination", { down: true });
    sim.run(300);
    expect(sim.phase).toBe("Preflight");
    expect(sim.condition("Reachable")).toBe("False/Unreachable");
    expect(sim.status.message).toContain("connection refused (3 of 3 pods)");
    sim.behave("destination", { down: false });
    sim.until("WarmUp", 60);
  });

  it("the application's own dual read before acceptance is no harm of ours", () => {
    const sim = new Simulation({ spec });
    sim.traffic = () => ({ ...goodTraffic, errorShare: 0.9, mismatch: 1 });
    expect(sim.until("Preflight", 60).status.harm).toBeUndefined();
  });

  it("Validate ends Validated, with the shadow off, and settles", () => {
    const sim = simulationAt("Validated", {
      spec: aSpec({ ...shortPlan, mode: "Validate", validate: { duration: "4m" } }),
    });
    expect(sim.trace.at(-1)).toBe("Validated: source+none@0");
    sim.run(120);
    expect(sim.condition("Succeeded")).toBe("True/Validated");
    expect(sim.overlay).toBeNull();
    expect(sim.isQuiet()).toBe(true);
  });
});
