// Harm before the cutover: less sampling instead of more, and in the end a person.
import { describe, expect, it } from "vitest";
import { aSpec, onlyReachable, shortPlan } from "#test/builders/spec.ts";
import { Simulation, simulationAt } from "#test/simulate.ts";
import { goodTraffic, type Traffic } from "#test/steady-traffic.ts";

const spec = aSpec({ ...shortPlan, cutover: { hold: true } });

function turn(sim: Simulation, bad: Partial<Traffic>): Simulation {
  sim.traffic = () => ({ ...goodTraffic, ...bad });
  return sim;
}

describe("harm in the ramp", () => {
  it.each([
    ["lower scores", { scoreWorse: 0.2 }, /scoreDelta: |score lower/],
    ["a slower destination", { latencyWorse: 0.2 }, /latencyDelta: |slower by 80 ms/],
    ["other top chunks", { mismatch: 0.5 }, /mismatch: |another top chunk/],
    ["errors of the destination in two windows", { shadowErrors: 0.02 }, /shadow errors/],
  ] satisfies [string, Partial<Traffic>, RegExp][])("steps down to the last good rate for %s", (_name, bad, words) => {
    const sim = simulationAt("Ramp", { spec });
    turn(sim, bad).runWhile(() => sim.status.stage?.index === 1, 600);
    expect(sim.story).toContain("Ramp: source+destination@0.5\nRamp: source+destination@0.1");
    expect(sim.status.history.at(-1)).toMatchObject({ reason: "SteppedDown" });
    // A gate or the line of harm, whichever is sure first.
    expect(sim.status.history.at(-1)?.message).toMatch(words);
  });

  it("steps down for harm that has lasted where the gates are content with the whole stage", () => {
    const stages = shortPlan.stages?.map((stage, index) => ({ ...stage, minSamples: index === 0 ? 100 : 1_000_000 }));
    const sim = simulationAt("Ramp", { spec: aSpec({ ...shortPlan, stages }) }).run(3600);
    const at = sim.now;
    turn(sim, { scoreWorse: 0.2 }).runWhile(() => sim.status.stage?.index === 1, 600);
    expect((sim.now - at) / 1000).toBeGreaterThanOrEqual(30);
    expect(sim.status.history.at(-1)?.message).toContain("score lower by more than 0.2");
  });

  it("steps on to rate 0, holds, opens one ticket, and begins again with the first stage after a Resume", () => {
    const sim = simulationAt("Ramp", { spec });
    turn(sim, { scoreWorse: 0.5 }).runWhile(() => sim.status.harm?.heldSince === undefined, 900);
    sim.run(600);
    expect(sim.story.split("\n").slice(-3)).toEqual([
      "Ramp: source+destination@0.5",
      "Ramp: source+destination@0.1",
      "Ramp: source+destination@0",
    ]);
    expect([sim.pages, sim.tickets]).toEqual([[], ["Held"]]);
    expect(sim.condition("Ready")).toBe("False/Held");
    expect(sim.status.message).toContain("Resume");
    turn(sim, {});
    sim.run(300);
    expect(sim.status.revision?.sampleRate).toBe(0);
    sim.act("Resume");
    sim.pod(0).silent = true;
    sim.run(30);
    expect(sim.status.revision?.sampleRate).toBe(0);
    sim.pod(0).silent = false;
    sim.run(30);
    expect(sim.trace.at(-1)).toBe("Ramp: source+destination@0.1");
    sim.until("AwaitingCutover", 900);
  });

  it("does nothing about samples dropped by our own limit but wait for better ones", () => {
    const sim = simulationAt("WarmUp", { spec });
    turn(sim, { rps: 0 }).run(600);
    expect(sim.phase).toBe("WarmUp");
    expect(sim.status.message).toContain("first sample");
    expect(sim.condition("Ready")).toBe("True/NoSamples");
  });

  it("steps back from AwaitingCutover to Ramp and asks for the Promote again", () => {
    const sim = simulationAt("AwaitingCutover", { spec });
    sim.pod(0).silent = true;
    sim.run(20);
    sim.act("Promote", { waitForGates: true });
    sim.run(20);
    expect(sim.status.acts?.promotedBy).toBe("ada");
    turn(sim, { scoreWorse: 0.9 }).until("Ramp", 600);
    sim.pod(0).silent = false;
    expect(sim.trace.at(-1)).toBe("Ramp: source+destination@0.1");
    expect(sim.status.acts).toEqual({ paused: false, seen: [] });
    expect(sim.said.map(({ message }) => message).join("\n")).toMatch(
      /^Promote by ada has no effect any more: stepped down to 0.1/m,
    );
    turn(sim, {}).until("AwaitingCutover", 900);
    sim.run(120);
    expect(sim.phase).toBe("AwaitingCutover");
  });

  it("holds at rate 0 from AwaitingCutover when there is only one stage", () => {
    const one = aSpec({ ...shortPlan, stages: shortPlan.stages?.slice(0, 1), cutover: { hold: true } });
    const sim = simulationAt("AwaitingCutover", { spec: one });
    turn(sim, { scoreWorse: 0.9 }).until("Ramp", 600);
    expect(sim.trace.at(-1)).toBe("Ramp: source+destination@0");
  });

  it("gives up after three steps down, however well the lower stage goes", () => {
    const sim = new Simulation({ spec });
    sim.traffic = () => ({ ...goodTraffic, scoreWorse: sim.status.stage?.index === 1 ? 0.9 : 0 });
    sim.runWhile(() => sim.status.harm?.heldSince === undefined, 5000);
    expect(sim.trace.filter((line) => line === "Ramp: source+destination@0.5")).toHaveLength(4);
    expect([sim.pages, sim.tickets]).toEqual([[], ["Held"]]);
  });
});

describe("what a line of the thresholds says to do", () => {
  const withLine = (beforeCutover: "Hold" | "Observe") =>
    aSpec({ ...shortPlan, thresholds: { latencyDelta: { beforeCutover } }, cutover: { hold: true } });

  it("Hold: stays at the rate until the harm is gone", () => {
    const sim = simulationAt("Ramp", { spec: withLine("Hold") });
    turn(sim, { latencyWorse: 0.5 }).run(300);
    expect(sim.trace.at(-1)).toBe("Ramp: source+destination@0.5");
    expect(sim.condition("Ready")).toBe("False/Harm");
  });

  it("Hold: a failed gate without present harm holds as well, and says what would move it", () => {
    const sim = simulationAt("Ramp", { spec: withLine("Hold") });
    turn(sim, { latencyWorse: 0.5 }).run(40);
    turn(sim, { rps: 0.5 }).run(120);
    expect(sim.condition("Ready")).toBe("False/GateFailed");
    expect(sim.status.message).toContain("Abort");
  });

  it("Observe: is reported and stops nothing", () => {
    const sim = simulationAt("Ramp", { spec: withLine("Observe") });
    turn(sim, { latencyWorse: 0.5 });
    sim.until("AwaitingCutover", 600);
    sim.run(30);
    expect(sim.status.harm?.causes[0]).toContain("slower");
    sim.act("Promote");
    sim.until("CuttingOver", 60);
  });
});

describe("shadow errors", () => {
  it("at half the limit stop nothing, at any rate of requests", () => {
    for (const rps of [20, 1000]) {
      const sim = simulationAt("WarmUp", { spec });
      turn(sim, { rps, shadowErrors: 0.0005 }).until("AwaitingCutover", 3600);
      expect(sim.said.filter(({ type }) => type === "Warning")).toEqual([]);
    }
  });

  it("that are over leave a share that has to be diluted, without a step down", () => {
    const sim = simulationAt("WarmUp", { spec });
    sim.run(5);
    turn(sim, { shadowErrors: 0.2 }).run(10);
    turn(sim, {}).run(150);
    expect(sim.phase).toBe("WarmUp");
    expect(sim.status.message).toContain("over the limit of 0.1 %; waiting for better ones");
  });
});

describe("processes that go", () => {
  it("one of three each five minutes, at once: the stage takes hardly longer than without", () => {
    const stages = [{ sampleRate: 0.02, minDuration: "1h", minSamples: 100 }];
    const sim = simulationAt("WarmUp", { spec: aSpec({ ...shortPlan, stages, gates: {} }) });
    sim.traffic = () => ({ ...goodTraffic, rps: 7, scoreWorse: 0.006, latencyWorse: 0.01 });
    const from = sim.now;
    for (let replaced = 1; sim.phase === "WarmUp" && replaced <= 20; replaced += 1) {
      sim.runWhile(() => sim.phase === "WarmUp" && sim.now < from + replaced * 300_000, 400);
      sim.pods = sim.pods.slice(1);
      sim.addPod(`next-${replaced}`);
    }
    expect(sim.phase).not.toBe("WarmUp");
    expect((sim.now - from) / 60_000).toBeLessThan(72);
  });

  it("take no counts with them: the stage goes on in its epoch, and what may be lost is told apart", () => {
    const sim = simulationAt("Ramp", { spec });
    sim.run(20);
    const { epoch, stage, evidence } = sim.status;
    for (const pod of sim.pods) sim.restart(pod);
    sim.run(15);
    expect(sim.status).toMatchObject({ epoch, stage: { index: stage?.index } });
    expect(sim.status.evidence?.counted?.answered).toBeGreaterThan(evidence?.counted?.answered ?? Infinity);
    expect(sim.status.evidence).toMatchObject({ vanishedPods: 3, lost: expect.any(Number) });
    expect(sim.status.history.map(({ reason }) => reason)).not.toContain("EvidenceLost");
    sim.until("AwaitingCutover", 600);
  });

  it("discard no Promote that waits for its window", () => {
    const window = { timeZone: "UTC", days: ["Sun" as const, "Mon" as const], start: "00:00", end: "00:02" };
    const sim = simulationAt("AwaitingCutover", {
      spec: aSpec({ ...shortPlan, checklist: { ...onlyReachable, window } }),
    });
    sim.act("Promote");
    sim.run(60);
    const { acts } = sim.status;
    for (const pod of sim.pods) sim.restart(pod);
    sim.run(600);
    expect(sim.phase).toBe("AwaitingCutover");
    expect(sim.status.acts?.promotedBy).toBe(acts?.promotedBy);
  });
});
