// Acts one by one: what refuses them, what they change, and that each has one turn.
import { checkNames } from "@retriever/crds/spec/checklist-spec.ts";
import { planHash } from "@retriever/crds/spec/plan.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, it } from "vitest";
import { aCondition, aStatus } from "#test/builders/migration.ts";
import { aSpec, onlyReachable } from "#test/builders/spec.ts";
import { aMigration } from "#test/builders/world.ts";
import type { ActObservation, Observation } from "../model/observation.ts";
import { type ActsApplied, applyActs } from "./acts.ts";

const now = Date.parse("2026-03-01T12:00:00Z");
const at = "2026-03-01T11:00:00.000Z";
const later = "2026-03-01T13:00:00.000Z";
const plan = aSpec({
  checklist: { ...onlyReachable, parity: {}, approvals: { roles: [{ name: "sre", quorum: 1 }], expiry: "4h" } },
});
const hash = planHash(plan);

const anAct = (act: ActObservation["act"], more: Partial<ActObservation> = {}): ActObservation => ({
  name: "word",
  uid: `uid-${act}`,
  createdAt: Date.parse(at),
  act,
  actor: "ada",
  reason: "r",
  planHash: null,
  expiresAt: null,
  ...more,
});
const rolledBack = {
  name: "first",
  uid: "c",
  createdAt: 0,
  phase: "RolledBack",
  accepted: true,
  settled: true,
} as const;

const { meta } = aMigration().build();

/** Applies acts to a status, where a migration with the same plan was rolled back or not. */
function apply(status: Partial<MigrationStatus>, acts: readonly ActObservation[], isRetried = false): ActsApplied {
  const claims = { ok: true, value: isRetried ? [{ ...rolledBack, planHash: hash }] : [] };
  const proved = { ok: true, value: "proved" };
  const observation = { acts: { ok: true, value: acts }, claims, actIdentity: proved } as unknown as Observation;
  return applyActs({ meta, status: aStatus(status), plan, observation, now });
}
const said = (applied: ActsApplied) => applied.announcements.map(({ reason, message }) => `${reason}: ${message}`);

const after = (reconciled: "True" | "False") =>
  ({
    phase: "RolledBack",
    conditions: [aCondition("Ready", "False"), aCondition("DriftResolved", reconciled)],
  }) as const;
const rollback = { reason: "Asked", causes: [], from: "Guard", actor: null, at } satisfies MigrationStatus["rollback"];
const revision = { epoch: 6, primary: "source", shadow: "none", sampleRate: 0, released: false, at } as const;
const ramp = { phase: "Ramp", planHash: "p" } as const;
const preflight = { phase: "Preflight", planHash: "p" } as const;
const takenBack = { at, reason: "AckTimeout", causes: [], times: 1, servedUntil: at };
const unread = "and nobody has read it within 15m; give it again";
const noCheck = `expected one of ${checkNames.join(", ")}`;

describe("an act is refused", () => {
  it.each([
    [ramp, anAct("Pause", { expiresAt: now }), "it had expired"],
    [ramp, anAct("Resume"), "it isn't paused, and nothing is held after harm"],
    [ramp, anAct("Rollback", { misfit: "it names another" }), "it names another"],
    [
      { phase: "AwaitingCutover", acts: { paused: false, seen: [], promotedBy: "bob", promoteUntil: later } },
      anAct("Promote"),
      `the cutover is blocked, and the Promote by bob waits for it until ${later}`,
    ],
    [
      { phase: "AwaitingCutover" },
      anAct("Promote", { waitForGates: true, createdAt: now - 4 * 3_600_000 }),
      "it had expired",
    ],
    [
      { phase: "AwaitingCutover" },
      anAct("Promote", { waitForGates: true, createdAt: now, expiresAt: now + 86_400_001 }),
      "it would wait until 2026-03-02T12:00:00.001Z; expected at most 24h from its creation",
    ],
    [ramp, anAct("Pause", { planHash: "q" }), "it was given for plan q, the accepted plan is p"],
    [
      { phase: "Pending" },
      anAct("Pause", { planHash: hash }),
      `it was given for plan ${hash}, the accepted plan is none yet`,
    ],
    [
      { phase: "AwaitingCutover", planHash: "p" },
      anAct("Promote", { planHash: hash }),
      `it was given for plan ${hash}, the accepted plan is p`,
    ],
    [{ phase: "Completed" }, anAct("Pause"), "a migration in phase Completed never runs again"],
    [ramp, anAct("Promote"), "the phase is Ramp; Promote is taken in AwaitingCutover, when the evidence is there"],
    [{ phase: "AwaitingCutover" }, anAct("Promote"), `it was given 1h ago, ${unread}`],
    [{ phase: "AwaitingCutover", takenBack }, anAct("Retry"), `it was given 1h ago, ${unread}`],
    [{ phase: "Guard" }, anAct("CompleteGuard", { createdAt: now - 901_000 }), `it was given 15m1s ago, ${unread}`],
    [ramp, anAct("CompleteGuard"), "the phase is Ramp; CompleteGuard is taken in Guard"],
    [
      ramp,
      anAct("WritersMoved"),
      "the phase is Ramp; WritersMoved is taken in CuttingOver and Guard, and in Completed while a sync runs",
    ],
    [ramp, anAct("RepairDrift"), "the phase is Ramp; RepairDrift is taken in RolledBack"],
    [after("True"), anAct("RepairDrift"), "nothing is left to reconcile"],
    [{ phase: "Guard", revision }, anAct("CompleteGuard"), "the guard is over already"],
    [{ phase: "Guard" }, anAct("CompleteGuard", { reason: "" }), "it needs a reason"],
    [
      { phase: "Guard", acts: { paused: true, seen: [] } },
      anAct("CompleteGuard"),
      "the migration is paused; create a Resume act first",
    ],
    [
      { phase: "Guard", conditions: [aCondition("MetricsHealthy", "False", "5 % are empty")] },
      anAct("CompleteGuard"),
      "the destination is worse: 5 % are empty",
    ],
    [ramp, anAct("Approve", { role: "sre" }), "it names no plan; an approval is given for one plan, by its hash"],
    [{ phase: "Guard" }, anAct("Postmortem"), "the phase is Guard; a postmortem follows a rollback"],
    [{ phase: "Completed" }, anAct("Postmortem"), "the phase is Completed; a postmortem follows a rollback"],
    [
      { phase: "RolledBack" },
      anAct("Postmortem"),
      "no traffic was taken back and somebody asked for it: none is wanted",
    ],
    [preflight, anAct("Waive", { check: null }), `there is no check without a name; ${noCheck}`],
    [preflight, anAct("Waive", { check: "luck" }), `there is no check luck; ${noCheck}`],
    [
      preflight,
      anAct("Waive", { check: "approvals" }),
      "approvals can't be waived: they are what a waiver would stand for",
    ],
    [preflight, anAct("Waive", { check: "parity", reason: "" }), "a waiver needs a reason"],
    [preflight, anAct("Waive", { check: "window" }), "spec.checklist.window.policy is Skip already"],
    [
      ramp,
      anAct("Waive", { check: "parity" }),
      "the phase is Ramp; checks are waived in Preflight and AwaitingApproval",
    ],
    [
      { phase: "AwaitingCutover" },
      anAct("Waive", { check: "reachable" }),
      "the phase is AwaitingCutover; checks are waived in Preflight and AwaitingApproval",
    ],
    [
      after("False"),
      anAct("Waive", { check: "window" }),
      "a migration in phase RolledBack never runs again; expected a waiver of parity",
    ],
    [after("True"), anAct("Waive", { check: "parity" }), "nothing is left to reconcile"],
    [{ phase: "RolledBack" }, anAct("Waive", { check: "parity" }), "nothing is left to reconcile"],
    [after("False"), anAct("Waive", { check: "parity", reason: "" }), "a waiver needs a reason"],
    [{ phase: "RolledBack" }, anAct("Pause"), "a migration in phase RolledBack never runs again"],
  ] as [Partial<MigrationStatus>, ActObservation, string][])("in %j %j: %s", (status, act, why) => {
    const applied = apply(status, [act]);
    expect(applied.announcements).toEqual([
      { type: "Warning", reason: "ActRefused", message: `${act.act} by ada has no effect: ${why}`, severity: null },
    ]);
    expect(applied.status).toEqual(aStatus({ ...status, acts: { paused: false, ...status.acts, seen: [act.uid] } }));
  });
});

describe("an act changes", () => {
  const kept = { paused: false, seen: [] };
  const latched = (act: "Abort" | "Rollback") => ({ act, actor: "ada", reason: "r", at: new Date(now).toISOString() });
  it.each([
    [{ ...ramp, acts: kept }, anAct("Pause"), { paused: true }],
    [{ ...ramp, acts: { ...kept, paused: true } }, anAct("Pause", { planHash: "p" }), { paused: true }],
    [{ ...ramp, acts: { ...kept, paused: true } }, anAct("Resume", { expiresAt: now + 1 }), { paused: false }],
    [
      { phase: "Guard", conditions: [aCondition("MetricsHealthy", "Unknown")] },
      anAct("CompleteGuard", { createdAt: now - 900_000 }),
      { paused: false, guardCompletedBy: { actor: "ada", reason: "r", at: new Date(now).toISOString() } },
    ],
    [ramp, anAct("Abort"), { paused: false, latched: latched("Abort") }],
    [{ phase: "Guard" }, anAct("Rollback"), { paused: false, latched: latched("Rollback") }],
    [
      { phase: "Guard", acts: { ...kept, latched: latched("Abort") } },
      anAct("Rollback", { actor: "grace" }),
      { paused: false, latched: latched("Abort") },
    ],
    [
      { phase: "AwaitingApproval", planHash: "p" },
      anAct("Approve", { role: "sre", planHash: "p" }),
      { paused: false, approvals: [{ role: "sre", actor: "ada", at, until: "2026-03-01T15:00:00.000Z" }] },
    ],
    [
      { phase: "AwaitingApproval" },
      anAct("Waive", { check: "parity" }),
      { paused: false, waived: [{ check: "parity", actor: "ada", reason: "r", at }] },
    ],
    [
      { phase: "AwaitingCutover" },
      anAct("Waive", { check: "parity" }),
      { paused: false, waived: [{ check: "parity", actor: "ada", reason: "r", at }] },
    ],
    [
      after("False"),
      anAct("Waive", { check: "parity" }),
      { paused: false, waived: [{ check: "parity", actor: "ada", reason: "r", at }] },
    ],
  ] as [Partial<MigrationStatus>, ActObservation, object][])("%j by %j", (status, act, acts) => {
    const applied = apply(status, [act]);
    expect(applied.status).toEqual(
      aStatus({ ...status, acts: { seen: [act.uid], ...acts } as MigrationStatus["acts"] }),
    );
    expect(applied.announcements).toEqual([
      { type: "Normal", reason: "ActTaken", message: `${act.act} by ${act.actor}: r`, severity: null },
    ]);
  });

  it("and says nothing of a reason that wasn't given", () => {
    expect(said(apply(ramp, [anAct("Pause", { reason: "" })]))).toEqual(["ActTaken: Pause by ada"]);
  });

  it("a waiver of the same check, and leaves the others", () => {
    const waiver = (check: "parity" | "reachable", reason: string) => ({ check, actor: "ada", reason, at });
    const waived = [waiver("parity", "old"), waiver("reachable", "x")];
    const applied = apply({ ...preflight, acts: { ...kept, waived } }, [anAct("Waive", { check: "parity" })]);
    expect(applied.status.acts?.waived).toEqual([waiver("reachable", "x"), waiver("parity", "r")]);
  });

  it("a plan that was rolled back before, in Pending alone: a Promote lets it begin again", () => {
    const promote = anAct("Promote", { planHash: hash });
    const applied = apply({ phase: "Pending" }, [promote], true);
    expect(applied.status.acts).toEqual({ paused: false, seen: [promote.uid], retriedBy: "ada" });
    expect(said(apply({ phase: "Pending" }, [promote]))[0]).toContain("the phase is Pending");
    expect(said(apply({ phase: "Ramp", planHash: hash }, [promote], true))[0]).toContain("the phase is Ramp");
  });

  it("a rollback that wants a postmortem: it is recorded, by the act's own time", () => {
    const status = { phase: "RolledBack", rollback, revision } as Partial<MigrationStatus>;
    const applied = apply(status, [anAct("Postmortem")]);
    expect(applied.status.postmortem).toEqual({ at, actor: "ada", act: "word" });
    expect(apply(ramp, [anAct("Pause")]).status.postmortem).toBeUndefined();
  });

  it("a hold after stepping down to nothing, which only a Resume ends", () => {
    const held = { causes: [], stepDowns: 3, heldSince: at };
    const harmAfter = (act: "Resume" | "Pause", harm: MigrationStatus["harm"]) =>
      apply({ ...ramp, harm }, [anAct(act)]).status.harm;
    expect(harmAfter("Resume", held)).toEqual({ causes: [], stepDowns: 0 });
    expect(harmAfter("Pause", held)).toEqual(held);
    expect(harmAfter("Resume", { causes: [], stepDowns: 3 })).toEqual({ causes: [], stepDowns: 3 });
    expect(harmAfter("Resume", undefined)).toBeUndefined();
  });
});

describe("an act's turn", () => {
  const uids = (count: number, name = "seen") => Array.from({ length: count }, (_, index) => `${name}-${index}`);
  const pauses = (names: readonly string[]) => names.map((uid) => anAct("Pause", { uid }));

  it("comes once, and none is taken by a failed read: the status stays the very same", () => {
    const status = aStatus({ ...ramp, acts: { paused: false, seen: ["uid-Pause"] } });
    const of = (seen: Partial<Observation>) => applyActs({ meta, status, plan, observation: seen as Observation, now });
    const cases: readonly Partial<Observation>[] = [
      { acts: { ok: true, value: [anAct("Pause")] } },
      { acts: { ok: true, value: [] }, actsAreCut: true },
      { acts: { ok: false, why: "?" } },
    ];
    for (const seen of cases) {
      expect(of(seen).status).toBe(status);
      expect(of(seen).announcements).toEqual([]);
    }
    expect(of({ acts: { ok: true, value: [] } }).status.acts).toEqual({ paused: false, seen: [] });
  });

  it("comes in order, of many acts at once", () => {
    const applied = apply(ramp, [anAct("Pause"), anAct("Resume"), anAct("Promote")]);
    expect(applied.status.acts).toEqual({ paused: false, seen: ["uid-Pause", "uid-Resume", "uid-Promote"] });
    expect(applied.promote).toBeUndefined();
    expect(said(applied).map((line) => line.slice(0, 20))).toEqual([
      "ActTaken: Pause by a",
      "ActTaken: Resume by ",
      "ActRefused: Promote ",
    ]);
  });

  it("comes first for an Abort or Rollback, whatever was created before it, and is never cut off", () => {
    const many = pauses(uids(500));
    const applied = apply(ramp, [...many, anAct("Rollback")]);
    expect(applied.status.acts).toMatchObject({ latched: { act: "Rollback" }, paused: true });
    expect(applied.status.acts?.seen).toEqual(["uid-Rollback", ...uids(50)]);
    const full = { paused: false, seen: uids(50) };
    const later = apply({ ...ramp, acts: full }, [...many, anAct("Abort")]);
    expect(later.status.acts?.seen).toEqual([...uids(50), "uid-Abort"]);
  });

  it("waits while fifty that were judged lie there, and comes once they are gone", () => {
    const acts = { paused: false, seen: uids(50) };
    expect(apply({ ...ramp, acts }, pauses(uids(51))).status.acts).toEqual(acts);
    expect(apply({ ...ramp, acts }, pauses(["seen-50"])).status.acts).toEqual({ paused: true, seen: ["seen-50"] });
  });
});
