// Pods that tell what isn't so, and one that serves everything: no rollback without harm of the fleet, none missed, and no
// status that can't be written.
import { type Distortion, distortionOf } from "@retriever/kubectl/toy/toy-lies.ts";
import { type Counters, noCounters } from "@retriever/sidecar/contract/evidence.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";
import { goodTraffic, type Traffic } from "#test/steady-traffic.ts";

const spec = aSpec({ ...shortPlan, guard: { duration: "30m", deadline: "4h", minSamples: 50 } });

/** The same, with a person who promotes. */
const held = aSpec({ ...shortPlan, cutover: { hold: true } });

function guardOf(pods: number, liars: number, distortion: Distortion): Simulation {
  const sim = simulationAt("Guard", { spec, pods });
  for (const pod of sim.pods.slice(0, liars)) pod.distortion = distortion;
  return sim;
}

function harm(sim: Simulation, bad: Partial<Traffic>): void {
  sim.traffic = (_at, primary) => (primary === "destination" ? { ...goodTraffic, ...bad } : goodTraffic);
}

const fleets = [
  [3, 1],
  [10, 3],
] as const;

describe.each(fleets)("of %i pods %i", (pods, liars) => {
  it("that claim a billion good requests hide no destination that fails", () => {
    const sim = guardOf(pods, liars, distortionOf("Healthy"));
    harm(sim, { errorShare: 1 });
    sim.until("RolledBack", 900);
    expect(sim.status.rollback?.reason).toMatch(/^Harm/);
  });

  it("that claim a billion good requests hide no wrong answers", () => {
    const sim = guardOf(pods, liars, distortionOf("Healthy"));
    harm(sim, { scoreWorse: 1, mismatch: 1 });
    sim.until("RolledBack", 1200);
    expect(sim.status.rollback?.reason).toBe("HarmAlert");
  });

  it("that claim failures of everything move no healthy fleet: it is held, told, and they are named", () => {
    const sim = guardOf(pods, liars, distortionOf("Failing")).run(1800);
    expect(sim.phase).toBe("Guard");
    expect(sim.pages[0]).toBe("OnePodAlone");
    expect(sim.status.message).toContain("nothing of it is left without pod-1");
  });
});

it("one pod that serves everything is left to a person, who is called: harm is seen", () => {
  const sim = simulationAt("Guard", { spec, pods: 4 });
  for (const pod of sim.pods.slice(1)) pod.weight = 0;
  harm(sim, { scoreWorse: 1 });
  sim.run(1200);
  expect(sim.phase).toBe("Guard");
  expect(sim.pages[0]).toBe("OnePodAlone");
});

it("before the cutover harm of one pod of four is held at its stage, and told once", () => {
  const sim = simulationAt("Ramp", { spec, pods: 4 });
  const before = sim.trace.at(-1);
  const first = sim.pod(0);
  first.distortion = (counters) => ({ ...counters, scoreWorse: counters.answered });
  sim.run(120);
  expect(before).toBe("Ramp: source+destination@0.5");
  expect(sim.trace.at(-1)).toBe(before);
  expect(sim.status.history.filter(({ reason }) => reason === "OnePodAlone")).toHaveLength(1);
});

/** Each of what gates count, all bad. */
const worst: readonly (readonly [string, Distortion])[] = [
  [
    "lower scores",
    (counters) => ({ ...counters, scoreWorse: counters.answered, scoreWorseSum: 2 * counters.answered }),
  ],
  ["slowness", (counters) => ({ ...counters, latencyWorse: counters.answered })],
  ["other answers", (counters) => ({ ...counters, mismatch: counters.answered, overlapSum: 0 })],
  ["shadow errors", (counters) => ({ ...counters, answered: 0, shadowErrors: counters.answered })],
  ["a billion failures", distortionOf("Failing")],
];

describe.each(fleets)("in the ramp of %i pods %i", (pods, liars) => {
  const rampOf = (distortion: Distortion): Simulation => {
    const sim = simulationAt("WarmUp", { spec: held, pods });
    for (const pod of sim.pods.slice(0, liars)) pod.distortion = distortion;
    return sim;
  };

  it.each(worst)(
    "that tell of %s step nothing down: it is held at its stage, and they are named",
    (_what, distortion) => {
      const sim = rampOf(distortion);
      const steps = sim.trace.length;
      sim.run(150);
      expect(sim.trace.length).toBe(steps);
      expect(sim.status.history.filter(({ reason }) => reason === "OnePodAlone")).toHaveLength(1);
      expect(sim.status.message).toContain("nothing of it is left without pod-1");
    },
  );

  it("that claim a billion good samples bring no harmful destination to the cutover", () => {
    const sim = rampOf(distortionOf("Healthy"));
    sim.traffic = () => ({ ...goodTraffic, scoreWorse: 0.12, latencyWorse: 0.12 });
    sim.run(900);
    expect(["WarmUp", "Ramp"]).toContain(sim.phase);
    expect(sim.story).not.toContain("AwaitingCutover");
  });

  it("that claim ten times their requests, or none, hold nobody up", () => {
    for (const times of [0, 10]) {
      const sim = rampOf((counters) => ({ ...counters, requests: times * counters.requests }));
      expect(sim.until("AwaitingCutover", 900).phase).toBe("AwaitingCutover");
    }
  });
});

const count = fc.oneof(fc.constantFrom(0, 1, 1e15), fc.double({ min: 0, max: 1e15, noNaN: true }), fc.nat(500));
/** Other counters in each span, any that the contract admits. */
const lies = fc.array(fc.array(count, { minLength: 57, maxLength: 57 }), { minLength: 1, maxLength: 4 }).map(
  (rows): Distortion =>
    (_counters, at) =>
      countersOf(rows[Math.floor(at / 10) % rows.length] ?? []),
);

function countersOf(row: readonly number[]): Counters {
  const empty = noCounters();
  const keys = Object.keys(empty);
  const { latencyBuckets, shadowLatencyBuckets } = empty;
  const plain = Object.fromEntries(keys.map((key, index) => [key, row[index] ?? 0]));
  return {
    ...empty,
    ...plain,
    latencyBuckets: latencyBuckets.map((_, index) => row[27 + index] ?? 0),
    shadowLatencyBuckets: shadowLatencyBuckets.map((_, index) => row[42 + index] ?? 0),
  };
}

it("a third that says anything that the contract admits neither forces nor prevents a rollback", () => {
  fc.assert(
    fc.property(lies, fc.constantFrom(...fleets), (distortion, [pods, liars]) => {
      expect(guardOf(pods, liars, distortion).run(900).phase).toBe("Guard");
      const harmed = guardOf(pods, liars, distortion);
      harm(harmed, { errorShare: 1 });
      expect(harmed.until("RolledBack", 900).status.rollback?.reason).toMatch(/^Harm/);
    }),
    { seed: 18, numRuns: 12 },
  );
});

it("a third that says anything neither steps a healthy ramp down nor brings a harmful one to the cutover", () => {
  fc.assert(
    fc.property(lies, fc.constantFrom(...fleets), (distortion, [pods, liars]) => {
      const rampOf = (scoreWorse: number): Simulation => {
        const sim = simulationAt("WarmUp", { spec: held, pods });
        for (const pod of sim.pods.slice(0, liars)) pod.distortion = distortion;
        sim.traffic = () => ({ ...goodTraffic, scoreWorse });
        return sim.run(300);
      };
      const { history, harm: found } = rampOf(0).status;
      expect(history.map(({ reason }) => reason)).not.toContain("SteppedDown");
      expect(found?.heldSince).toBeUndefined();
      expect(rampOf(0.5).story).not.toContain("AwaitingCutover");
    }),
    { seed: 18, numRuns: 6 },
  );
});
