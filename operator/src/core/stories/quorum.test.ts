// A fleet of which a few pods don't follow: it goes on without them, they are named, and they stay where they are.
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import type { SidecarStatus } from "@retriever/sidecar/contract/status.ts";
import { describe, expect, it } from "vitest";
import { destinationIdentity } from "#test/builders/sidecar-status.ts";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { Simulation, simulationAt } from "#test/simulate.ts";
import { goodTraffic } from "#test/steady-traffic.ts";
import type { Observation } from "../model/observation.ts";
import type { PodObservation } from "../model/workload.ts";
import { knownProcesses } from "../pods/processes.ts";

const ninety = aSpec({ ...shortPlan, cutover: { ...shortPlan.cutover, minAcknowledged: "90%" } });
const pods = 10;
const tenPods = { spec: ninety, pods };

function withStuck(phase: Phase, count: number, script = tenPods): Simulation {
  const sim = simulationAt(phase, script);
  for (let index = 0; index < count; index += 1) sim.pod(index).stuck = true;
  return sim;
}

function primaries(sim: Simulation): string[] {
  const { pods: read } = sim.observation();
  return read.ok ? read.value.map(({ status }) => (status.ok ? status.value.config.primary : "silent")) : [];
}

function fencedOf(sim: Simulation, index: number): number | undefined {
  const { pods: read } = sim.observation();
  const status = read.ok ? read.value[index]?.status : undefined;
  return status?.ok === true ? status.value.config.fenced : undefined;
}

describe("a cutover that one of ten pods doesn't read", () => {
  it("goes on after ackTimeout without it, says so once, and comes to its end", () => {
    const sim = withStuck("AwaitingCutover", 1).until("CuttingOver", 60);
    const at = sim.now;
    sim.until("Guard", 120);
    expect((sim.now - at) / 1000).toBeGreaterThan(60);
    expect(sim.status.cutover).toEqual({ fenced: [{ name: "pod-1", uid: "uid-pod-1" }], fencedPods: 1 });
    expect(sim.status.message).toContain("9 of 10 pods follow; fenced, so at the source: pod-1");
    sim.run(120);
    expect(sim.condition("ConfigPropagated")).toBe("True/PodsFenced");
    expect(sim.status.acks).toMatchObject({ matched: 9, lagging: [], fenced: ["pod-1"] });
    expect(sim.status.guard?.watchedSeconds).toBeGreaterThan(90);
    expect(sim.said.filter(({ reason }) => reason === "PodsFenced")).toHaveLength(1);
    sim.until("Completed", 3600);
    expect(sim.status.message).toContain("but not all of it: 9 of 10 pods follow; fenced, so at the source: pod-1");
    expect(sim.pages).toEqual([]);
    expect(primaries(sim)).toEqual(["source", ...Array.from({ length: 9 }, () => "destination")]);
  });

  it("leaves it at the source when it reads late, until its process begins anew", () => {
    const sim = withStuck("AwaitingCutover", 1).until("Guard", 200);
    sim.pod(0).stuck = false;
    sim.run(30);
    expect([primaries(sim)[0], fencedOf(sim, 0)]).toEqual(["source", sim.status.epoch]);
    expect(sim.status.acks?.fenced).toEqual(["pod-1"]);
    expect(knownProcesses(sim.status.evidence, sim.status.epoch)("uid-pod-1")).toBeUndefined();
    sim.restart(sim.pod(0));
    sim.run(10);
    expect([primaries(sim)[0], fencedOf(sim, 0)]).toEqual(["destination", undefined]);
    expect(sim.condition("ConfigPropagated")).toBe("True/AllPodsFollow");
  });

  it("leaves it at the source for the whole guard, and brings it along once that has passed, and says so", () => {
    const sim = withStuck("AwaitingCutover", 1).until("Guard", 200);
    sim.pod(0).stuck = false;
    const served = new Set<string | undefined>();
    sim.runWhile(() => {
      if (sim.status.revision?.shadow === "source") served.add(primaries(sim)[0]);
      return sim.phase !== "Completed";
    }, 3600);
    expect([...served]).toEqual(["source"]);
    expect(sim.said.find(({ reason }) => reason === "GuardPassed")?.message).toContain(
      "which fenced pods follow too if they read it in time: pod-1",
    );
    expect(new Set(primaries(sim.run(20)))).toEqual(new Set(["destination"]));
    expect(sim.status.message).not.toContain("but not all of it");
  });

  it("leaves it at the source after the guard as well where the shadow is kept: nothing new is to be read", () => {
    const spec = aSpec({
      ...shortPlan,
      cutover: { ...shortPlan.cutover, minAcknowledged: "90%" },
      guard: { ...shortPlan.guard, onPassed: "KeepShadow" },
    });
    const sim = withStuck("AwaitingCutover", 1, { spec, pods }).until("Guard", 200);
    sim.pod(0).stuck = false;
    sim.until("Completed", 3600).run(300);
    expect(primaries(sim)[0]).toBe("source");
    sim.restart(sim.pod(0));
    expect(new Set(primaries(sim.run(20)))).toEqual(new Set(["destination"]));
  });

  it("is followed by every pod that starts afterwards", () => {
    const sim = withStuck("AwaitingCutover", 1).until("Guard", 200);
    for (let index = 0; index < 50; index += 1) sim.addPod();
    sim.run(20);
    expect(primaries(sim).filter((store) => store === "source")).toHaveLength(1);
    for (const pod of sim.pods) if (!pod.stuck) sim.restart(pod);
    expect(primaries(sim.run(20)).filter((store) => store === "source")).toHaveLength(1);
  });
});

it.each([
  ["67%", 3],
  ["75%", 4],
  ["83%", 6],
])("a cutover of which %s are to follow goes on without one of %s pods", (minAcknowledged, count) => {
  const spec = aSpec({ ...shortPlan, cutover: { ...shortPlan.cutover, minAcknowledged } });
  expect(withStuck("AwaitingCutover", 1, { spec, pods: count }).until("Guard", 200).status.cutover?.fencedPods).toBe(1);
});

it("a cutover that two of ten pods don't read is taken back, with who they are", () => {
  const sim = withStuck("AwaitingCutover", 2).until("RollingBack", 200);
  expect(sim.status.rollback).toMatchObject({ reason: "AckTimeout", from: "CuttingOver" });
  expect(sim.status.rollback?.causes[0]).toMatch(
    /^fewer than 9 pods followed within 60s: 8 of 10 pods follow; lagging/,
  );
});

it("a pod more that falls silent during the cutover gets its time before anything is taken back", () => {
  const sim = withStuck("AwaitingCutover", 1).until("CuttingOver", 60);
  sim.traffic = () => ({ ...goodTraffic, rps: 0 });
  sim.run(70);
  expect([sim.phase, sim.condition("ConfigPropagated")]).toEqual(["CuttingOver", "True/PodsFenced"]);
  sim.pod(5).silent = true;
  sim.run(30);
  expect([sim.phase, sim.condition("ConfigPropagated")]).toEqual(["CuttingOver", "False/Propagating"]);
  sim.pod(5).silent = false;
  sim.run(30);
  expect(sim.phase).toBe("CuttingOver");
});

it("a fleet of which only a fenced pod is left calls nobody at night: the source serves all there is, and it is told", () => {
  const half = aSpec({
    ...shortPlan,
    guard: { ...shortPlan.guard, duration: "24h", deadline: "48h" },
    cutover: { ...shortPlan.cutover, minAcknowledged: "67%" },
  });
  const sim = withStuck("AwaitingCutover", 1, { spec: half, pods: 3 }).until("Guard", 200).run(60);
  sim.pods = sim.pods.slice(0, 1);
  sim.run(1800);
  expect([sim.phase, sim.pages, sim.tickets.at(-1)]).toEqual(["Guard", [], "HoldOverdue"]);
  sim.pod(0).silent = true;
  expect(sim.run(1200).pages).toEqual(["HoldOverdue"]);
});

describe("one pod that doesn't follow or answer", () => {
  it.each(["AwaitingApproval", "WarmUp", "Ramp"] satisfies Phase[])("of ten, from %s on: the ramp goes on", (phase) => {
    const sim = withStuck(phase, 1);
    sim.until("AwaitingCutover", 3600);
    expect(sim.condition("ConfigPropagated")).toBe("True/QuorumFollows");
    expect(sim.pages).toEqual([]);
  });

  it("of ten, silent from the beginning, stops neither the start nor the cutover", () => {
    const sim = simulationAt("Pending", tenPods);
    sim.pod(3).silent = true;
    sim.until("Guard", 3600);
    expect(sim.status.cutover?.fenced).toEqual([{ name: "pod-4", uid: "uid-pod-4" }]);
  });

  it("on a lost node takes no cutover back, whatever is asked for", () => {
    const sim = simulationAt("AwaitingCutover", { spec: aSpec(shortPlan), pods: 3 });
    Object.assign(sim.pod(0), { silent: true, nodeLost: true });
    sim.until("Guard", 300);
    expect(sim.status.acks?.lost).toEqual(["pod-1"]);
    sim.until("Completed", 3600);
  });

  it("of forty blinds no guard for good, though every pod was to acknowledge: people are told", () => {
    const sim = simulationAt("Guard", { spec: aSpec(shortPlan), pods: 40 });
    sim.pod(0).silent = true;
    sim.run(60);
    expect(sim.status.guard?.visibility).toBe("unobserved");
    sim.run(120);
    expect(sim.status.guard?.visibility).toBe("watched");
    expect(sim.status.message).toContain("without who is not seen: 39 of 40 pods follow; lagging: pod-1");
    expect(sim.tickets).toEqual(["AckTimeout"]);
  });

  it("of three blinds the guard for as long as it is silent: it may serve a third of the traffic", () => {
    const sim = simulationAt("Guard", { spec: aSpec(shortPlan), pods: 3 });
    sim.pod(0).silent = true;
    sim.run(600);
    expect(sim.status.guard?.visibility).toBe("unobserved");
  });
});

/** A fleet whose first pod says something of its own. */
class OddFleet extends Simulation {
  odd: (status: SidecarStatus) => SidecarStatus = (status) => status;

  override observation(): Observation {
    const seen = super.observation();
    if (!seen.pods.ok) return seen;
    const value = seen.pods.value.map((pod, index): PodObservation => {
      const { status } = pod;
      return index === 0 && status.ok ? { ...pod, status: { ok: true, value: this.odd(status.value) } } : pod;
    });
    return { ...seen, pods: { ok: true, value } };
  }
}

function failing(odd: OddFleet["odd"]): OddFleet {
  const sim = new OddFleet({ spec: aSpec(shortPlan), pods: 10 });
  sim.until("Guard").run(60);
  sim.odd = odd;
  sim.traffic = (_at, primary) => ({ ...goodTraffic, errorShare: primary === "destination" ? 0.9 : 0 });
  return sim;
}

describe("one pod of ten that can't go back", () => {
  it.each<[string, OddFleet["odd"]]>([
    [
      "says that its base changed",
      ({ config, ...status }) => ({ ...status, config: { ...config, sourceChanged: true } }),
    ],
    ["has no adapter of the source", ({ stores, ...status }) => ({ ...status, stores: stores.slice(1) })],
  ])("%s: the others are rolled back, and it is named", (_what, odd) => {
    const sim = failing(odd);
    sim.until("RolledBack", 600);
    expect(sim.status.rollback?.from).toBe("Guard");
    const said = sim.said.find(({ reason }) => reason === "PodsCannotGoBack");
    expect(said).toMatchObject({ type: "Warning", severity: "ticket" });
    expect(said?.message).toContain("the base of pod-1 names another store, put it back");
  });

  it("answers from elsewhere although it acknowledges: the end waits, names it, and calls a person once", () => {
    const elsewhere = destinationIdentity;
    const sim = failing(({ config, ...status }) => ({ ...status, config: { ...config, primaryIdentity: elsewhere } }));
    sim.until("RollingBack", 600).run(300);
    expect(new Set(primaries(sim))).toEqual(new Set(["source"]));
    expect(sim.phase).toBe("RollingBack");
    expect(sim.status.message).toContain("9 of 10 pods follow; lagging: pod-1; served from elsewhere by pod-1");
    expect(sim.pages.filter((reason) => reason === "AckTimeout")).toHaveLength(1);
    sim.odd = (status) => status;
    sim.until("RolledBack", 60);
  });
});
