// What the windows and the alert together make of harm: what is found, what weighs, what is due, and what isn't known.
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import { describe, expect, it } from "vitest";
import { aFiring, someAlerts } from "#test/builders/alerts.ts";
import { aSpec } from "#test/builders/spec.ts";
import { aMigration, aPod, noon } from "#test/builders/world.ts";
import type { Firing } from "../model/alert-observation.ts";
import { judgeHarm } from "./harm.ts";

const plan = aSpec({
  metrics: { source: "monitoring" },
  rollback: { window: "1m", sustainedFor: "30s" },
  thresholds: { mismatch: { beforeCutover: "Observe" } },
});
const guarded = aMigration(plan)
  .in("Guard")
  .with({ cutoverAt: new Date(noon - 600_000).toISOString() });
const ramping = aMigration(plan).in("Ramp");

type Asked = {
  readonly counters?: Partial<Counters>;
  /** Since when findings have been seen, ms before noon. */
  readonly sinceMs?: number;
  readonly firings?: readonly Firing[];
  readonly sourceAnswers?: boolean;
  /** Whether the pods tell of the epoch in force. */
  readonly told?: boolean;
};

function judge(builder: typeof guarded, asked: Asked = {}) {
  const { counters = {}, sinceMs, firings = [], sourceAnswers = true, told = true } = asked;
  const alertSince = sinceMs === undefined ? undefined : new Date(noon - sinceMs).toISOString();
  const migration = builder.with(alertSince === undefined ? {} : { harm: { causes: [], stepDowns: 0, alertSince } });
  const built = migration.build();
  const serving = told ? [aPod().following(built, counters).build()] : [aPod().silent().build()];
  const alerts = { names: ["monitoring"], read: { ok: true as const, value: someAlerts(noon, { firings }) } };
  const harm = judgeHarm({ plan, status: built.status, serving, sourceAnswers, now: noon, alerts });
  const rules = (part: "findings" | "weighing" | "due") => harm[part].map(({ rule, action }) => `${rule} ${action}`);
  return {
    findings: rules("findings"),
    weighing: rules("weighing"),
    due: rules("due"),
    since: harm.since === undefined ? undefined : noon - harm.since,
    known: harm.known,
    firingUntil: harm.firingUntil,
  };
}

const good = { answered: 100, requests: 100 };
const nothing = { findings: [], weighing: [], due: [], since: undefined, known: true, firingUntil: undefined };

describe("the windows", () => {
  it("without a fault find nothing, and know it", () => {
    expect(judge(guarded, { counters: good })).toEqual(nothing);
    expect(judge(ramping, { counters: good })).toEqual(nothing);
  });

  it("that nobody told clear nothing and act on nothing", () => {
    expect(judge(guarded, { told: false, sinceMs: 60_000 })).toEqual({ ...nothing, since: 60_000, known: false });
    expect(judge(guarded, { told: false })).toEqual({ ...nothing, known: false });
  });

  it("before the first revision are the application's own affair", () => {
    const asked = { counters: { ...good, scoreWorse: 100 }, sinceMs: 60_000 };
    const { revision } = guarded.build().status;
    expect(revision).toBeDefined();
    const before = aMigration(plan).with({ epoch: 0, harm: { causes: [], stepDowns: 0 } });
    expect(judge(before, asked)).toEqual({ ...nothing, since: 60_000, known: false });
  });

  it.each([
    [undefined, 0, false],
    [29_999, 29_999, false],
    [30_000, 30_000, true],
    // Our clock was set back: it counts from now.
    [-1000, 0, false],
  ])("with a finding since %s ms ago say since %d ms ago, due: %s", (sinceMs, since, isDue) => {
    const found = ["alert Rollback"];
    const counters = { ...good, scoreWorse: 6 };
    expect(judge(guarded, { counters, ...(sinceMs === undefined ? {} : { sinceMs }) })).toEqual({
      ...nothing,
      findings: found,
      weighing: found,
      due: isDue ? found : [],
      since,
    });
  });

  it("with a finding that only observes report it, weigh nothing and begin no wait", () => {
    const counters = { ...good, mismatch: 100 };
    expect(judge(ramping, { counters, sinceMs: 60_000 })).toEqual({ ...nothing, findings: ["alert Observe"] });
  });

  it("begin anew once a finding is gone", () => {
    expect(judge(guarded, { counters: good, sinceMs: 60_000 }).since).toBeUndefined();
  });
});

describe("failures", () => {
  const failing = { answered: 0, requests: 100, errors: 100 };

  it("of the live primary are due at once after the cutover, if the source answers, and nobody's business before", () => {
    expect(judge(guarded, { counters: failing }).due).toEqual(["fastLane Rollback"]);
    expect(judge(guarded, { counters: failing, sourceAnswers: false }).due).toEqual([]);
    expect(judge(ramping, { counters: failing })).toEqual(nothing);
  });

  it("of the shadow are due at once before the cutover, and nobody's business after it", () => {
    const counters = { answered: 10_000, shadowErrors: 100 };
    expect(judge(ramping, { counters }).due).toEqual(["shadowErrors StepDown"]);
    expect(judge(ramping, { counters }).weighing).toEqual(["shadowErrors StepDown"]);
    expect(judge(guarded, { counters })).toEqual(nothing);
  });
});

describe("an alert that a Prometheus fires", () => {
  it("stands beside what the windows say, and makes it known", () => {
    const firings = [aFiring(noon, 40_000)];
    const both = judge(guarded, { counters: { ...good, scoreWorse: 6 }, sinceMs: 1000, firings });
    expect(both).toEqual({
      findings: ["alert Rollback", "alert Rollback"],
      weighing: ["alert Rollback", "alert Rollback"],
      due: ["alert Rollback"],
      since: 1000,
      known: true,
      firingUntil: noon,
    });
    expect(judge(guarded, { told: false, firings })).toMatchObject({ known: true, due: ["alert Rollback"] });
  });

  it("for a cause that only observes weighs nothing", () => {
    const firings = [aFiring(noon, 40_000, { causes: ["destination-faster"] })];
    expect(judge(guarded, { counters: good, firings })).toMatchObject({ findings: ["alert Observe"], weighing: [] });
  });

  it("is due by its own time, whatever the windows wait for", () => {
    const firings = [aFiring(noon, 1000)];
    expect(judge(guarded, { counters: good, firings })).toMatchObject({ findings: ["alert Rollback"], due: [] });
  });
});
