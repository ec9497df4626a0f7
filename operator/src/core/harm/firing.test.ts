// What a firing alert of a Prometheus means for an epoch: when it is this epoch's, when it has lasted, and what it asks for.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aFiring, someAlerts } from "#test/builders/alerts.ts";
import { aSpec } from "#test/builders/spec.ts";
import { aMigration, noon } from "#test/builders/world.ts";
import type { Firing } from "../model/alert-observation.ts";
import { judgeFirings, type OwnEvidence } from "./firing.ts";

const plan = aSpec({ metrics: { source: "monitoring" }, rollback: { window: "1m", sustainedFor: "30s" } });
/** The epoch began ten minutes before noon. */
const activatedAt = noon - 600_000;

type Asked = { readonly phase?: "Guard" | "Ramp" | "Preflight" | "Completed"; readonly isPinned?: boolean };

function judge(
  firings: readonly Firing[],
  { phase = "Guard", isPinned = true }: Asked = {},
  ownEvidence?: OwnEvidence,
) {
  const { status } = aMigration(plan)
    .in(phase)
    .with(phase === "Guard" ? { cutoverAt: new Date(activatedAt).toISOString() } : {})
    .build();
  const alerts = { names: ["monitoring"], read: { ok: true as const, value: someAlerts(noon, { firings, isPinned }) } };
  return judgeFirings({ plan, status, alerts, now: noon, ownEvidence });
}

describe("an alert that fires", () => {
  it("is found at once, and due when its for and the rest of the wait make sustainedFor", () => {
    expect(judge([aFiring(noon, 29_999)])).toMatchObject({ findings: [{ action: "Rollback" }], due: [] });
    const { due } = judge([aFiring(noon, 30_000)]);
    expect(due).toHaveLength(1);
    expect(due[0]?.message).toContain("held 30 s of 30s, its for of 10 s included");
  });

  it("says which, where, why, how much and for how long, and what nobody stated it calls so", () => {
    const said = (more: Partial<Firing>) => judge([aFiring(noon, 60_000, more)]).due;
    const held = "held 60 s of 30s, its for of 10 s included";
    const of = (message: string) => [{ rule: "alert", action: "Rollback", message }];
    expect(said({ causes: ["score-delta", "mismatch"] })).toEqual(
      of(`RETR_DUAL_VARIANCE_HIGH fires in Prometheus monitoring (cause score-delta, mismatch, value 0.5; ${held})`),
    );
    expect(said({ causes: [] })).toEqual(
      of(`RETR_DUAL_VARIANCE_HIGH fires in Prometheus monitoring (no cause stated, value 0.5; ${held})`),
    );
  });

  it("from the very instant of the activation is the epoch's, one that fires since then all the more", () => {
    const from = (activeAt: number) => judge([aFiring(noon, 0, { activeAt, evaluatedAt: activatedAt + 30_000 })]).due;
    expect(from(activatedAt)).toHaveLength(1);
    expect(from(activatedAt - 1)).toHaveLength(0);
    const at = (evaluatedAt: number) => judge([aFiring(noon, 0, { activeAt: activatedAt - 1, evaluatedAt })]);
    expect(at(activatedAt).findings).toHaveLength(1);
    expect(at(activatedAt - 1)).toEqual({ findings: [], due: [] });
  });

  it("over no time yet says 0 s and not less", () => {
    const early = aFiring(noon, 0, { activeAt: activatedAt - 1, evaluatedAt: activatedAt });
    expect(judge([early]).findings[0]?.message).toContain("held 0 s of 30s");
  });

  it("since before the epoch is its doing only once the window holds nothing older", () => {
    const carried = (evaluatedAt: number) => aFiring(noon, 0, { activeAt: activatedAt - 1, evaluatedAt });
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
    expect(judge([aFiring(noon, 29_999, { evaluatedAt: noon + 3_600_000 })]).due).toEqual([]);
  });

  it("by whatever, and whatever it answers, is judged without a fault", () => {
    const instant = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: 0, max: 4e12 }));
    const firing = fc.record({
      labels: fc.constant({}),
      causes: fc.array(fc.string(), { maxLength: 3 }),
      evaluatedAt: instant,
      activeAt: instant,
      forSeconds: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
      value: fc.string(),
    });
    fc.assert(
      fc.property(fc.array(firing, { maxLength: 4 }), (firings) => {
        const { due, findings } = judge(firings);
        expect(findings).toEqual(expect.arrayContaining([...due]));
      }),
    );
  });
});

describe("a rule that the administrator didn't pin", () => {
  it("may be another tenant's: it only holds, and says so", () => {
    for (const phase of ["Guard", "Ramp"] as const) {
      const [finding] = judge([aFiring(noon, 60_000)], { phase, isPinned: false }).due;
      expect(finding?.action).toBe("Hold");
      expect(finding?.message).toMatch(/: it only holds, since the administrator pinned no rule of this name$/);
    }
  });

  it("asks for no more than it did where it asked for less than that", () => {
    const harmless = aFiring(noon, 60_000, { causes: ["destination-faster"] });
    expect(judge([harmless], { isPinned: false }).due[0]?.action).toBe("Observe");
  });
});

describe("the operator's own alert, told back by a Prometheus", () => {
  it("is no second opinion, pinned or not", () => {
    const echo = aFiring(noon, 600_000, { labels: { evidence: "operator" }, causes: [] });
    for (const isPinned of [true, false])
      expect(judge([echo], { isPinned }).due[0]).toMatchObject({
        action: "Observe",
        message: expect.stringMatching(/: the operator's own evidence, told back to it$/),
      });
    expect(judge([aFiring(noon, 600_000, { labels: { evidence: "sidecars" } })]).due[0]?.action).toBe("Rollback");
  });
});

describe("a firing that the operator's own evidence contradicts", () => {
  const causes = ["score-delta", "latency-delta", "mismatch", "shadow-error"];
  const lines = ["score", "latency", "mismatch", "shadowErrors"];
  const saying = (side: ReturnType<OwnEvidence>, ...of: string[]): OwnEvidence => {
    return (line) => (of.includes(line) ? side : "unknown");
  };

  it.each(causes.map((cause, index) => [cause, lines[index] ?? ""]))(
    "for %s is reported where the line %s is surely below the plan's limit, and obeyed otherwise",
    (cause, line) => {
      const judged = (own?: OwnEvidence) => judge([aFiring(noon, 60_000, { causes: [cause] })], { phase: "Ramp" }, own);
      const refuted = judged(saying("below", line)).due[0];
      expect(refuted?.action).toBe("Observe");
      expect(refuted?.message).toMatch(/: not obeyed for \S+, which is surely below the plan's limit$/);
      const others = saying("below", ...lines.filter((other) => other !== line));
      for (const own of [undefined, saying("unknown", line), saying("above", line), others])
        expect(judged(own).due[0]?.action).toBe("StepDown");
    },
  );

  it("for one of two causes is obeyed for the other", () => {
    const both = aFiring(noon, 60_000, { causes: ["score-delta", "mismatch"] });
    expect(judge([both], {}, saying("below", "score")).due[0]).toMatchObject({
      action: "Rollback",
      message: expect.stringContaining("not obeyed for score-delta,"),
    });
    expect(judge([both], {}, saying("below", "score", "mismatch")).due[0]?.action).toBe("Observe");
  });

  it("of no cause, or of one that nobody measures, is obeyed", () => {
    for (const stated of [[], ["nobody knows"]])
      expect(judge([aFiring(noon, 60_000, { causes: stated })], {}, () => "below").due[0]?.action).toBe("Rollback");
  });

  it("is held against the time since it began, and of one older than the epoch since its window is the epoch's", () => {
    const asked: number[] = [];
    const note: OwnEvidence = (_line, since) => {
      asked.push(since);
      return "unknown";
    };
    judge([aFiring(noon, 45_000)], {}, note);
    judge([aFiring(noon, 0, { activeAt: activatedAt - 1 })], {}, note);
    expect(asked).toEqual([noon - 45_000, activatedAt + 60_000]);
  });
});

describe("a read that failed", () => {
  it("finds nothing", () => {
    const { status } = aMigration(plan).in("Guard").build();
    const alerts = { names: ["monitoring"], read: { ok: false as const, why: "HTTP 500" } };
    expect(judgeFirings({ plan, status, alerts, now: noon })).toEqual({ findings: [], due: [] });
  });
});
