// Each condition by itself: from which facts it says what.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { Condition, MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { aContext, aFinding, ago, lagging, someHarm } from "#test/builders/context.ts";
import { aCondition, aPlanText, aStatus } from "#test/builders/migration.ts";
import { aSpec } from "#test/builders/spec.ts";
import type { Context } from "../model/context.ts";
import { stay } from "../steps/transition.ts";
import { renderConditions } from "./conditions.ts";

/** What a condition says after a reconcile that moved nothing, but for what `next` changes. */
function said(c: Context, type: Condition["type"], next: Partial<MigrationStatus> = {}): string | undefined {
  const outcome = stay(c, "working", "Observing", "all is well");
  const all = renderConditions(c, { ...outcome, status: { ...outcome.status, ...next } });
  const found = all.find((condition) => condition.type === type);
  return found && `${found.status} ${found.reason}: ${found.message}`;
}
const kept = (c: Context, ...conditions: Condition[]): Context => ({
  ...c,
  migration: { ...c.migration, status: { ...c.migration.status, conditions } },
});

describe("Accepted", () => {
  const c = aContext("Ramp", { status: { planHash: "p", plan: aPlanText() } });

  it("isn't said of a pending migration, which tells why", () => {
    expect(said(aContext("Pending"), "Accepted")).toBe("False NotAccepted: all is well");
  });

  it("names the plan that is followed, and says none where none is readable", () => {
    const ramping = aContext("Ramp");
    expect(said(ramping, "Accepted")).toBe(`True Accepted: plan ${ramping.status.planHash}`);
    expect(said(ramping, "Accepted", { plan: "", planHash: "" })).toBe("True Accepted: plan none");
    expect(said(ramping, "Accepted", { plan: "{", planHash: "p" })).toBe("True Accepted: plan p");
  });

  it("says that a plan goes on while the spec isn't valid any more", () => {
    const broken = { ...c, migration: { ...c.migration, spec: { ok: false as const, faults: [] } } };
    expect(said(broken, "Accepted")).toBe("True EditIgnored: plan p goes on; the spec is not valid any more");
  });

  it("names each edit that took effect, and each that can't", () => {
    const edit = (value: MigrationSpec, accepted = aSpec()) =>
      said({ ...c, migration: { ...c.migration, spec: { ok: true, value } } }, "Accepted", {
        plan: JSON.stringify(accepted),
      });
    const { rollback, ...rest } = aSpec({ communications: { postmortemDue: "1h" } });
    const safe = { ...rest, rollback: { ...rollback, automatic: !rollback.automatic } };
    expect(edit(safe)).toBe(
      "True SafeEditApplied: plan p; applied from the spec: spec.communications, spec.rollback.automatic",
    );
    const others = { ...safe, writes: "SourceOnly" as const, requestedBy: "ada" };
    expect(edit(others)).toMatch(
      /^True EditIgnored: plan p goes on: spec\.\w+, spec\.\w+ can't change any more; create another migration; applied from the spec: spec\.communications, spec\.rollback\.automatic$/,
    );
  });
});

describe("what isn't there yet", () => {
  it("has no condition: checks before a plan, pods before a revision, evidence before and after a run", () => {
    const types = (c: Context) =>
      renderConditions(c, stay(c, "working", "Observing", "")).map(({ type }) => type as string);
    const unborn = aContext("Pending", { status: { planHash: "" } });
    const { revision: _revision, ...status } = unborn.status;
    expect(types({ ...unborn, status })).toEqual(["Accepted", "Paused", "Ready", "Succeeded", "Reconciling"]);
    expect(types(aContext("Completed"))).not.toContain("MetricsHealthy");
    expect(types(aContext("Ramp"))).toEqual(
      expect.arrayContaining([
        "Reachable",
        "Approved",
        "ConfigPropagated",
        "MetricsHealthy",
        "RollbackReady",
        "Settled",
      ]),
    );
  });
});

describe("Paused", () => {
  it("tells how to go on", () => {
    const acts = { paused: true, seen: [] };
    expect(said(aContext("Ramp"), "Paused", { acts })).toBe("True PausedByPerson: create a Resume act to go on");
    expect(said(aContext("Ramp"), "Paused", { acts: { ...acts, paused: false } })).toBe("False NotPaused: ");
    expect(said(aContext("Ramp"), "Paused")).toBe("False NotPaused: ");
  });
});

describe("a check", () => {
  it("that is skipped is Unknown, openly; that of reaching the store is kept as it was", () => {
    const c = aContext("Preflight");
    expect(said(c, "ParityVerified")).toBe("Unknown Skipped: spec.checklist.parity.policy is Skip");
    expect(said(c, "Approved")).toBe("Unknown Skipped: spec.checklist.approvals.policy is Skip");
    const older = [aCondition("Approved", "True", "by ada"), aCondition("ParityVerified", "True", "equal")];
    expect(said(kept(c, ...older), "Approved")).toBe("Unknown Skipped: spec.checklist.approvals.policy is Skip");
  });

  it("keeps its answer after the preflight; before the cutover people and stores are asked again", () => {
    const older = [aCondition("Approved", "True", "by ada"), aCondition("ParityVerified", "True", "equal")];
    const ramping = kept(aContext("Ramp"), ...older);
    expect([said(ramping, "Approved"), said(ramping, "ParityVerified")]).toEqual([
      "True Because: by ada",
      "True Because: equal",
    ]);
    const waiting = kept(aContext("AwaitingCutover"), ...older);
    expect([said(waiting, "Approved"), said(waiting, "ParityVerified")]).toEqual([
      "Unknown Skipped: spec.checklist.approvals.policy is Skip",
      "Unknown Skipped: spec.checklist.parity.policy is Skip",
    ]);
  });
});

describe("ConfigPropagated", () => {
  it("says how many pods follow which epoch", () => {
    const c = aContext("Ramp");
    expect(said(c, "ConfigPropagated")).toBe("True AllPodsFollow: epoch 5: 2 of 2 pods follow");
    expect(said({ ...c, acks: lagging }, "ConfigPropagated")).toBe(
      "False Propagating: epoch 5: 1 of 2 pods follow; lagging: pod-2",
    );
    expect(said(c, "ConfigPropagated", { epoch: 6 })).toBe("False Propagating: epoch 6 was just decided");
  });

  it("is true of pods on their base when the overlay is gone", () => {
    const revision = { primary: "destination", shadow: "none", sampleRate: 0, epoch: 5, released: true, at: ago(60) };
    const c = aContext("Completed", {
      status: { revision } as Partial<MigrationStatus>,
      see: { overlay: { ok: true, value: null } },
    });
    expect(said(c, "ConfigPropagated")).toBe("True OverlayRemoved: the pods are on their base");
  });
});

describe("MetricsHealthy", () => {
  it.each([
    ["nothing is sampled", aContext("AwaitingApproval"), {}, "Unknown NotSampling: nothing is sampled now"],
    [
      "an epoch was just decided",
      aContext("Ramp"),
      { epoch: 6 },
      "Unknown NoEvidence: no pod has evidence of this epoch yet",
    ],
    [
      "nothing is known",
      { ...aContext("Ramp"), harm: someHarm({ known: false }) },
      {},
      "Unknown NoEvidence: no pod has evidence of this epoch yet",
    ],
    ["nothing is found", aContext("Ramp"), {}, "True NoHarm: the destination is not worse than the source"],
    [
      "the destination serves alone",
      aContext("Guard", {
        status: {
          revision: { primary: "destination", shadow: "none", sampleRate: 0, epoch: 5, released: false, at: ago(60) },
        },
      }),
      {},
      "True NoHarm: the destination is not worse than the source",
    ],
    [
      "something weighs",
      { ...aContext("Ramp"), harm: someHarm({ weighing: [aFinding("slow"), aFinding("wrong")] }) },
      {},
      "False Harm: slow; wrong",
    ],
  ] as const)("says so when %s", (_when, c, next, words) => {
    expect(said(c, "MetricsHealthy", next)).toBe(words);
  });
});

describe("the ends", () => {
  const guard = { ...aStatus().guard, startedAt: ago(90), tickedAt: ago(1), visibility: "watched" } as const;
  const clocks = { ...guard, watchedSeconds: 80.4, idleSeconds: 9.6, unobservedSeconds: 0 };
  const cutoverAt = "2026-03-01T11:00:00Z";

  it("CutOver is said from the cutover on, GuardPassed when it is completed", () => {
    const served = { cutoverAt, guard: clocks };
    const c = aContext("Guard");
    expect([said(c, "CutOver"), said(c, "CutOver", served), said(c, "GuardPassed", served)]).toEqual([
      undefined,
      `True CutOver: since ${cutoverAt}`,
      undefined,
    ]);
    const done = aContext("Completed");
    expect(said(done, "GuardPassed", served)).toBe("True GuardPassed: 80 s healthy, 10 s idle");
    expect([said(done, "CutOver", { cutoverAt }), said(done, "GuardPassed", { cutoverAt })]).toEqual([
      `True CutOver: since ${cutoverAt}`,
      undefined,
    ]);
    expect(said(done, "GuardPassed", { guard: clocks })).toBeUndefined();
    const acts = { paused: false, seen: [], guardCompletedBy: { actor: "ada", reason: "thin", at: ago(9) } };
    expect(said(done, "GuardPassed", { ...served, acts })).toBe(
      "True GuardCompleted: 80 s healthy, 10 s idle; ended by ada: thin",
    );
  });

  it("RolledBack names all causes, and is true at its end", () => {
    const rollback = { at: ago(60), from: "Guard", reason: "Harm", causes: ["slow", "wrong"], actor: null } as const;
    const next = { rollback: { ...rollback, causes: [...rollback.causes] } };
    expect(said(aContext("RollingBack"), "RolledBack", next)).toBe("False Harm: slow; wrong");
    expect(said(aContext("RolledBack"), "RolledBack", next)).toBe("True Harm: slow; wrong");
    expect(said(aContext("RolledBack"), "RolledBack")).toBeUndefined();
  });

  it("Settled isn't said of what never began; under way it warns, at the end it tells what is left", () => {
    expect(said(aContext("Pending"), "Settled")).toBeUndefined();
    expect(said(aContext("Pending"), "Settled", { phase: "Preflight" })).toBe(
      "False Running: don't decommission anything",
    );
    expect(said(aContext("Ramp"), "Settled")).toBe("False Running: don't decommission anything");
    expect(said(aContext("Completed"), "Settled")).toBe("False Observing: all is well");
    const c = aContext("Completed");
    const settled = { ...stay(c, "waiting", "Settled", "over"), cleanup: "nothingLeft" as const };
    const condition = renderConditions(c, settled).find(({ type }) => type === "Settled");
    expect(condition).toMatchObject({ status: "True", reason: "Settled", message: "over" });
  });
});
