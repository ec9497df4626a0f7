// The end of a guard by a person: what voids it, and what is said of it.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { aContext, aFinding, ago, lagging, someHarm } from "#test/builders/context.ts";
import { aRecord } from "#test/builders/epoch-record.ts";
import { noon } from "#test/builders/world.ts";
import { describeCompletion, voidCompletion } from "./guard-completion.ts";

const guardCompletedBy = { actor: "ada", reason: "two requests a day", at: ago(10) };
const guard = {
  startedAt: ago(9000),
  tickedAt: ago(10),
  visibility: "idle",
  watchedSeconds: 3660,
  idleSeconds: 59.6,
  unobservedSeconds: 0,
} as const;
const evidence = aRecord(5, { answered: 12 });
const found = aFinding("too slow");

/** In the guard, with the act taken. */
function at(more: Partial<MigrationStatus> = {}) {
  const c = aContext("Guard", { status: { guard, acts: { paused: false, seen: [], guardCompletedBy }, ...more } });
  return { ...c, status: { ...c.status, evidence } };
}

const over: MigrationStatus = {
  ...at().status,
  acts: { paused: false, seen: [], guardCompletedBy: { ...guardCompletedBy, at: ago(3600) } },
  revision: { epoch: 6, primary: "destination", shadow: "none", sampleRate: 0, released: false, at: ago(3590) },
};

describe("a guard that a person ended", () => {
  it("says by whom, why, and what it had watched", () => {
    expect(describeCompletion(at())).toBe(
      "ended by ada after 1h1m watched, 1m idle, 0s unobserved and 12 samples: two requests a day",
    );
  });

  it("goes on while a pod doesn't follow, where the clocks are lost, and where nobody asked", () => {
    const unasked = [at({ acts: { paused: false, seen: [] } }), at({ acts: undefined })];
    for (const c of [{ ...at(), acks: lagging }, at({ guard: undefined }), ...unasked])
      expect(describeCompletion(c)).toBeUndefined();
  });

  it("goes on when there is harm that weighs: the act is void, and it is said", () => {
    const { status, announcements } = voidCompletion(at().status, someHarm({ weighing: [found] }), noon);
    expect(status.acts).toEqual({ paused: false, seen: [] });
    const message = "CompleteGuard by ada has no effect any more: the destination is worse: too slow";
    expect(announcements).toEqual([{ type: "Warning", reason: "ActRefused", message, severity: null }]);
  });

  it.each([
    ["15 minutes later", ago(901), false, "for 15m the guard could not end, since"],
    ["once it is paused", ago(10), true, "the migration was paused since"],
  ])("goes on %s: it ends by no act that nobody thinks of any more", (_when, given, paused, why) => {
    const acts = { paused, seen: [], guardCompletedBy: { ...guardCompletedBy, at: given } };
    const { status, announcements } = voidCompletion({ ...at().status, acts }, someHarm(), noon);
    expect(status.acts).toEqual({ paused, seen: [] });
    expect(announcements[0]?.message).toContain(`CompleteGuard by ada has no effect any more: ${why}`);
  });

  it.each([
    ["without harm", at().status, someHarm()],
    ["over what is only observed", at().status, someHarm({ findings: [found] })],
    ["after its end", { ...at().status, phase: "Completed" as const }, someHarm({ weighing: [found] })],
    ["once it has ended, an hour later", over, someHarm()],
    ["that nobody asked to end", { ...at().status, acts: undefined }, someHarm({ weighing: [found] })],
  ])("is left as it is %s", (_when, status, harm) => {
    const applied = voidCompletion(status, harm, noon);
    expect(applied.status).toBe(status);
    expect(applied.announcements).toEqual([]);
  });
});
