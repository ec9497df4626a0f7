// Pods that are behind after the cutover: they serve the source though nothing fences them, and somebody hears of it.
import { describe, expect, it } from "vitest";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";
import { decide } from "../decide.ts";
import type { Decision } from "../model/decision.ts";
import type { PodObservation } from "../model/workload.ts";

const guarded = { spec: aSpec({ ...shortPlan, guard: { ...shortPlan.guard, duration: "12m" } }), pods: 10 };
const ninety = {
  ...guarded,
  spec: aSpec({ ...shortPlan, cutover: { ...shortPlan.cutover, minAcknowledged: "90%" } }),
};

/** Their volume has lost the overlay, or has an older copy of it; their processes begin anew with that. */
function fallBack(sim: Simulation, count: number): void {
  const { overlay } = sim;
  sim.overlay = null;
  for (let index = 0; index < count; index += 1) {
    sim.run(0);
    sim.restart(sim.pod(index));
    sim.pod(index).stuck = true;
  }
  sim.overlay = overlay;
}
const told = (sim: Simulation) =>
  sim.said.filter(({ reason }) => reason === "TwoPrimaries").map(({ severity }) => severity);

describe("pods that serve the source after the cutover", () => {
  it("beyond what the plan does without: page, once, after they have had their time", () => {
    const sim = simulationAt("Guard", guarded);
    fallBack(sim, 1);
    sim.run(50);
    expect(told(sim)).toEqual([]);
    sim.run(600);
    expect(told(sim)).toEqual(["page"]);
    expect(sim.said.find(({ reason }) => reason === "TwoPrimaries")?.message).toMatch(
      /^pod-1 of 10 pods serve the source/,
    );
  });

  it("within what the plan does without: open a ticket, and the guard goes on", () => {
    const sim = simulationAt("Guard", ninety);
    fallBack(sim, 1);
    sim.run(90);
    expect(told(sim)).toEqual(["ticket"]);
    sim.until("Completed", 3600);
    expect(sim.pages).toEqual([]);
  });

  it("and are fenced: are told of as fenced, and by nothing else", () => {
    const sim = simulationAt("AwaitingCutover", ninety);
    sim.pod(0).stuck = true;
    sim.until("Guard", 300).run(300);
    expect(told(sim)).toEqual([]);
  });

  it("and are fenced, more than a status names: are told of as fenced as well, until one begins anew with what is old", () => {
    const spec = aSpec({ ...shortPlan, cutover: { ...shortPlan.cutover, minAcknowledged: 6 } });
    const sim = simulationAt("AwaitingCutover", { spec, pods: 30 });
    for (const pod of sim.pods.slice(0, 24)) pod.stuck = true;
    sim.until("Guard", 300).run(120);
    expect(told(sim)).toEqual([]);
    expect(sim.status.message).toContain("fenced, so at the source: pod-1, pod-2, pod-3, pod-4, pod-5 and 19 more");
    sim.restart(sim.pod(23));
    sim.run(60);
    expect(told(sim)).toEqual(["ticket"]);
    expect(sim.said.find(({ reason }) => reason === "TwoPrimaries")?.message).toMatch(/^pod-24 of 30 pods/);
  });

  it("while somebody else's older overlay lies there, and every start makes one more: page", () => {
    const sim = simulationAt("AwaitingCutover", guarded);
    const { overlay } = sim;
    sim.until("Guard", 300).run(30);
    sim.overlay = overlay && { ...overlay, foreignManagers: ["velero-server"] };
    sim.run(10);
    for (const pod of sim.pods.slice(0, 3)) sim.restart(pod);
    sim.run(120);
    expect(sim.condition("Ready")).toBe("False/OwnershipConflict");
    expect(told(sim)).toEqual(["page"]);
  });

  it("once it is Completed and until it is settled: are told of as well", () => {
    const sim = simulationAt("Completed", guarded);
    fallBack(sim, 1);
    sim.run(300);
    expect(told(sim)).toEqual(["page"]);
  });
});

describe("pods behind a mesh that has begun to demand TLS", () => {
  const why = "ROP_SIDECAR_PLAIN_TEXT_REFUSED: somebody takes the connection";
  /** What is decided on a fleet of which the first pod answers no plain HTTP any more. */
  function decided(sim: Simulation): Decision {
    const observation = sim.observation();
    const { pods } = observation;
    const value = pods.ok
      ? pods.value.map((pod, at): PodObservation => (at === 0 ? { ...pod, status: { ok: false, why } } : pod))
      : [];
    return decide({
      migration: sim.migration,
      observation: { ...observation, pods: { ok: true, value } },
      now: sim.now,
    });
  }

  it.each(["Preflight", "WarmUp", "AwaitingCutover"] as const)(
    "hold what goes forward from %s, also beyond a quorum",
    (phase) => {
      const { status } = decided(simulationAt(phase, ninety));
      expect(status.phase).toBe(phase);
      expect(status.conditions.find(({ type }) => type === "Ready")).toMatchObject({ reason: "PlainTextRefused" });
      expect(status.message).toContain("port admin of pod-1 is taken");
    },
  );

  it.each(["CuttingOver", "Guard"] as const)("are told of in %s, and stand in no rollback's way", (phase) => {
    const sim = simulationAt(phase, ninety);
    expect(decided(sim).announcements).toContainEqual(
      expect.objectContaining({ reason: "PlainTextRefused", severity: "ticket" }),
    );
    sim.act("Rollback");
    expect(decided(sim).status.phase).toBe("RollingBack");
  });
});
