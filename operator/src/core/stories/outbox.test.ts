// Who outside is told what, and what happens while nobody takes it.

import type { OutboxMessage } from "@retriever/crds/status/outbox-status.ts";
import { describe, expect, it } from "vitest";
import { aSpec, shortPlan } from "#test/builders/spec.ts";
import { Simulation, simulationAt } from "#test/simulate.ts";
import { mostAttempts } from "../outbox/outbox.ts";

const spec = aSpec({ ...shortPlan, communications: { sinks: ["engineering", "incidents"] } });
const day = 86_400_000;

/** What people are told; where a stage begins is for charts. */
function told(sim: Simulation): OutboxMessage[] {
  return (sim.status.outbox ?? []).filter(({ kind }) => kind !== "Stage");
}

function kinds(sim: Simulation): string[] {
  return told(sim).map(({ kind }) => kind);
}

describe("the outbox", () => {
  it("of a migration that completes holds start, midpoint, cutover and completion, each once under its own key", () => {
    const sim = simulationAt("Completed", { spec });
    expect(kinds(sim)).toEqual(["Start", "Midpoint", "PreCutover", "CutOver", "Completion"]);
    const keys = told(sim).map(({ key }) => key);
    expect(new Set(keys).size).toBe(5);
    expect(keys[0]).toBe("migration-1/2/Start");
    expect(told(sim)[0]?.pending).toEqual(["engineering", "incidents"]);
  });

  it("of a rollback by harm adds the incident review, and corrections after a late one", () => {
    const late = aSpec({
      ...shortPlan,
      communications: { sinks: ["engineering"] },
      rollback: { verifyDriftAfter: "1s", window: "1m", sustainedFor: "30s" },
    });
    const sim = simulationAt("Guard", { spec: late }).run(60);
    sim.act("Rollback");
    sim.until("RolledBack", 60);
    expect(kinds(sim).slice(-2)).toEqual(["Rollback", "Corrections"]);
  });

  it("stays empty where no sink is named", () => {
    expect(simulationAt("Completed", { spec: aSpec(shortPlan) }).status.outbox).toBeUndefined();
  });

  it("strikes a sink off when it has the message, and is quiet then", () => {
    const sim = new Simulation({ spec });
    sim.sink = () => null;
    sim.until("Completed", 3600).run(60);
    expect(sim.status.outbox?.every(({ pending, failed }) => pending.length + failed.length === 0)).toBe(true);
    expect(sim.isQuiet()).toBe(true);
  });

  it("tries a failing sink again, ever later, gives it up in the end, and holds nothing meanwhile", () => {
    const sim = new Simulation({ spec });
    sim.sink = () => "HTTP 503";
    sim.until("Completed", 3600);
    const [first] = sim.status.outbox ?? [];
    expect(first).toMatchObject({ lastError: "engineering: HTTP 503; incidents: HTTP 503" });
    expect(first?.attempts).toBeGreaterThan(2);
    for (let hours = 0; hours < 30; hours += 1) {
      sim.now += day / 24;
      sim.run(10);
    }
    expect(sim.status.outbox?.[0]).toMatchObject({
      attempts: mostAttempts,
      pending: [],
      failed: ["engineering", "incidents"],
    });
    expect(sim.isQuiet()).toBe(true);
  });
});

describe("the postmortem", () => {
  const rolledBack = () => {
    const sim = simulationAt("Guard", { spec });
    sim.act("Rollback");
    return sim.until("RolledBack", 60).run(60);
  };

  it("is due 48 hours after traffic was taken back, is told, and recorded clears it", () => {
    const sim = rolledBack();
    expect(sim.condition("PostmortemDue")).toBe("False/NotDueYet");
    sim.now += 2 * day;
    sim.run(10);
    expect(sim.condition("PostmortemDue")).toBe("True/Due");
    expect(kinds(sim).at(-1)).toBe("PostmortemDue");
    sim.act("Postmortem", { actor: "grace" });
    sim.run(10);
    expect(sim.condition("PostmortemDue")).toBe("False/Recorded");
    expect(sim.status.postmortem).toMatchObject({ actor: "grace", act: "act-2" });
    expect(sim.phase).toBe("RolledBack");
  });

  it("is not wanted of an Abort before the cutover, nor before a rollback", () => {
    const sim = simulationAt("Ramp", { spec });
    sim.act("Postmortem");
    sim.act("Abort");
    sim.until("RolledBack", 60).run(20);
    expect(sim.condition("PostmortemDue")).toBeUndefined();
    sim.act("Postmortem");
    sim.run(10);
    const refused = sim.said.filter(({ reason }) => reason === "ActRefused").map(({ message }) => message);
    expect(refused).toEqual([
      expect.stringContaining("a postmortem follows"),
      expect.stringContaining("none is wanted"),
    ]);
  });
});
