import type { MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import { type Phase, phases } from "@retriever/crds/status/migration-status.ts";
import { describe, expect, test } from "vitest";
import { aStatus } from "#test/builders/migration.ts";
import { aSpec, onlyReachable } from "#test/builders/spec.ts";
import { asksForJobs, isLateRollback, purposeOf, servedSeconds } from "./purpose.ts";

const rollback = { from: "Guard" as const, reason: "HarmAlert", causes: [], actor: null };
const cutoverAt = "2026-03-01T11:00:00Z";
const asking = (checklist: MigrationSpecInput["checklist"]) => aSpec({ checklist: { ...onlyReachable, ...checklist } });
const phasesWith = (isSo: (phase: Phase) => boolean) => phases.filter(isSo);

test("the stores are compared for the start, for the cutover and for a rollback, and for nothing else", () => {
  const asked = phasesWith((phase) => purposeOf(phase) !== undefined);
  expect(asked.map((phase) => [phase, purposeOf(phase)])).toEqual([
    ["Preflight", "Preflight"],
    ["AwaitingApproval", "Preflight"],
    ["AwaitingCutover", "Cutover"],
    ["VerifyingDrift", "Rollback"],
  ]);
});

describe("Jobs are observed at", () => {
  const observed = (plan: ReturnType<typeof aSpec>) => phasesWith((phase) => asksForJobs(plan, aStatus({ phase })));

  test.each<[string, MigrationSpecInput["checklist"], readonly Phase[]]>([
    ["after a late rollback only, where the checklist asks for none", {}, ["VerifyingDrift"]],
    [
      "wherever parity is waited for",
      { parity: {} },
      ["Preflight", "AwaitingApproval", "AwaitingCutover", "VerifyingDrift"],
    ],
    ["before the start for smoke tests", { smokeTests: {} }, ["Preflight", "AwaitingApproval", "VerifyingDrift"]],
  ])("%s", (_, checklist, wanted) => {
    expect(observed(asking(checklist)).toSorted()).toEqual(wanted.toSorted());
  });

  test("at the end as long as a verification is known, until the last are cleaned up", () => {
    expect(asksForJobs(asking({}), aStatus({ phase: "RolledBack", verification: { runs: [] } }))).toBe(true);
    expect(asksForJobs(asking({ parity: {} }), aStatus({ phase: "RolledBack" }))).toBe(false);
    expect(asksForJobs(asking({}), aStatus({ phase: "Completed", verification: { runs: [] } }))).toBe(false);
  });
});

describe("a rollback", () => {
  const plan = aSpec({ rollback: { verifyDriftAfter: "15m" } });
  const at = (time: string) => aStatus({ cutoverAt, rollback: { ...rollback, at: time } });

  test("is late once the destination has served for longer than the window", () => {
    expect([servedSeconds(at("2026-03-01T11:15:00Z")), isLateRollback(plan, at("2026-03-01T11:15:00Z"))]).toEqual([
      900,
      false,
    ]);
    expect(isLateRollback(plan, at("2026-03-01T11:15:00.001Z"))).toBe(true);
  });

  test.each([
    ["without a cutover", aStatus({ rollback: { ...rollback, at: cutoverAt } })],
    ["of a cutover nobody can date", aStatus({ cutoverAt: "?", rollback: { ...rollback, at: cutoverAt } })],
    ["at a time nobody can read", at("?")],
    ["that never was", aStatus({ cutoverAt })],
  ])("%s is not late", (_, status) => {
    expect(servedSeconds(status)).toBeUndefined();
    expect(isLateRollback(plan, status)).toBe(false);
  });

  test("is late once its last pod is back that late", () => {
    const servedUntil = "2026-03-01T11:16:00Z";
    const status = aStatus({ cutoverAt, rollback: { ...rollback, at: "2026-03-01T11:01:00Z", servedUntil } });
    expect([servedSeconds(status), isLateRollback(plan, status)]).toEqual([960, true]);
  });

  test("before its cutover, by a clock that was put back, is late: nobody knows how late", () => {
    expect(isLateRollback(plan, at("2026-03-01T10:59:59Z"))).toBe(true);
  });
});
