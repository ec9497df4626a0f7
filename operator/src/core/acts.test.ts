// Waivers that have no effect, and the one that has after the end.
import type { MigrationStatus } from "@retriever/crds/migration-status.ts";
import { expect, it } from "vitest";
import { aCondition, aStatus } from "#test/builders/migration.ts";
import { aSpec, onlyReachable } from "#test/builders/spec.ts";
import { applyActs } from "./acts.ts";
import type { ActObservation, Observation } from "./model.ts";

const plan = aSpec({ checklist: { ...onlyReachable, parity: {} } });

function waive(status: Partial<MigrationStatus>, more: Partial<ActObservation>): string {
  const act = {
    name: "a",
    uid: "a",
    createdAt: 0,
    act: "Waive",
    actor: "ada",
    reason: "r",
    planHash: null,
    expiresAt: null,
  };
  const observation = { acts: { ok: true, value: [{ ...act, ...more }] } } as unknown as Observation;
  const applied = applyActs({ status: aStatus(status), plan, observation, now: 1000 });
  return applied.announcements.map(({ reason, message }) => `${reason}: ${message}`).join();
}

const preflight = { phase: "Preflight" } as const;
const after = (reconciled: "True" | "False") =>
  ({ phase: "RolledBack", conditions: [aCondition("Reconciled", reconciled)] }) as const;

it.each([
  [
    preflight,
    { check: null },
    "ActRefused: Waive by ada has no effect: there is no check without a name; expected one",
  ],
  [preflight, { check: "luck" }, "ActRefused: Waive by ada has no effect: there is no check luck; expected one"],
  [preflight, { check: "approvals" }, "ActRefused: Waive by ada has no effect: approvals can't be waived"],
  [preflight, { check: "parity", reason: "" }, "ActRefused: Waive by ada has no effect: a waiver needs a reason"],
  [
    preflight,
    { check: "window" },
    "ActRefused: Waive by ada has no effect: spec.checklist.window.policy is Skip already",
  ],
  [preflight, { check: "parity" }, "ActTaken: Waive by ada: r"],
  [
    { phase: "Ramp" },
    { check: "parity" },
    "ActRefused: Waive by ada has no effect: the phase is Ramp; checks are waived",
  ],
  [
    after("False"),
    { check: "window" },
    "ActRefused: Waive by ada has no effect: a migration in phase RolledBack never",
  ],
  [after("True"), { check: "parity" }, "ActRefused: Waive by ada has no effect: nothing is left to reconcile"],
  [
    { phase: "RolledBack" },
    { check: "parity" },
    "ActRefused: Waive by ada has no effect: nothing is left to reconcile",
  ],
  [after("False"), { check: "parity", reason: "" }, "ActRefused: Waive by ada has no effect: a waiver needs a reason"],
  [after("False"), { check: "parity" }, "ActTaken: Waive by ada: r"],
] as [Partial<MigrationStatus>, Partial<ActObservation>, string][])("in %j a waiver %j: %s", (status, more, said) => {
  expect(waive(status, more)).toContain(said);
});
