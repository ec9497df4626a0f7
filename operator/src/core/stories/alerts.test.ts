// A migration whose alert a Prometheus fires: armed before it starts, obeyed while it runs, held when it falls silent.
import { describe, expect, it } from "vitest";
import { aFiring, aRule, someAlerts } from "#test/builders/alerts.ts";
import { aSpec, onlyReachable, shortPlan } from "#test/builders/spec.ts";
import { type Simulation, simulationAt } from "#test/simulate.ts";
import { goodTraffic } from "#test/steady-traffic.ts";
import type { AlertsObservation } from "../model/alert-observation.ts";

const spec = aSpec({
  ...shortPlan,
  checklist: { ...onlyReachable, alerts: { policy: "Require" } },
  metrics: { source: "monitoring" },
});
const names = ["monitoring", "other"];

type Say = (now: number) => Partial<AlertsObservation> | string;

/** From now on the Prometheus says this; a word is why it can't be read. */
function tell(sim: Simulation, say: Say = () => ({})): Simulation {
  sim.alerts = (now) => {
    const said = say(now);
    if (typeof said === "string") return { names, read: { ok: false, why: said } };
    return { names, read: { ok: true, value: someAlerts(now, said) } };
  };
  return sim;
}

/** Walked anew: how the way there goes is part of what is tested. */
function at(phase: Parameters<Simulation["until"]>[0], say?: Say): Simulation {
  const sim = tell(simulationAt("Pending", { spec }));
  return tell(sim.until(phase), say);
}

describe("a migration of a Prometheus", () => {
  it("whose name nobody configured waits in Pending with the list of names, and starts once it is there", () => {
    const sim = simulationAt("Pending", { spec });
    sim.alerts = () => ({ names: ["other"] });
    sim.run(30);
    expect(sim.phase).toBe("Pending");
    expect(sim.status.message).toContain("got monitoring, expected one of Sidecars, other");
    tell(sim).until("Completed");
  });

  it("waits in Preflight until the alert is armed", () => {
    const sim = tell(simulationAt("Pending", { spec }), () => ({ rules: [] }));
    sim.run(120);
    expect([sim.phase, sim.condition("AlertsArmed")]).toEqual(["Preflight", "False/RuleMissing"]);
    tell(sim).until("WarmUp", 120);
    expect(sim.condition("AlertsArmed")).toBe("True/Armed");
  });

  it("completes while the alert is silent, at the fixed point", () => {
    const sim = at("Completed");
    expect(sim.pages).toEqual([]);
    sim.run(60);
    expect(sim.isQuiet()).toBe(true);
  });
});

describe("a migration of no Prometheus", () => {
  it("is armed by the operator's own evaluation, and keeps that answer while a pod is silent", () => {
    const own = aSpec({ ...shortPlan, checklist: { ...onlyReachable, alerts: { policy: "Require" } } });
    const sim = simulationAt("Guard", { spec: own });
    expect(sim.condition("AlertsArmed")).toBe("True/EvaluatedByOperator");
    sim.pod(0).silent = true;
    sim.run(30);
    expect(sim.condition("AlertsArmed")).toBe("True/EvaluatedByOperator");
    sim.pod(0).silent = false;
    sim.until("Completed", 900);
  });
});

describe("the alert fires", () => {
  it("in the guard: rolled back once it has lasted, its for counted, with the sidecars seeing nothing", () => {
    const sim = at("Guard").run(30);
    const from = sim.now;
    tell(sim, (now) => (now < from + 10_000 ? {} : { firings: [aFiring(now, now - from)] }));
    sim.until("RollingBack", 60);
    // sustainedFor is 30 s, of which the rule waited 10 s.
    expect((sim.now - from) / 1000).toBeGreaterThanOrEqual(30);
    expect((sim.now - from) / 1000).toBeLessThanOrEqual(36);
    expect(sim.status.rollback).toMatchObject({ reason: "HarmAlert", from: "Guard" });
    expect(sim.status.rollback?.causes.join()).toContain("fires in Prometheus monitoring (cause mismatch, value 0.5");
    sim.until("RolledBack", 60);
  });

  it("in the warm-up: stepped down, and the alert that still fires over the old window doesn't step down again", () => {
    const sim = at("WarmUp").run(30);
    const from = sim.now;
    tell(sim, (now) => ({ firings: now < from + 90_000 ? [aFiring(now, 30_000 + now - from)] : [] }));
    sim.run(80);
    expect(sim.status.harm?.stepDowns).toBe(1);
    expect(sim.tickets).toHaveLength(1);
  });

  it("with no pod to be seen: rolled back all the same", () => {
    const sim = at("Guard").run(30);
    sim.unreadable.add("pods");
    tell(sim, (now) => ({ firings: [aFiring(now, 30_000)] })).run(15);
    expect(sim.phase).toBe("RollingBack");
  });

  it("beside harm that the sidecars show: all causes are kept", () => {
    const harmed = () => {
      const sim = at("Guard").run(30);
      sim.traffic = (_at, primary) => (primary === "destination" ? { ...goodTraffic, mismatch: 0.9 } : goodTraffic);
      return sim;
    };
    // Both are due at the same look: the one at which the sidecars' evidence alone would act.
    const dueAt = harmed().until("RollingBack", 120).now;
    const sim = tell(harmed(), (now) => ({ firings: now < dueAt ? [] : [aFiring(now, 60_000)] }));
    sim.until("RollingBack", 120);
    const causes = sim.status.rollback?.causes.join("\n");
    expect(causes).toContain("fires in Prometheus");
    expect(causes).toContain("another top chunk");
  });

  it("for a cause that the sidecars surely see below the plan's limit: not obeyed, and said", () => {
    const sim = at("Guard").run(90);
    tell(sim, (now) => ({ firings: [aFiring(now, 80_000)] })).run(60);
    expect(sim.phase).toBe("Guard");
    expect(sim.status.harm?.causes.join()).toContain("not obeyed for mismatch, which is surely below the plan's limit");
  });

  it("for causes that are harmless: nothing is done, and the guard goes on", () => {
    const sim = at("Guard");
    tell(sim, (now) => ({ firings: [aFiring(now, 600_000, { causes: ["destination-faster"] })] }));
    sim.until("Completed", 900);
    expect(sim.pages).toEqual([]);
  });

  it("by a rule that nobody pinned: held and nothing more, until it is over", () => {
    const sim = at("Guard").run(30);
    tell(sim, (now) => ({ isPinned: false, firings: [aFiring(now, 600_000, { causes: [] })] })).run(120);
    expect([sim.phase, sim.condition("AlertsArmed")]).toEqual(["Guard", "True/NotPinned"]);
    expect(sim.status.message).toContain("it only holds, since the administrator pinned no rule of this name");
    expect(sim.status.guard?.visibility).toBe("held");
    tell(sim).until("Completed", 900);
  });

  it("by the operator's own rule: what it rests on is judged already, and the guard goes on", () => {
    const sim = at("Guard");
    const labels = { evidence: "operator" };
    tell(sim, (now) => ({
      isPinned: false,
      rules: [aRule(now, { labels })],
      firings: [aFiring(now, 600_000, { labels })],
    }));
    sim.until("Completed", 900);
    expect([sim.pages, sim.condition("AlertsArmed")]).toEqual([[], "True/Armed"]);
  });

  it("but nobody may go back by himself: held with one page, and not remembered once it is over", () => {
    const sim = at("Guard").run(30);
    sim.behave("source", { down: true });
    sim.run(10);
    tell(sim, (now) => ({ firings: [aFiring(now, 60_000, { causes: [] })] })).run(90);
    expect(sim.status.message).toContain("the rollback path is closed");
    tell(sim).run(60);
    sim.behave("source", { down: false });
    sim.run(60);
    expect(sim.phase).toBe("Guard");
    expect(sim.pages).toEqual(["RollbackNotReady", "RollbackBlocked"]);
  });
});

describe("the alert falls silent", () => {
  const deaf: [string, Say, string][] = [
    ["its rule was renamed", () => ({ rules: [] }), "False/RuleMissing"],
    [
      "the target isn't scraped any more",
      (now) => ({ canary: { ...someAlerts(now).canary, activeAt: null } }),
      "False/CanaryNotFiring",
    ],
  ];

  it.each(deaf)("in the guard, since %s: a page, the clock stands, and no rollback from it", (_, say, condition) => {
    const sim = at("Guard").run(60);
    const before = sim.status.guard?.watchedSeconds ?? 0;
    tell(sim, say).run(300);
    expect([sim.phase, sim.condition("AlertsArmed")]).toEqual(["Guard", condition]);
    expect(sim.pages).toEqual(["AlertsNotArmed"]);
    expect((sim.status.guard?.watchedSeconds ?? 0) - before).toBeLessThanOrEqual(30);
    expect(sim.condition("Ready")).toMatch(/^False/);
    tell(sim).until("Completed", 900);
    expect(sim.pages).toEqual(["AlertsNotArmed"]);
  });

  it("in the guard, since Prometheus can't be read: told, not paged, and the time is unobserved", () => {
    const sim = at("Guard").run(60);
    tell(sim, () => "HTTP 500, expected 200").run(120);
    expect(sim.condition("AlertsArmed")).toBe("Unknown/NotObserved");
    expect(sim.pages).toEqual([]);
    expect(sim.said.map(({ reason }) => reason)).toContain("AlertsNotArmed");
    expect(sim.status.guard?.unobservedSeconds).toBeGreaterThan(60);
    expect(sim.status.message).toContain("HTTP 500");
  });

  it("in the ramp: nothing rises, and goes on afterwards", () => {
    const sim = at("Ramp", () => "no answer").run(600);
    expect(sim.phase).toBe("Ramp");
    tell(sim).until("Completed", 1200);
  });

  it("in the cutover: it is finished all the same", () => {
    expect(at("CuttingOver", () => "no answer").until("Guard", 120).phase).toBe("Guard");
  });

  it("and the sidecars show harm in the guard: rolled back by their evidence alone", () => {
    const sim = at("Guard", () => "no answer").run(30);
    sim.traffic = () => ({ ...goodTraffic, errorShare: 0.9 });
    sim.until("RolledBack", 120);
    expect(sim.status.rollback?.reason).toBe("HarmSevere");
  });
});

it("what an alert says with half a character and an escape sequence in it is stored as it is written, and steers nothing", () => {
  const sim = at("Guard").run(30);
  const value = `${"x".repeat(40)}\u001b[2J\ud83d`;
  tell(sim, (now) => ({ isPinned: false, firings: [aFiring(now, 60_000, { value, causes: ["odd"] })] })).run(10);
  const [cause = ""] = sim.status.harm?.causes ?? [];
  expect(cause).toContain("\\u001b[2J\\ud83d");
  expect(sim.isQuiet()).toBe(true);
});
