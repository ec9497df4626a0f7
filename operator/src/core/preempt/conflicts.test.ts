// The guard over conflicts asked by itself: what is one, what isn't, and in which words it is held.
import type { MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aCondition } from "#test/builders/migration.ts";
import { destinationIdentity } from "#test/builders/sidecar-status.ts";
import { aSpec } from "#test/builders/spec.ts";
import { aMigration, anObservation, aPod, noon, overlayOf } from "#test/builders/world.ts";
import { assess } from "../assess.ts";
import type { Migration } from "../model/migration.ts";
import type { Observation } from "../model/observation.ts";
import type { OverlayObservation } from "../model/workload.ts";
import { conflicts } from "./conflicts.ts";

const plan = aSpec();

function asked(phase: Phase, status: Partial<MigrationStatus>, see: (migration: Migration) => Partial<Observation>) {
  const migration = aMigration(plan).in(phase).with(status).build();
  const outcome = conflicts(assess(migration, plan, anObservation(migration, {}, see(migration)), noon));
  return outcome === undefined ? undefined : `${outcome.standing} ${outcome.reason}: ${outcome.status.message}`;
}

/** The overlay as it should be, but for what is named. */
const overlay = (migration: Migration, more: Partial<OverlayObservation>): Partial<Observation> => {
  const value = overlayOf(migration);
  if (value === null) throw new Error("an accepted migration has an overlay");
  return { overlay: { ok: true, value: { ...value, ...more } } };
};
const seize = (migration: Migration) => overlay(migration, { text: "{}", foreignManagers: ["helm", "argo"] });
/** Pods whose sidecars say that they follow this. */
const podsAt = (migration: Migration, config: { readonly epoch: number; readonly migrationUid?: string }) => ({
  pods: {
    ok: true as const,
    value: [
      aPod("pod-1").following(migration).silent().build(),
      aPod("pod-2")
        .following(migration)
        .saying((status) => ({ config: { ...status.config, ...config } }))
        .build(),
    ],
  },
});
const overdue = {
  conditions: [{ ...aCondition("ConfigPropagated", "False"), lastTransitionTime: "2026-03-01T11:00:00Z" }],
};

describe("an overlay that others changed", () => {
  it("holds the migration, and names them", () => {
    expect(asked("Ramp", {}, seize)).toBe(
      "blocked OwnershipConflict: held: helm, argo changed the overlay; make it leave the key alone (a rollback takes it back by force)",
    );
  });

  it("holds nothing where they wrote what we would, or where nobody else did", () => {
    expect(asked("Ramp", {}, (migration) => overlay(migration, { foreignManagers: ["helm"] }))).toBeUndefined();
    expect(asked("Ramp", {}, (migration) => overlay(migration, { text: "{}" }))).toBeUndefined();
    expect(asked("Ramp", {}, () => ({ overlay: { ok: true, value: null } }))).toBeUndefined();
    expect(asked("Ramp", {}, () => ({ overlay: { ok: false, why: "timed out" } }))).toBeUndefined();
    expect(asked("Pending", { revision: undefined }, () => seize(aMigration(plan).in("Ramp").build()))).toBeUndefined();
  });

  it("holds a migration that can't tell what it would write", () => {
    const theirs = () => seize(aMigration(plan).in("Ramp").build());
    expect(asked("Ramp", { source: undefined }, theirs)).toContain("OwnershipConflict");
  });

  it("holds a cutover only as long as pods may take to follow", () => {
    const seized = (migration: Migration) => ({ ...seize(migration), ...podsAt(migration, { epoch: 4 }) });
    expect(asked("CuttingOver", {}, seized)).toContain("OwnershipConflict");
    const acks = { pods: 2, matched: 0, lagging: [], lost: [] };
    expect(asked("CuttingOver", { ...overdue, acks }, seized)).toBeUndefined();
    expect(asked("Guard", overdue, seized)).toContain("OwnershipConflict");
  });
});

describe("a base that names another store", () => {
  const moved = (migration: Migration): Partial<Observation> => ({
    pods: {
      ok: true,
      value: [
        aPod("pod-1")
          .following(migration)
          .saying(() => ({ base: destinationIdentity }))
          .build(),
        aPod("pod-2").following(migration).silent().build(),
      ],
    },
  });

  it("holds the migration, even a late cutover: the rollback path is lost", () => {
    expect(asked("Ramp", {}, moved)).toMatch(/^blocked SourceChanged: held: .*put it back/);
    expect(asked("CuttingOver", overdue, moved)).toContain("SourceChanged");
  });
});

describe("an epoch later than the status's", () => {
  const end = "but this status says 5; an older status was restored. Create an Abort act to return to the source";
  const written = (migration: Migration, epoch: number, migrationUid = migration.meta.uid) => {
    const value = overlayOf(migration);
    if (value === null || value.document === null) throw new Error("an accepted migration has an overlay");
    const revision = { ...value.document.revision, epoch, migrationUid };
    return overlay(migration, { document: { ...value.document, revision } });
  };

  it("in the overlay, or at a pod, holds the migration and says where", () => {
    expect(asked("Ramp", {}, (migration) => written(migration, 6))).toBe(
      `blocked TimeTravel: held: the overlay is at epoch 6 ${end}`,
    );
    expect(asked("Ramp", {}, (migration) => podsAt(migration, { epoch: 6 }))).toBe(
      `blocked TimeTravel: held: pod pod-2 is at a later epoch ${end}`,
    );
  });

  it("is none where it is the status's own, or another migration's", () => {
    expect(asked("Ramp", {}, (migration) => written(migration, 5))).toBeUndefined();
    expect(asked("Ramp", {}, (migration) => written(migration, 6, "migration-2"))).toBeUndefined();
    expect(asked("Ramp", {}, (migration) => podsAt(migration, { epoch: 5 }))).toBeUndefined();
    const theirs = { epoch: 6, migrationUid: "migration-2" };
    expect(asked("Ramp", {}, (migration) => podsAt(migration, theirs))).toBeUndefined();
    expect(asked("Ramp", {}, (migration) => overlay(migration, { document: null }))).toBeUndefined();
  });
});

describe("pods that claim the destination before the cutover, at any later epoch", () => {
  const fleet = fc
    .integer({ min: 3, max: 100 })
    .chain((pods) => fc.record({ pods: fc.constant(pods), few: fc.nat(pods) }));
  const claims = (migration: Migration, { pods, few }: { pods: number; few: number }, epoch: number) => {
    const value = Array.from({ length: pods }, (_, at) =>
      aPod(`pod-${at}`)
        .following(migration)
        .saying((status) => ({ config: { ...status.config, ...(at < few ? { epoch, primary: "destination" } : {}) } }))
        .build(),
    );
    return { pods: { ok: true as const, value } };
  };

  it("are two primaries beyond a third of the fleet, and speak for nobody up to it", () => {
    fc.assert(
      fc.property(fleet, fc.constantFrom(6, 7, 55, 2_000_000_000), ({ pods, few }, epoch) => {
        const held = asked("Ramp", {}, (migration) => claims(migration, { pods, few }, epoch));
        const told = few < pods ? "TwoPrimaries" : "TimeTravel";
        expect(held?.split(":")[0]).toBe(few <= Math.floor(pods / 3) ? undefined : `blocked ${told}`);
      }),
      { numRuns: 60 },
    );
  });
});
