// What a firing alert of a Prometheus means for an epoch: when it is this epoch's, when it has lasted, and what it asks for.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aFiring, someAlerts } from "#test/builders/alerts.ts";
import { aSpec } from "#test/builders/spec.ts";
import { aMigration, noon } from "#test/builders/world.ts";
import type { Firing } from "../model/alert-observation.ts";
import { judgeFirings } from "./firing.ts";

const plan = aSpec({ metrics: { source: "monitoring" }, rollback: { window: "1m", sustainedFor: "30s" } });
/** The epoch began ten minutes before noon. */
const activatedAt = noon - 600_000;

function judge(firings: readonly Firing[], { phase = "Guard", until = undefined as string | undefined } = {}) {
  const { status } = aMigration(plan)
    .in(phase as "Guard")
    .with(phase === "Guard" ? { cutoverAt: new Date(activatedAt).toISOString() } : {})
    .with(until === undefined ? {} : { harm: { causes: [], stepDowns: 0, firingUntil: until } })
    .build();
  const alerts = { names: ["monitoring"], read: { ok: true as const, value: someAlerts(noon, { firings }) } };
  return judgeFirings({ plan, status, alerts, now: noon });
}

describe("an alert that fires", () => {
  it("is found at once, and due when its for and the rest of the wait make sustainedFor", () => {
    expect(judge([aFiring(noon, 29_999)])).toMatchObject({ findings: [{ action: "Rollback" }], due: [] });
    const { due, until } = judge([aFiring(noon, 30_000)]);
    expect(due).toHaveLength(1);
    expect(due[0]?.message).toContain("held 30 s of 30s, its for of 10 s included");
    expect(until).toBe(noon);
  });

  it("says which, where, why, how much and for how long, and what nobody stated it calls so", () => {
    const said = (more: Partial<Firing>) => judge([aFiring(noon, 60_000, more)]).due;
    const held = "held 60 s of 30s, its for of 10 s included";
    const of = (message: string) => [{ rule: "alert", action: "Rollback", message }];
    expect(said({ causes: ["score-delta", "mismatch"] })).toEqual(
      of(`RETR_DUAL_VARIANCE_HIGH fires in Prometheus monitoring (cause score-delta, mismatch, value 0.5; ${held})`),
    );
    expect(said({ causes: [], value: null })).toEqual(
      of(`RETR_DUAL_VARIANCE_HIGH fires in Prometheus monitoring (no cause stated; ${held})`),
    );
    const ended = { activeAt: null, firstAt: noon - 60_000, lastAt: noon - 10_000 };
    expect(said(ended)).toEqual(
      of(
        `RETR_DUAL_VARIANCE_HIGH fired in Prometheus monitoring until 2026-03-01T11:59:50.000Z (cause mismatch, value 0.5; ${held})`,
      ),
    );
  });

  it("from the very instant of the activation is the epoch's, one that fires since then all the more", () => {
    const from = (activeAt: number) => judge([aFiring(noon, 0, { activeAt, lastAt: activatedAt + 30_000 })]).due;
    expect(from(activatedAt)).toHaveLength(1);
    expect(from(activatedAt - 1)).toHaveLength(0);
    const at = (lastAt: number) => judge([aFiring(noon, 0, { activeAt: activatedAt - 1, lastAt })]);
    expect(at(activatedAt).findings).toHaveLength(1);
    expect(at(activatedAt - 1)).toEqual({ findings: [], due: [], until: undefined });
  });

  it("over no time yet says 0 s and not less", () => {
    const early = aFiring(noon, 0, { activeAt: activatedAt - 1, lastAt: activatedAt });
    expect(judge([early]).findings[0]?.message).toContain("held 0 s of 30s");
  });

  it("is judged up to its newest sample, and no further back than before", () => {
    const lasting = (lastAt: number) => aFiring(noon, 60_000, { lastAt });
    expect(judge([lasting(noon - 2000), lasting(noon - 1000)]).until).toBe(noon - 1000);
    expect(judge([lasting(noon - 2000)], { until: new Date(noon - 500).toISOString() }).until).toBe(noon - 500);
    expect(judge([]).until).toBeUndefined();
    expect(judge([], { until: new Date(noon).toISOString() }).until).toBe(noon);
  });

  it("since before the epoch is its doing only once the window holds nothing older", () => {
    const carried = (lastAt: number) => aFiring(noon, 0, { activeAt: activatedAt - 1, lastAt });
    expect(judge([carried(activatedAt + 60_000 + 29_999)]).due).toEqual([]);
    expect(judge([carried(activatedAt + 60_000 + 30_000)]).due).toHaveLength(1);
  });

  it.each([
    [[], "Rollback", "StepDown"],
    [["nobody knows"], "Rollback", "StepDown"],
    [["mismatch"], "Rollback", "StepDown"],
    [["shadow-error"], "Observe", "StepDown"],
    [["destination-faster"], "Observe", "Observe"],
    [["destination-faster", "score-delta"], "Rollback", "StepDown"],
    [["constructor"], "Rollback", "StepDown"],
  ])("with the causes %j asks for %s after the cutover and %s before", (causes, after, before) => {
    expect(judge([aFiring(noon, 60_000, { causes })]).due[0]?.action).toBe(after);
    expect(judge([aFiring(noon, 60_000, { causes })], { phase: "Ramp" }).due[0]?.action).toBe(before);
  });

  it("before anything is sampled is nobody's harm", () => {
    expect(judge([aFiring(noon, 60_000)], { phase: "Preflight" }).findings).toEqual([]);
    // Nobody samples any more, but the destination serves.
    expect(judge([aFiring(noon, 60_000)], { phase: "Completed" }).findings).toHaveLength(1);
  });
});

describe("a Prometheus whose clock is another", () => {
  it("ahead of ours makes no alert last longer than we have seen", () => {
    expect(judge([aFiring(noon, 29_999, { lastAt: noon + 3_600_000 })]).due).toEqual([]);
  });

  it("by whatever, and whatever it answers, is judged without a fault", () => {
    const instant = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: 0, max: 4e12 }));
    const firing = fc.record({
      labels: fc.constant({}),
      causes: fc.array(fc.string(), { maxLength: 3 }),
      firstAt: instant,
      lastAt: instant,
      activeAt: fc.option(instant),
      forSeconds: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
      value: fc.option(fc.string()),
    });
    fc.assert(
      fc.property(fc.array(firing, { maxLength: 4 }), (firings) => {
        const { due, findings, until } = judge(firings);
        expect(findings).toEqual(expect.arrayContaining([...due]));
        expect(until === undefined || until <= noon).toBe(true);
      }),
    );
  });
});

describe("an alert that has ended between two reconciles", () => {
  const ended = (heldMs: number) =>
    aFiring(noon, 0, { activeAt: null, firstAt: noon - 120_000, lastAt: noon - 130_000 + heldMs });

  it("is due when it had lasted, without the rules' word for it", () => {
    expect(judge([ended(30_000)]).due).toHaveLength(1);
    expect(judge([ended(30_000)]).due[0]?.message).toContain("fired in Prometheus monitoring until");
  });

  it("is nothing when it hadn't lasted, or was judged while it lasted", () => {
    expect(judge([ended(29_999)]).findings).toEqual([]);
    expect(judge([ended(30_000)], { until: new Date(noon - 100_000).toISOString() }).findings).toEqual([]);
    expect(judge([ended(30_000)], { until: new Date(noon - 100_001).toISOString() }).due).toHaveLength(1);
  });

  it("before the epoch is the last epoch's", () => {
    expect(judge([aFiring(noon, 0, { activeAt: null, firstAt: 0, lastAt: activatedAt - 1 })]).findings).toEqual([]);
  });
});

describe("a read that failed", () => {
  it("finds nothing and forgets nothing", () => {
    const { status } = aMigration(plan)
      .in("Guard")
      .with({ harm: { causes: [], stepDowns: 0, firingUntil: new Date(noon).toISOString() } })
      .build();
    const alerts = { names: ["monitoring"], read: { ok: false as const, why: "HTTP 500" } };
    expect(judgeFirings({ plan, status, alerts, now: noon })).toEqual({ findings: [], due: [], until: noon });
  });
});
