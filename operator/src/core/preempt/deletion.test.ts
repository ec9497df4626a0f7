// The guard of a deletion asked by itself: what it leaves behind, and in which words.
import type { MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { aCondition } from "#test/builders/migration.ts";
import { destinationIdentity } from "#test/builders/sidecar-status.ts";
import { aSpec } from "#test/builders/spec.ts";
import { aMigration, anObservation, aPod, noon, overlayOf } from "#test/builders/world.ts";
import { assess } from "../assess.ts";
import type { Observation } from "../model/observation.ts";
import type { PodObservation, TargetObservation } from "../model/workload.ts";
import { deletion } from "./deletion.ts";

type Script = {
  readonly status?: Partial<MigrationStatus>;
  readonly plan?: ReturnType<typeof aSpec>;
  readonly pods?: readonly PodObservation[];
  readonly more?: Partial<Observation>;
};

function asked(phase: Phase, { status = {}, plan = aSpec(), pods, more = {} }: Script = {}) {
  const migration = aMigration(plan).in(phase).with(status).deleting().build();
  const seen = pods === undefined ? {} : { pods: { ok: true as const, value: pods } };
  const outcome = deletion(assess(migration, plan, anObservation(migration, {}, { ...seen, ...more }), noon));
  return outcome === undefined
    ? undefined
    : { ...outcome, phase: outcome.status.phase, words: outcome.status.message, cleanup: outcome.cleanup };
}

const left = (cleanup: string, why: string) => ({
  cleanup,
  words: `deleting: ${why}`,
  standing: "working",
  reason: "Deleting",
  requeueAfterMs: 1000,
});
const gone = "no pod of the target is left";
const migrationAt = (phase: Phase) => aMigration().in(phase).build();
const following = (phase: Phase, base = destinationIdentity) =>
  ["pod-1", "pod-2"].map((name) =>
    aPod(name)
      .following(migrationAt(phase))
      .saying(() => ({ base }))
      .build(),
  );
const silent = (phase: Phase) => following(phase).map((pod) => ({ ...pod, status: { ok: false, why: "no" } as const }));
const target = (more: Partial<Extract<TargetObservation, { found: true }>>): Partial<Observation> => {
  const usual = anObservation(migrationAt("Guard")).target;
  if (!usual.ok || !usual.value.found) throw new Error("the usual target is there");
  return { target: { ok: true, value: { ...usual.value, ...more } } };
};
/** All pods had followed until an hour ago. */
const overdue = {
  conditions: [{ ...aCondition("ConfigPropagated", "False"), lastTransitionTime: "2026-03-01T11:00:00Z" }],
};
const notDeleted = (phase: Phase) => {
  const migration = aMigration().in(phase).build();
  return deletion(assess(migration, aSpec(), anObservation(migration), noon));
};

it("a migration that isn't deleted is none of its affair", () => {
  expect(notDeleted("Guard")).toBeUndefined();
  expect(notDeleted("Completed")).toBeUndefined();
});

describe("a deleted migration", () => {
  it("with nothing in force leaves nothing", () => {
    const nothing = left("nothingLeft", "nothing is in force");
    expect(asked("Pending", { status: { revision: undefined } })).toMatchObject(nothing);
    expect(asked("Completed", { status: { conditions: [aCondition("Settled", "True")] } })).toMatchObject(nothing);
  });

  it("under way rolls back, and says in which phase it was deleted", () => {
    for (const phase of ["Ramp", "Guard"] as const) {
      const rollback = { reason: "Deleted", causes: [`the migration was deleted in ${phase}`], actor: null };
      expect(asked(phase)).toMatchObject({ phase: "RollingBack", status: { rollback } });
    }
  });

  it("past the cutover with policy Keep leaves the pods where they are; before it, or after an Abort, it doesn't", () => {
    const plan = aSpec({ deletionPolicy: "Keep" });
    const kept = left("abandonOverlay", "deletionPolicy is Keep: the pods go on serving from the destination");
    expect(asked("Guard", { plan })).toMatchObject(kept);
    expect(asked("Ramp", { plan })).toMatchObject({ phase: "RollingBack" });
    const latched = { act: "Rollback", actor: "ada", reason: "", at: "2026-03-01T11:00:00Z" } as const;
    expect(asked("Guard", { plan, status: { acts: { paused: false, seen: [], latched } } })).toBeUndefined();
    expect(asked("Guard", { status: { acts: { paused: false, seen: [], latched } } })).toBeUndefined();
  });

  it.each<[string, Script]>([
    ["the target is gone", { more: { target: { ok: true, value: { found: false, namespaceTerminating: false } } } }],
    ["its namespace goes", { more: target({ namespaceTerminating: true }) }],
    ["it is scaled to zero", { pods: [], more: target({ replicas: 0 }) }],
  ])("whose pods can't come back, since %s, removes the overlay", (_, script) => {
    expect(asked("Guard", script)).toMatchObject(left("removeOverlay", gone));
  });

  it.each<[string, Script]>([
    ["pods are left of a target scaled to zero", { more: target({ replicas: 0 }) }],
    ["pods are only about to come", { pods: [], more: target({ replicas: 2 }) }],
    ["the pods can't be listed", { more: { ...target({ replicas: 0 }), pods: { ok: false, why: "timed out" } } }],
    ["the target can't be read", { pods: [], more: { target: { ok: false, why: "timed out" } } }],
  ])("rolls back while %s", (_, script) => {
    expect(asked("Guard", script)).toMatchObject({ phase: "RollingBack" });
  });

  it("that rolls back waits for its pods, unless there has been none for longer than they may take", () => {
    const status = overdue;
    expect(asked("RollingBack", { status, pods: [] })).toMatchObject(left("removeOverlay", "no pod runs a sidecar"));
    expect(asked("RollingBack", { pods: [] })).toBeUndefined();
    expect(asked("RollingBack", { status, pods: silent("RollingBack") })).toBeUndefined();
    expect(asked("RollingBack")).toBeUndefined();
  });
});

describe("a migration deleted after its end", () => {
  it("whose overlay can't be read waits for a reconcile", () => {
    const outcome = asked("Completed", { more: { overlay: { ok: false, why: "timed out" } } });
    expect(outcome).toMatchObject({
      standing: "waiting",
      reason: "NotObserved",
      words: "deleting: the overlay can't be read: timed out",
      cleanup: undefined,
    });
  });

  it("whose overlay is gone, or is another migration's, leaves nothing", () => {
    const nothing = left("nothingLeft", "the overlay is gone");
    expect(asked("Completed", { more: { overlay: { ok: true, value: null } } })).toMatchObject(nothing);
    const mine = migrationAt("Completed");
    const other = { ...mine, meta: { ...mine.meta, uid: "migration-2" } };
    expect(asked("Completed", { more: { overlay: { ok: true, value: overlayOf(other) } } })).toMatchObject(nothing);
  });

  it("settles where every base names the store that serves, or the overlay was released", () => {
    const pods = following("Completed");
    expect(asked("Completed", { pods })?.reason).toBe("OverlayReleased");
    const { revision } = migrationAt("Completed").status;
    if (revision === undefined) throw new Error("a completed migration has a revision");
    const released = { status: { revision: { ...revision, released: true } } };
    expect(asked("Completed", { ...released, pods })?.reason).not.toBe("Deleting");
  });

  it("leaves the overlay where a base names another store", () => {
    expect(asked("Completed")).toMatchObject(
      left("abandonOverlay", "the base names another store than the one that serves; the overlay stays"),
    );
  });

  it("waits for pods to say what their base names, and then leaves the overlay where it could move a pod", () => {
    const pods = silent("Completed");
    const unseen = left("abandonOverlay", "not every pod can be asked what its base names; the overlay stays");
    expect(asked("Completed", { pods })).toMatchObject({
      standing: "waiting",
      reason: "Propagating",
      words: "deleting: waiting for every pod to say which store its base names",
    });
    expect(asked("Completed", { pods, status: overdue })).toMatchObject(unseen);
    expect(asked("RolledBack", { pods: silent("RolledBack"), status: overdue })).toMatchObject(unseen);
    expect(asked("Completed", { pods: [], status: overdue })).toMatchObject(unseen);
    expect(asked("Completed", { pods: [], more: target({ replicas: 0 }) })).toMatchObject(unseen);
  });

  it("removes the overlay without a pod, where that can't move one", () => {
    const removed = left("removeOverlay", gone);
    expect(asked("RolledBack", { pods: [], status: overdue })).toMatchObject(removed);
    const going = target({ namespaceTerminating: true });
    expect(asked("RolledBack", { more: going })).toMatchObject(removed);
    const { revision } = migrationAt("Completed").status;
    if (revision === undefined) throw new Error("a completed migration has a revision");
    const released = { revision: { ...revision, released: true } };
    expect(asked("Completed", { status: released, more: going })).toMatchObject(removed);
  });
});
