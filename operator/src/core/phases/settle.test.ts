// The end of an overlay's life, step by step: compared, kept until the base names the store, released, removed.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { aContext, ago, tell } from "#test/builders/context.ts";
import { allAt, someCounters } from "#test/builders/counters.ts";
import { aCondition } from "#test/builders/migration.ts";
import { destinationIdentity, sourceIdentity } from "#test/builders/sidecar-status.ts";
import { aSpec } from "#test/builders/spec.ts";
import { aMigration, anObservation, aPod, type PodBuilder } from "#test/builders/world.ts";
import type { Context } from "../model/context.ts";
import { isOfAnother, isOverlayGone } from "../overlay/overlay-state.ts";
import { baseNamesServingStore, settle } from "./settle.ts";

const served = { primary: "destination", shadow: "none", sampleRate: 0, epoch: 5, at: ago(600) } as const;
const released = { revision: { ...served, released: true } } as const;
const base = (pod: PodBuilder, digest: string) => pod.saying(() => ({ base: { ...sourceIdentity, digest } }));

/** Completed, with two pods whose bases name these stores. */
function completed(digests: readonly string[], status: Partial<MigrationStatus> = {}): Context {
  const migration = aMigration().in("Completed").with(status).build();
  const pods = digests.map((digest, index) => base(aPod(`pod-${index + 1}`).following(migration), digest).build());
  return aContext("Completed", { status, see: { pods: { ok: true, value: pods } } });
}
const [there, here] = [destinationIdentity.digest, sourceIdentity.digest];

describe("a completed migration", () => {
  it("keeps its overlay while a base names the old store, and is reconciled again without hurry", () => {
    const outcome = settle(completed([there, here]));
    expect(tell(outcome)).toMatch(
      /^Completed waiting BaseNotUpdated: make the base name .* until then the overlay stays/,
    );
    expect(outcome.requeueAfterMs).toBe(30_000);
    const hurried = { ...completed([there, here]), pollMs: 1000 };
    expect(settle(hurried).requeueAfterMs).toBe(10_000);
  });

  it("releases its overlay once every base names the store that serves", () => {
    const { status, standing, ...outcome } = settle(completed([there, there]));
    expect([standing, outcome.reason, status.message]).toEqual([
      "waiting",
      "OverlayReleased",
      "the base names the store that serves; the overlay is released",
    ]);
    expect(status.revision).toMatchObject({ primary: "destination", shadow: "none", sampleRate: 0, released: true });
  });

  it("removes the released overlay when every pod follows, not before, and not when a base was changed back", () => {
    const outcome = settle(completed([there, there], released));
    expect([tell(outcome), outcome.cleanup]).toEqual([
      "Completed waiting Releasing: every pod may go back to its base; removing the overlay",
      "removeOverlay",
    ]);
    const c = completed([there, there], released);
    const late = {
      ...c,
      acks: { state: "waiting" as const, pods: 2, matched: 1, lagging: ["pod-2"], lost: [], fenced: [] },
    };
    expect(tell(settle(late))).toBe(
      "Completed waiting Propagating: releasing the overlay: 1 of 2 pods follow; lagging: pod-2",
    );
    expect(settle(completed([there, here], released)).reason).toBe("BaseNotUpdated");
  });

  it("leaves the overlay of a later migration alone", () => {
    const c = completed([here]);
    const outcome = settle({ ...c, meta: { ...c.meta, uid: "another" } });
    expect([outcome.reason, outcome.cleanup]).toEqual(["Settled", "nothingLeft"]);
  });

  it("waits while the overlay can't be read", () => {
    const c = aContext("Completed", { see: { overlay: { ok: false, why: "timed out" } } });
    expect(tell(settle(c))).toBe("Completed waiting NotObserved: the overlay can't be read: timed out");
  });
});

describe("an overlay that is gone", () => {
  const gone = { ok: true, value: null } as const;
  const back = (pods: readonly PodBuilder[]) =>
    settle(
      aContext("Completed", {
        status: released,
        see: { overlay: gone, pods: { ok: true, value: pods.map((pod) => pod.build()) } },
      }),
    );
  const inForce = aPod("pod-2").following(aMigration().in("Completed").build());

  it("is settled when every pod says so, or there is none", () => {
    const end = "Completed waiting Settled: settled: nothing of this migration is in force any more";
    expect([tell(back([aPod()])), back([aPod()]).requeueAfterMs, back([aPod()]).cleanup]).toEqual([
      end,
      null,
      "nothingLeft",
    ]);
    expect(tell(back([]))).toBe(end);
  });

  it("is waited for while a pod has it in force, or pods can't be listed", () => {
    expect(tell(back([aPod(), inForce]))).toBe(
      "Completed waiting Propagating: the overlay is gone: 1 of 2 pods follow; lagging: pod-2",
    );
    const blind = aContext("Completed", {
      status: released,
      see: { overlay: gone, pods: { ok: false, why: "timed out" } },
    });
    expect(tell(settle(blind))).toBe("Completed waiting Propagating: the overlay is gone: pods can't be listed");
  });
});

describe("whether an overlay is gone", () => {
  const gone = { overlay: { ok: true, value: null } } as const;
  const migration = aMigration().in("Completed");
  const observed = (see: Parameters<typeof anObservation>[2]) => anObservation(migration.build(), {}, see);
  const status = (more: Partial<MigrationStatus>) => migration.with(more).build().status;

  it("is known of a released and removed one, and of a settled migration whatever comes later", () => {
    expect(isOverlayGone(status(released), observed(gone))).toBe(true);
    expect(isOverlayGone(status({ conditions: [aCondition("Settled", "True")] }), observed({}))).toBe(true);
  });

  it.each([
    ["it is still there", status(released), {}],
    ["it can't be read", status(released), { overlay: { ok: false, why: "timed out" } }],
    ["it wasn't released", status({}), gone],
    ["nothing was ever written", aMigration().build().status, gone],
    ["the migration isn't settled", status({ conditions: [aCondition("Settled", "False")] }), {}],
    ["another condition is true", status({ conditions: [aCondition("Ready", "True")] }), {}],
  ] as const)("isn't while %s", (_what, before, see) => {
    expect(isOverlayGone(before, observed(see))).toBe(false);
  });

  it("belongs to another migration when its document says so, not when it has none", () => {
    const { value } = anObservation(migration.build()).overlay as {
      value: NonNullable<Parameters<typeof isOfAnother>[1]>;
    };
    const { meta } = migration.build();
    expect(isOfAnother(meta, value)).toBe(false);
    expect(isOfAnother({ ...meta, uid: "other" }, value)).toBe(true);
    expect(isOfAnother({ ...meta, uid: "other" }, { ...value, document: null })).toBe(false);
    expect(isOfAnother(meta, null)).toBe(false);
  });
});

describe("every base names the store that serves", () => {
  it("only when every pod answers, names it, and there is one", () => {
    expect(baseNamesServingStore(completed([there, there]))).toBe(true);
    expect(baseNamesServingStore(completed([there, here]))).toBe(false);
    expect(baseNamesServingStore(completed([]))).toBe(false);
    const silent = [base(aPod("pod-1"), there).build(), aPod("pod-2").silent().build()];
    expect(baseNamesServingStore(aContext("Completed", { see: { pods: { ok: true, value: silent } } }))).toBe(false);
    const baseless = aPod().saying(() => ({ base: null }));
    const see = { pods: { ok: true, value: [baseless.build()] } } as const;
    expect(baseNamesServingStore(aContext("Completed", { see }))).toBe(false);
  });
});

describe("after a rollback from the destination", () => {
  const rollback: NonNullable<MigrationStatus["rollback"]> = {
    at: ago(60),
    from: "Guard",
    reason: "Harm",
    causes: ["slow", "wrong"],
    actor: null,
  };
  const measured: Partial<MigrationStatus> = {
    sourceBaseline: { requests: 600, requestsPerSecond: 2, errorShare: 0, p50Ms: 2, p95Ms: 2, at: ago(6000) },
  };
  const compare = (requests: number, startedSecondsAgo: number, more = measured) => {
    const status = { rollback, phaseStartedAt: ago(startedSecondsAgo), ...more };
    const migration = aMigration().in("RolledBack").with(status).build();
    const pod = aPod().following(migration, someCounters({ requests, latencyBuckets: allAt(2, requests) }));
    return settle(aContext("RolledBack", { plan: aSpec(), status, see: { pods: { ok: true, value: [pod.build()] } } }));
  };

  it("the source that does as before confirms the baseline, and nobody is warned", () => {
    const outcome = compare(600, 5);
    expect(tell(outcome)).toMatch(
      /^RolledBack waiting BaselineConfirmed: rolled back \(slow; wrong\); baseline confirmed: 2 requests\/s,/,
    );
    expect(outcome.status.rollback).toEqual({ ...rollback, baseline: "Confirmed" });
    expect(outcome.announcements.map(({ type }) => type)).toEqual(["Normal"]);
  });

  it("the source that doesn't is told of as a warning", () => {
    const outcome = compare(60, 5);
    expect(tell(outcome)).toMatch(
      /^RolledBack waiting BaselineDiffers: rolled back \(slow; wrong\); the source does not do as before: 0\.2 requests/,
    );
    expect(outcome.announcements.map(({ type }) => type)).toEqual(["Warning"]);
  });

  it("requests are waited for, thirty seconds long, then it says that there were too few", () => {
    expect(tell(compare(0, 30))).toBe(
      "RolledBack waiting ComparingBaseline: rolled back (slow; wrong); waiting for requests to compare with",
    );
    expect(tell(compare(0, 30.001))).toBe(
      "RolledBack waiting BaselineNotMeasured: rolled back (slow; wrong); too few requests to compare the source with what it did before",
    );
  });

  it("nothing is waited for when nothing was measured before", () => {
    expect(compare(600, 5, {}).reason).toBe("BaselineNotMeasured");
  });

  it.each([
    ["CuttingOver", "BaselineConfirmed"],
    ["Ramp", "OverlayReleased"],
  ] as const)("from %s it goes on with %s", (from, reason) => {
    expect(compare(600, 5, { ...measured, rollback: { ...rollback, from } }).reason).toBe(reason);
  });

  it("the source is compared once, and the end is settled with its causes", () => {
    expect(compare(600, 5, { ...measured, rollback: { ...rollback, baseline: "Differs" } }).reason).toBe(
      "OverlayReleased",
    );
    const c = aContext("RolledBack", { status: { rollback, conditions: [aCondition("Settled", "True")] } });
    expect(settle(c).status.message).toBe(
      "rolled back (slow; wrong) and settled: nothing of this migration is in force any more",
    );
  });
});

it("an end before anything was changed keeps its sentence", () => {
  const c = aContext("RolledBack");
  const { revision: _revision, ...status } = c.status;
  expect(tell(settle({ ...c, status: { ...status, message: "ended before anything was changed: asked" } }))).toBe(
    "RolledBack waiting Settled: ended before anything was changed: asked",
  );
});
