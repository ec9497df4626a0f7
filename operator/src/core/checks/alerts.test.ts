// Whether the alert would be heard: each thing that can be wrong with the way of an alert, one at a time.
import { describe, expect, it } from "vitest";
import { aFiring, aRule, someAlerts } from "#test/builders/alerts.ts";
import { aSpec } from "#test/builders/spec.ts";
import { aMigration, anObservation, aPod, noon } from "#test/builders/world.ts";
import type { AlertsObservation } from "../model/alert-observation.ts";
import { isDeaf, judgeAlerts } from "./alerts.ts";

const plan = aSpec({ metrics: { source: "monitoring" } });
const migration = aMigration(plan).in("Guard").build();

function judge(alerts: AlertsObservation | string) {
  const read = typeof alerts === "string" ? { ok: false as const, why: alerts } : { ok: true as const, value: alerts };
  const observation = anObservation(migration, {}, { alerts: { names: ["monitoring"], read } });
  return judgeAlerts({ plan, meta: migration.meta, observation, serving: [], now: noon });
}

const canary = (more: Partial<AlertsObservation["canary"]>) =>
  someAlerts(noon, { canary: { ...someAlerts(noon).canary, ...more } });

describe("the alert of a Prometheus", () => {
  it("is armed when its rule is evaluated and the canary fires for this target, firing or not", () => {
    expect(judge(someAlerts(noon))).toMatchObject({ status: "True", reason: "Armed" });
    expect(judge(someAlerts(noon, { firings: [aFiring(noon, 1000)] }))).toMatchObject({ status: "True" });
    expect(judge(someAlerts(noon)).message).toContain("for 10 s of 5m");
  });

  it.each([
    ["no rule", someAlerts(noon, { rules: [] }), "False", "RuleMissing"],
    [
      "a rule for another target",
      someAlerts(noon, { rules: [aRule(noon, { labels: { target: "other" } })] }),
      "False",
      "RuleMissing",
    ],
    [
      "a rule for another namespace",
      someAlerts(noon, { rules: [aRule(noon, { labels: { namespace: "other" } })] }),
      "False",
      "RuleMissing",
    ],
    [
      "a rule that fails",
      someAlerts(noon, { rules: [aRule(noon), aRule(noon, { health: "err" })] }),
      "False",
      "RuleFailing",
    ],
    [
      "a rule never evaluated",
      someAlerts(noon, { rules: [aRule(noon, { evaluatedAt: null })] }),
      "Unknown",
      "RuleNotEvaluated",
    ],
    [
      "a rule evaluated over a minute ago",
      someAlerts(noon, { rules: [aRule(noon, { evaluatedAt: noon - 61_000 })] }),
      "False",
      "RuleStale",
    ],
    [
      "a rule evaluated over a minute from now, by a clock that is ahead or by nobody's",
      someAlerts(noon, { rules: [aRule(noon, { evaluatedAt: noon + 61_000 })] }),
      "Unknown",
      "RuleNotEvaluated",
    ],
    ["no canary rule", canary({ rules: [] }), "False", "RuleMissing"],
    ["a canary that doesn't fire for the target", canary({ activeAt: null }), "False", "CanaryNotFiring"],
    ["an answer that can't be used", "HTTP 500, expected 200", "Unknown", "NotObserved"],
  ] as const)("with %s is not, and no alert reaches the operator", (_, alerts, status, reason) => {
    const fact = judge(alerts);
    expect(fact).toMatchObject({ status, reason });
    expect(isDeaf(fact)).toBe(true);
  });

  it("of a Prometheus that was not asked is Unknown", () => {
    const { meta } = migration;
    expect(judgeAlerts({ plan, meta, observation: anObservation(migration), serving: [], now: noon })).toEqual({
      status: "Unknown",
      reason: "NotObserved",
      message: "Prometheus monitoring was not asked",
    });
  });

  it("of a rule that nobody pinned is armed no further than to hold, and says so", () => {
    const fact = judge(someAlerts(noon, { isPinned: false }));
    expect(fact).toMatchObject({ status: "True", reason: "NotPinned" });
    expect(fact.message).toMatch(/the administrator pinned no rule of this name, so that its firing only holds$/);
    const own = [aRule(noon, { labels: { evidence: "operator" } })];
    expect(judge(someAlerts(noon, { isPinned: false, rules: own })).reason).toBe("Armed");
    expect(judge(someAlerts(noon, { isPinned: false, rules: [...own, aRule(noon)] })).reason).toBe("NotPinned");
  });

  it("of a pinned rule that is gone, or elsewhere, says where it was looked for", () => {
    expect(judge(someAlerts(noon, { rules: [] })).message).toContain(
      "in the group and file that the administrator pinned",
    );
    expect(judge(someAlerts(noon, { rules: [], isPinned: false })).message).not.toContain("pinned");
  });

  it("of a rule that sets the labels of this very target is armed", () => {
    const rules = [aRule(noon, { labels: { namespace: "search", target: "search-api" } })];
    expect(judge(someAlerts(noon, { rules })).status).toBe("True");
  });

  it("of a group evaluated every minute is stale after three", () => {
    const rules = (ageMs: number) => [aRule(noon, { intervalSeconds: 60, evaluatedAt: noon - ageMs })];
    expect(judge(someAlerts(noon, { rules: rules(180_000) })).status).toBe("True");
    expect(judge(someAlerts(noon, { rules: rules(181_000) })).reason).toBe("RuleStale");
  });

  it.each([
    [{ alertmanagers: { ok: true, value: { asked: 2, holding: 0 } } }, "False", "CanaryNotHeld"],
    [{ alertmanagers: { ok: false, why: "refused" } }, "Unknown", "AlertmanagersNotObserved"],
    [{ webhook: { arrivedAt: null } }, "Unknown", "CanaryNotArrived"],
    [{ webhook: { arrivedAt: noon - 601_000 } }, "Unknown", "CanaryNotArrived"],
  ] as const)(
    "whose canary was not delivered (%o) is not armed, though the operator itself hears it",
    (delivery, status, reason) => {
      const fact = judge(someAlerts(noon, { delivery }));
      expect(fact).toMatchObject({ status, reason });
      expect(isDeaf(fact)).toBe(false);
    },
  );

  it("whose canary was held and delivered says so", () => {
    const delivery = {
      alertmanagers: { ok: true, value: { asked: 2, holding: 1 } },
      webhook: { arrivedAt: noon - 600_000 },
    } as const;
    expect(judge(someAlerts(noon, { delivery })).message).toMatch(
      /an Alertmanager holds it, it arrived at the webhook$/,
    );
  });
});

describe("the alert that the operator evaluates itself", () => {
  const own = aSpec();
  const judgeOwn = (serving: Parameters<typeof judgeAlerts>[0]["serving"]) =>
    judgeAlerts({ plan: own, meta: migration.meta, observation: anObservation(migration), serving, now: noon });

  it("is armed while every pod's evidence is read, and says what it rests on", () => {
    const fact = judgeOwn([aPod().build()]);
    expect(fact).toMatchObject({ status: "True", reason: "EvaluatedByOperator" });
    expect(fact.message).toContain("evidence of 1 of 1 pod (window 5m, sustained for 5m)");
  });

  it("is Unknown without pods, or with one that is silent", () => {
    expect(judgeOwn([])).toMatchObject({ status: "Unknown", reason: "NotObserved" });
    expect(judgeOwn([aPod().silent().build()])).toMatchObject({ status: "Unknown" });
  });
});
