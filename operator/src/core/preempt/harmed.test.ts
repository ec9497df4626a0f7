// Harm that is due, asked by itself: what the plan's action does, and what stands in its way.
import { describe, expect, it } from "vitest";
import { aContext, aFinding, ago, someHarm, tell } from "#test/builders/context.ts";
import { aSpec } from "#test/builders/spec.ts";
import type { Context, Finding } from "../model/context.ts";
import { harmed } from "./harmed.ts";

const open = { status: "True", reason: "Ready", message: "every pod reaches the source" } as const;
const closed = { status: "False", reason: "SourceFailing", message: "the source fails" } as const;

function hurt(c: Context, due: readonly Finding[], more: Partial<Context> = {}): Context {
  return { ...c, rollbackReady: open, ...more, harm: someHarm({ findings: due, weighing: due, due }) };
}

const bad = aFinding("too slow", { action: "Rollback", rule: "livePrimary" });

describe("harm of a few pods", () => {
  const alone = aFinding("too slow; nothing of it is left without pod-1", { reason: "OnePodAlone" });

  it("after the cutover is held, and a person is called once", () => {
    const outcome = harmed(hurt(aContext("Guard"), [alone]));
    expect(outcome && tell(outcome)).toBe(`Guard blocked OnePodAlone: held: ${alone.message}`);
    expect(outcome?.announcements).toMatchObject([{ reason: "OnePodAlone", severity: "page" }]);
  });

  it("before the cutover is held and told once an epoch, without calling anybody", () => {
    const outcome = harmed(hurt(aContext("Ramp"), [alone]));
    expect(outcome?.announcements).toMatchObject([{ type: "Warning", reason: "OnePodAlone", severity: null }]);
    const { history } = outcome?.status ?? {};
    const again = harmed(hurt(aContext("Ramp", { status: history === undefined ? {} : { history } }), [alone]));
    expect([again?.reason, again?.announcements]).toEqual(["OnePodAlone", []]);
  });

  it("doesn't stand in the way of a rollback for another finding", () => {
    expect(harmed(hurt(aContext("Guard"), [alone, bad]))?.status.phase).toBe("RollingBack");
  });
});

describe("a finding that asks for a rollback", () => {
  it("is obeyed under the name of its rule, with every cause that is due, its own first", () => {
    const outcome = harmed(hurt(aContext("Guard"), [aFinding("other", { action: "Observe" }), bad]));
    expect(outcome?.status).toMatchObject({
      phase: "RollingBack",
      rollback: { reason: "HarmLivePrimary", causes: ["too slow", "other"], actor: null },
    });
  });

  it("pages once and waits while the rollback path is closed", () => {
    const c = hurt(aContext("Guard"), [bad], { rollbackReady: closed });
    const outcome = harmed(c);
    const message = "not rolled back, because the rollback path is closed (the source fails): too slow";
    expect(outcome && tell(outcome)).toBe(`Guard blocked RollbackBlocked: ${message}`);
    expect(outcome?.announcements).toEqual([{ type: "Warning", reason: "RollbackBlocked", message, severity: "page" }]);
    expect(outcome?.status.harm).toEqual({ causes: [], stepDowns: 0, heldSince: "2026-03-01T12:00:00.000Z" });
  });

  it("says nothing twice, and keeps since when it is held", () => {
    const heldSince = "2026-03-01T11:00:00.000Z";
    const status = { harm: { causes: ["kept"], stepDowns: 2, heldSince } };
    const outcome = harmed(hurt(aContext("Guard", { status }), [bad], { rollbackReady: closed }));
    expect(outcome?.announcements).toEqual([]);
    expect(outcome?.status.harm).toEqual({ causes: ["kept"], stepDowns: 2, heldSince });
  });

  describe("after the writers have moved", () => {
    const acts = (at: string) => ({ paused: false, seen: [], writersMoved: { actor: "ada", reason: "", at } });
    const late = { cutoverAt: ago(3600), acts: acts(ago(1800)) };

    it("pages and waits where it is late, and says what isn't known of what it would hide", () => {
      const outcome = harmed(hurt(aContext("Guard", { status: late }), [bad]));
      expect(outcome?.status.phase).toBe("Guard");
      expect(outcome?.announcements).toMatchObject([{ reason: "RollbackBlocked", severity: "page" }]);
      expect(outcome?.status.message).toMatch(
        /^not rolled back, because writers moved to the destination \(ada, \S+\).*how many writes a rollback would hide isn't known, /,
      );
    });

    it.each([
      ["so soon after the cutover", { ...late, cutoverAt: ago(600) }, {}],
      ["where the plan accepts a stale source", late, { acceptStaleSource: true }],
      ["not yet", { cutoverAt: ago(3600) }, {}],
    ])("is obeyed %s", (_, status, rollback) => {
      const plan = aSpec({ rollback });
      expect(harmed(hurt(aContext("Guard", { plan, status }), [bad]))?.status.phase).toBe("RollingBack");
    });

    it.each([
      ["isn't known", undefined],
      ["lies ahead", ago(-600)],
    ])("is late where the time of the cutover %s", (_, cutoverAt) => {
      const status = cutoverAt === undefined ? { acts: late.acts } : { ...late, cutoverAt };
      expect(harmed(hurt(aContext("Guard", { status }), [bad]))?.reason).toBe("RollbackBlocked");
    });
  });

  it("waits for a person where the plan wants one", () => {
    const plan = aSpec({ rollback: { automatic: false } });
    const outcome = harmed(hurt(aContext("Guard", { plan }), [bad]));
    expect(outcome?.status.message).toBe(
      "not rolled back, because rollback.automatic is false; create a Rollback act to go back: too slow",
    );
  });
});

describe("a finding for which the source was not asked", () => {
  const unseen = aFinding("too slow", { action: "Rollback", rule: "livePrimary", withheld: "nobody asked" });

  it("is left to a person, with a page", () => {
    const outcome = harmed(hurt(aContext("Guard"), [unseen]));
    const message = "not rolled back, because nobody asked; create a Rollback act to go back: too slow";
    expect(outcome?.announcements).toEqual([{ type: "Warning", reason: "RollbackBlocked", message, severity: "page" }]);
  });

  it("stands in nobody's way", () => {
    const other = aFinding("wrong", { action: "Rollback", rule: "alert" });
    expect(harmed(hurt(aContext("Guard"), [unseen, other]))?.status).toMatchObject({
      phase: "RollingBack",
      rollback: { reason: "HarmAlert", causes: ["too slow", "wrong"] },
    });
  });
});

describe("a finding that asks for less", () => {
  it("after the cutover calls a person once, for as long as it lasts", () => {
    const outcome = harmed(hurt(aContext("Guard"), [aFinding("odd")]));
    expect(outcome?.announcements).toEqual([
      { type: "Warning", reason: "Harm", message: "held: odd", severity: "page" },
    ]);
    const harm = { causes: [], stepDowns: 0, heldSince: "2026-03-01T11:00:00.000Z" };
    expect(harmed(hurt(aContext("Guard", { status: { harm } }), [aFinding("odd")]))?.announcements).toEqual([]);
  });

  it("holds, and says why, but for a cutover in progress", () => {
    const outcome = harmed(hurt(aContext("Ramp"), [aFinding("odd"), aFinding("odder")]));
    expect(outcome && tell(outcome)).toBe("Ramp blocked Harm: held: odd; odder");
    expect(harmed(hurt(aContext("CuttingOver"), [aFinding("odd")]))).toBeUndefined();
  });

  it("steps down", () => {
    const down = aFinding("worse", { action: "StepDown" });
    expect(harmed(hurt(aContext("Ramp"), [down]))?.status.harm?.stepDowns).toBe(1);
  });

  it("is only watched, or isn't there", () => {
    expect(harmed(hurt(aContext("Guard"), [aFinding("faster", { action: "Observe" })]))).toBeUndefined();
    expect(harmed(hurt(aContext("Guard"), []))).toBeUndefined();
  });
});
