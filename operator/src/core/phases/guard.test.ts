// The guard asked by itself: when it passes, what it waits for, and when a person has to act.
import type { MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { aContext, aFinding, ago, lagging, someHarm } from "#test/builders/context.ts";
import { aRecord } from "#test/builders/epoch-record.ts";
import { aSpec } from "#test/builders/spec.ts";
import { aPod, noon } from "#test/builders/world.ts";
import type { Context } from "../model/context.ts";
import { guard } from "./guard.ts";

const limits = { duration: "1h", deadline: "2h", minSamples: 100 };
type Clocks = NonNullable<MigrationStatus["guard"]>;

const clocks = (more: Partial<Clocks> = {}): Clocks => ({
  startedAt: ago(3600),
  tickedAt: ago(10),
  visibility: "watched",
  watchedSeconds: 3590,
  idleSeconds: 0,
  unobservedSeconds: 0,
  ...more,
});

/** Sampled as often as named; the pods see no request just now. */
function at(
  guarded: Partial<Clocks>,
  answered = 100,
  more: { plan?: Partial<MigrationSpecInput>; status?: Partial<MigrationStatus> } = {},
): Context {
  const plan = aSpec({ guard: limits, ...more.plan });
  const evidence = aRecord(5, { answered });
  const c = aContext("Guard", { plan, status: { guard: clocks(guarded), ...more.status } });
  return busy({ ...c, status: { ...c.status, evidence } });
}

const told = (c: Context) => {
  const { standing, reason, status } = guard(c);
  return `${status.phase} ${standing} ${reason}: ${status.message}`;
};
/** As the pods look when so many requests came within maxDetectionTime. */
const busy = (c: Context, requests = 50): Context => ({
  ...c,
  serving: c.serving.map((pod) => aPod(pod.name).following(c.migration, { requests }).build()),
});

describe("the guard passes", () => {
  it("once the time and the samples are there: the dual read goes off", () => {
    const outcome = guard(at({}));
    expect(outcome.status).toMatchObject({
      phase: "Guard",
      message:
        "the guard passed; switching the dual read off; it would have noticed score at no share, latency at no share, mismatch at no share, recall at no share, content at no share, severe at no share",
      revision: { primary: "destination", shadow: "none", sampleRate: 0, released: false, epoch: 6 },
    });
    expect([outcome.reason, outcome.standing]).toEqual(["GuardPassed", "working"]);
  });

  it("by watched time alone: time too thin to notice a failure proves nothing", () => {
    const thin = at({ visibility: "idle", watchedSeconds: 1590, idleSeconds: 2000 });
    expect(told(busy(thin, 0))).toBe(
      "Guard waiting Guarding: guarding: 33m30s of watched time are left; the clock stands: with so few requests a total failure wouldn't be noticed within guard.maxDetectionTime 15m; a CompleteGuard act ends the guard all the same",
    );
    expect(guard(at({ visibility: "watched", watchedSeconds: 3590 })).reason).toBe("GuardPassed");
  });

  it("and completes at once where the plan keeps the shadow", () => {
    const plan = { guard: { ...limits, onPassed: "KeepShadow" as const } };
    expect(guard(at({}, 100, { plan })).status).toMatchObject({ phase: "Completed", completedAt: ago(0) });
  });

  it("when a person ends it, with nothing watched and no sample; a shadow that is kept is named with it", () => {
    const acts = { paused: false, seen: [], guardCompletedBy: { actor: "ada", reason: "thin", at: ago(5) } };
    const ended = "ended by ada after 10s watched, 0s idle, 0s unobserved and 0 samples: thin";
    const left = { watchedSeconds: 0 };
    expect(told(at(left, 0, { status: { acts } }))).toContain(
      `Guard working GuardCompleted: the guard was ${ended}; switching the dual read off; it would have noticed `,
    );
    const plan = { guard: { ...limits, onPassed: "KeepShadow" as const } };
    expect(told(at(left, 0, { plan, status: { acts } }))).toContain(`; the guard was ${ended}; it would have noticed `);
    expect(told({ ...at(left, 0, { status: { acts } }), acks: lagging })).toContain("Guard blocked Unobserved");
  });

  it("without samples where there is no shadow to sample", () => {
    const plan = { guard: { ...limits, sampling: { mode: "Fixed" as const, minRate: 0 } } };
    expect(guard(at({}, 0, { plan })).reason).toBe("GuardPassed");
  });
});

describe("the guard waits", () => {
  it("for the time that is left, and for samples", () => {
    expect(told(at({ watchedSeconds: 2990 }))).toBe("Guard waiting Guarding: guarding: 10m of watched time are left");
    expect(told(at({}, 99))).toBe("Guard waiting Guarding: guarding: 99 of 100 samples");
    expect(told(at({ watchedSeconds: 2990 }, 99))).toBe(
      "Guard waiting Guarding: guarding: 10m of watched time are left; 99 of 100 samples",
    );
  });

  it("while it is unobserved, and says who isn't seen", () => {
    const c = at({ watchedSeconds: 2990 });
    const words = "the clock stands until every pod's evidence is seen: 1 of 2 pods follow; lagging: pod-2";
    const harm = someHarm({ findings: [aFinding("too slow")] });
    expect(told({ ...c, acks: lagging, harm })).toBe(
      `Guard blocked Unobserved: guarding: 10m10s of watched time are left; ${words}; too slow`,
    );
  });

  it("while there is harm, and names what is only observed", () => {
    const found = aFinding("too slow");
    const harm = someHarm({ findings: [found], weighing: [found] });
    expect(told({ ...at({}), harm })).toBe(
      "Guard blocked GuardHeld: guarding: 10s of watched time are left; the clock stands while there is harm; too slow",
    );
    const observed = someHarm({ findings: [aFinding("a bit slow", { action: "Observe" })] });
    expect(told({ ...at({}, 99), harm: observed })).toBe(
      "Guard waiting Guarding: guarding: 99 of 100 samples; a bit slow",
    );
  });

  it("without its clocks for a person", () => {
    expect(told(at({}, 100, { status: { guard: undefined } }))).toBe(
      "Guard blocked GuardUnknown: the status lost the guard's clocks",
    );
  });
});

describe("past its deadline the guard", () => {
  const late = { startedAt: ago(7201), watchedSeconds: 2990 };
  const message =
    "past guard.deadline 2h, create a Rollback act unless it is to go on: guarding: 10m of watched time are left";

  it("says what a person can do", () => {
    const outcome = guard(at(late));
    expect(outcome).toMatchObject({ standing: "blocked", reason: "GuardOverdue", status: { phase: "Guard", message } });
  });

  it("and not before, nor when it passes", () => {
    expect(guard(at({ ...late, startedAt: ago(7200) })).reason).toBe("Guarding");
    expect(guard(at({ startedAt: ago(7201) })).reason).toBe("GuardPassed");
  });
});

describe("after the dual read was switched off", () => {
  const off = { epoch: 6, primary: "destination", shadow: "none", sampleRate: 0, released: false, at: ago(5) } as const;
  const c = at({}, 100, { status: { revision: off } });

  it("the migration is completed once every pod follows", () => {
    expect(told({ ...c, acks: { ...c.acks, state: "all" } })).toMatch(
      /^Completed waiting Completed: completed: the application serves from qdrant:\/\//,
    );
    expect(guard({ ...c, acks: { ...c.acks, state: "all" } }).status.completedAt).toBe(new Date(noon).toISOString());
    expect(told({ ...c, acks: lagging })).toBe(
      "Guard working Propagating: switching the dual read off: 1 of 2 pods follow; lagging: pod-2",
    );
  });
});
