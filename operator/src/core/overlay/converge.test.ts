import { describe, expect, it } from "vitest";
import { aSpec } from "#test/builders/spec.ts";
import { aMigration, anObservation, aPod, overlayOf } from "#test/builders/world.ts";
import type { Migration } from "../model/migration.ts";
import type { OverlayObservation } from "../model/workload.ts";
import { type ConvergeInput, converge } from "./converge.ts";

const guarding = aMigration().in("Guard").build();
const guardingRevision = {
  epoch: 5,
  primary: "destination",
  shadow: "source",
  sampleRate: 0.05,
  released: false,
  at: "2026-03-01T11:50:00.000Z",
} as const;

function effects(migration: Migration, more: Partial<ConvergeInput> = {}): string[] {
  const { meta, status } = migration;
  const input = { meta, plan: aSpec(), observation: anObservation(migration), status, cleanup: undefined, ...more };
  return converge(input).map((effect) => (effect.kind === "annotatePods" ? `annotate ${effect.epoch}` : effect.kind));
}

function seeing(overlay: OverlayObservation | null, migration = guarding): Partial<ConvergeInput> {
  return { observation: anObservation(migration, {}, { overlay: { ok: true, value: overlay } }) };
}

function itsOverlay(more: Partial<OverlayObservation> = {}): OverlayObservation {
  const overlay = overlayOf(guarding);
  if (overlay === null) throw new Error("no overlay");
  return { ...overlay, ...more };
}

describe("converge", () => {
  it("does nothing when everything is as intended", () => {
    expect(effects(guarding)).toEqual([]);
  });

  it("does nothing before acceptance", () => {
    expect(effects(aMigration().build())).toEqual([]);
  });

  it("adds the finalizer before anything else is written", () => {
    const bare = { ...guarding, meta: { ...guarding.meta, finalizers: [] } };
    expect(effects(bare, seeing(null))).toEqual(["addFinalizer", "applyOverlay"]);
  });

  it("writes a rollback before a lost finalizer: nothing stands before it", () => {
    const back = aMigration().in("RollingBack").build();
    const bare = { ...back, meta: { ...back.meta, finalizers: [] } };
    expect(effects(bare, seeing(null, bare))).toEqual(["applyOverlay", "addFinalizer"]);
  });

  it.each([
    ["absent", null, ["applyOverlay"]],
    ["with other words", itsOverlay({ text: "{}" }), ["applyOverlay"]],
    ["without our finalizer", itsOverlay({ hasFinalizer: false }), ["applyOverlay"]],
    ["without its intent", itsOverlay({ intent: null }), ["applyOverlay"]],
    ["being deleted", itsOverlay({ deleting: true }), ["removeOverlay", "applyOverlay"]],
    ["unreadable, ours alone", itsOverlay({ text: "{", document: null }), ["applyOverlay"]],
    ["with another manager's words", itsOverlay({ text: "{}", document: null, foreignManagers: ["helm"] }), []],
  ] as const)("an overlay that is %s", (_name, overlay, expected) => {
    expect(effects(guarding, seeing(overlay))).toEqual(expected);
  });

  it("leaves a later epoch and another migration's overlay alone, but not while it rolls back", () => {
    const later = overlayOf(
      aMigration()
        .in("Guard")
        .with({ revision: { ...guardingRevision, epoch: 9 } })
        .build(),
    );
    const other = overlayOf({ ...guarding, meta: { ...guarding.meta, uid: "other" } });
    expect(effects(guarding, seeing(later))).toEqual([]);
    expect(effects(guarding, seeing(other))).toEqual([]);
    const back = aMigration().in("RollingBack").build();
    expect(effects(back, seeing(other, back))).toEqual(["applyOverlay"]);
  });

  it("writes a rollback with force even when the overlay can't be read, and no forward step", () => {
    const blind = { overlay: { ok: false as const, why: "timed out" } };
    const back = aMigration().in("RollingBack").build();
    const [apply] = converge({
      meta: back.meta,
      plan: aSpec(),
      status: back.status,
      cleanup: undefined,
      observation: anObservation(back, {}, blind),
    });
    expect(apply).toMatchObject({ kind: "applyOverlay", force: true });
    expect(effects(guarding, { observation: anObservation(guarding, {}, blind) })).toEqual([]);
  });

  it("annotates every pod that isn't terminating, running or not", () => {
    const pods = [
      aPod("new").build(),
      aPod("starting").with({ sidecarRunning: false }).build(),
      aPod("going").with({ terminating: true }).build(),
      aPod("done").with({ annotatedEpoch: 5 }).build(),
    ];
    const observation = anObservation(guarding, {}, { pods: { ok: true, value: pods } });
    const found = converge({
      meta: guarding.meta,
      plan: aSpec(),
      status: guarding.status,
      cleanup: undefined,
      observation,
    });
    expect(found).toEqual([{ kind: "annotatePods", pods: ["new", "starting"], epoch: 5 }]);
    expect(
      effects(guarding, { observation: anObservation(guarding, {}, { pods: { ok: false, why: "timed out" } }) }),
    ).toEqual([]);
  });

  it("doesn't bring a released overlay back once it is gone or going", () => {
    const released = aMigration()
      .in("Completed")
      .with({ revision: { ...guardingRevision, released: true } })
      .build();
    expect(effects(released, seeing(null, released))).toEqual(["annotate 0"]);
    expect(effects(released, seeing(itsOverlay({ deleting: true }), released))).toEqual([]);
  });
});

describe("converge at the end of an overlay's life", () => {
  const going = { ...guarding, meta: { ...guarding.meta, deleting: true } };
  const gone = seeing(null);
  it.each([
    ["removeOverlay", going, {}, ["removeOverlay", "annotate 0"]],
    ["removeOverlay", going, gone, ["annotate 0", "removeFinalizer"]],
    ["removeOverlay", guarding, gone, ["annotate 0"]],
    ["abandonOverlay", going, {}, ["abandonOverlay", "removeFinalizer"]],
    ["abandonOverlay", going, gone, ["removeFinalizer"]],
    ["nothingLeft", going, {}, ["removeFinalizer"]],
    ["nothingLeft", guarding, {}, ["removeFinalizer"]],
  ] as const)("%s", (cleanup, migration, more, expected) => {
    expect(effects(migration, { ...more, cleanup })).toEqual(expected);
  });

  it("keeps the finalizer while it can't see whether the overlay is gone", () => {
    const observation = anObservation(going, {}, { overlay: { ok: false, why: "timed out" } });
    expect(effects(going, { observation, cleanup: "removeOverlay" })).toEqual(["removeOverlay", "annotate 0"]);
  });

  it("is nothing once the finalizer is gone too", () => {
    const free = { ...going, meta: { ...going.meta, finalizers: [] } };
    expect(effects(free, { cleanup: "nothingLeft" })).toEqual([]);
  });
});
