import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aContext, ago } from "#test/builders/context.ts";
import { aStatus } from "#test/builders/migration.ts";
import { type GuardVisibility, holdGuardClock, resetGuard, tickGuard } from "./guard-clock.ts";
import { stay } from "./transition.ts";

type Clocks = NonNullable<MigrationStatus["guard"]>;
const zero = { watchedSeconds: 0, idleSeconds: 0, unobservedSeconds: 0 };
const clocks = (more: Partial<Clocks> = {}): Clocks => ({
  startedAt: ago(600),
  tickedAt: ago(10),
  visibility: "watched",
  watchedSeconds: 100,
  idleSeconds: 20,
  unobservedSeconds: 3,
  ...more,
});
const tick = (before: Clocks, visibility: GuardVisibility) =>
  tickGuard(aStatus({ guard: before }), ago(0), visibility).guard;
const visibilities: GuardVisibility[] = ["watched", "idle", "unobserved", "held"];

describe("the time between two reconciles", () => {
  it.each<[GuardVisibility, GuardVisibility, Partial<typeof zero>]>([
    ["watched", "watched", { watchedSeconds: 10 }],
    ["idle", "watched", { watchedSeconds: 10 }],
    ["watched", "idle", { idleSeconds: 10 }],
    ["watched", "unobserved", { unobservedSeconds: 10 }],
    ["unobserved", "watched", { unobservedSeconds: 10 }],
    ["unobserved", "idle", { unobservedSeconds: 10 }],
    ["held", "watched", {}],
    ["held", "unobserved", {}],
    ["watched", "held", {}],
    ["unobserved", "held", {}],
  ])("from %s to %s counts as %o", (before, visibility, counted) => {
    expect(tick(clocks({ visibility: before, ...zero }), visibility)).toEqual({
      ...clocks(zero),
      tickedAt: ago(0),
      visibility,
      ...counted,
    });
  });

  it("adds to what was counted before", () => {
    const counted = (visibility: GuardVisibility) => tick(clocks({ visibility }), visibility);
    expect(counted("watched")).toMatchObject({ watchedSeconds: 110, idleSeconds: 20, unobservedSeconds: 3 });
    expect(counted("idle")).toMatchObject({ watchedSeconds: 100, idleSeconds: 30, unobservedSeconds: 3 });
    expect(counted("unobserved")).toMatchObject({ watchedSeconds: 100, idleSeconds: 20, unobservedSeconds: 13 });
  });

  it("is told to the millisecond, without the dust of adding up", () => {
    const guard = clocks({ tickedAt: ago(0.2), ...zero, watchedSeconds: 0.1 });
    expect(tick(guard, "watched")).toMatchObject({ watchedSeconds: 0.3 });
  });

  it("is unseen when it is longer than two minutes", () => {
    const after = (seconds: number) => tick(clocks({ tickedAt: ago(seconds), ...zero }), "watched");
    expect(after(120)).toMatchObject({ watchedSeconds: 120, unobservedSeconds: 0 });
    expect(after(120.001)).toMatchObject({ watchedSeconds: 0, unobservedSeconds: 120.001 });
  });

  it("is none where a clock went back, or nobody can read the last tick", () => {
    for (const tickedAt of [ago(-30), "?"]) {
      expect(tick(clocks({ tickedAt, ...zero }), "watched")).toEqual(clocks({ tickedAt: ago(0), ...zero }));
    }
  });

  it("law: is counted once or nowhere, whatever was seen", () => {
    const visibility = fc.constantFrom(...visibilities);
    fc.assert(
      fc.property(visibility, visibility, fc.integer({ min: 0, max: 1000 }), (before, now, seconds) => {
        const { watchedSeconds, idleSeconds, unobservedSeconds } =
          tick(clocks({ visibility: before, tickedAt: ago(seconds), ...zero }), now) ?? clocks(zero);
        const isHeld = before === "held" || now === "held";
        expect(watchedSeconds + idleSeconds + unobservedSeconds).toBe(isHeld ? 0 : seconds);
        expect(before === "unobserved" && watchedSeconds + idleSeconds > 0).toBe(false);
      }),
    );
  });
});

describe("a status is left as it is", () => {
  it("without a guard", () => {
    const status = aStatus();
    expect(tickGuard(status, ago(0), "watched")).toBe(status);
  });

  it("while a hold lasts: a pause of a day is one write", () => {
    const status = aStatus({ guard: clocks({ visibility: "held" }) });
    expect(tickGuard(status, ago(0), "held")).toBe(status);
  });
});

describe("an outcome over which the guard", () => {
  const outcome = (guard?: Clocks) => stay(aContext("Guard", { status: { guard } }), "blocked", "Harm", "held");

  it("is held counts nothing from here on", () => {
    const held = holdGuardClock(outcome(clocks()), ago(0));
    expect(held).toMatchObject({ reason: "Harm", standing: "blocked" });
    expect(held.status.guard).toEqual(clocks({ tickedAt: ago(0), visibility: "held" }));
  });

  it("begins anew forgets what was seen well, and keeps what wasn't seen", () => {
    const reset = resetGuard(outcome(clocks()), ago(0));
    expect(reset).toMatchObject({ reason: "Harm", standing: "blocked" });
    expect(reset.status.guard).toEqual(
      clocks({ tickedAt: ago(0), visibility: "held", watchedSeconds: 0, idleSeconds: 0 }),
    );
  });

  it("began anew already is one write", () => {
    const done = outcome(clocks({ visibility: "held", watchedSeconds: 0, idleSeconds: 0 }));
    expect(resetGuard(done, ago(0))).toBe(done);
    const none = outcome();
    expect(resetGuard(none, ago(0))).toBe(none);
    for (const more of [{ visibility: "watched" }, { watchedSeconds: 1 }, { idleSeconds: 1 }] as const) {
      const before = clocks({ visibility: "held", watchedSeconds: 0, idleSeconds: 0, ...more });
      expect(resetGuard(outcome(before), ago(0)).status.guard?.tickedAt).toBe(ago(0));
    }
  });
});
