import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { VerificationResult } from "@retriever/crds/status/verification-status.ts";
import { describe, expect, test } from "vitest";
import { aStatus } from "#test/builders/migration.ts";
import { aSpec } from "#test/builders/spec.ts";
import { aResult, aRun, someCounts } from "#test/builders/verification.ts";
import { correctionsOf, driftResolvedFact, hiddenByRollback, servedFor } from "./drift-resolved.ts";

const plan = aSpec({ rollback: { verifyDriftAfter: "15m" } });
const cutoverAt = "2026-03-01T08:00:00Z";
const rollback = {
  at: "2026-03-01T12:00:00Z",
  from: "Guard" as const,
  reason: "HarmAlert",
  causes: [],
  actor: null,
};

const late = (more: Partial<MigrationStatus> = {}) => aStatus({ phase: "RolledBack", cutoverAt, rollback, ...more });
const found = (result: VerificationResult, more: Partial<MigrationStatus> = {}) =>
  late({ verification: { runs: [aRun({ purpose: "Rollback", result })] }, ...more });
const differing = aResult({ message: "9 chunks differ", counts: someCounts({ missing: 2, extra: 3, stale: 4 }) });

test("corrections are what the source lacks or has in another form", () => {
  expect(correctionsOf(someCounts({ missing: 64, lagging: 32, extra: 1, stale: 2, payload: 4, vector: 8 }))).toBe(15);
});

describe("whether the source has what the destination received", () => {
  test("is no question where no traffic was moved, or none was taken back", () => {
    expect(driftResolvedFact(plan, aStatus({ cutoverAt }))).toBeUndefined();
    expect(driftResolvedFact(plan, aStatus({ rollback }))).toBeUndefined();
  });

  test.each<[string, MigrationStatus, string, string]>([
    ["an answer that nothing differs", found(aResult()), "True/Equal", "no chunk differs"],
    [
      "an answer with differences",
      found(differing),
      "False/CorrectionsOpen",
      `7 chunks of the destination are not as such at the source since the cutover of ${cutoverAt}: 9 chunks differ`,
    ],
    [
      "an answer with one",
      found({ ...differing, counts: someCounts({ extra: 1 }) }),
      "False/CorrectionsOpen",
      `1 chunk of the destination is not as such at the source since the cutover of ${cutoverAt}: 9 chunks differ`,
    ],
    [
      "an answer with chunks that only the source has",
      found({ ...differing, counts: someCounts({ missing: 2 }) }),
      "True/Equal",
      "9 chunks differ",
    ],
    [
      "no answer that can be used",
      found({ outcome: "Unknown", reason: "CannotSay", message: "a store went away", at: rollback.at }),
      "Unknown/CannotSay",
      "the stores could not be compared: a store went away",
    ],
    ["no answer at the end", late(), "Unknown/NotCompared", "the stores were not compared"],
    [
      "no answer yet",
      late({ phase: "VerifyingDrift" }),
      "Unknown/Comparing",
      "what was written since the cutover is compared after every pod is back",
    ],
    [
      "a rollback within the window",
      late({ rollback: { ...rollback, at: "2026-03-01T08:15:00Z" } }),
      "Unknown/WithinVerifyDriftAfter",
      "nothing is compared within 15m of the cutover",
    ],
  ])("follows %s", (_, status, answer, message) => {
    const fact = driftResolvedFact(plan, status);
    expect([`${fact?.status}/${fact?.reason}`, fact?.message]).toEqual([answer, message]);
  });

  test("isn't asked by a plan that skips it", () => {
    const skipping = aSpec({ rollback: { verifyDriftAfter: "15m", integrity: "Skip" } });
    expect(driftResolvedFact(skipping, found(differing))).toEqual({
      status: "Unknown",
      reason: "Skipped",
      message: "spec.rollback.integrity is Skip",
    });
  });
});

describe("a person's waiver of parity", () => {
  const waived = (at: string, check = "parity") => ({
    acts: { paused: false, seen: [], waived: [{ check, actor: "ada", reason: "ticket 7", at }] },
  });

  test("closes what is open when it was given after the rollback, and keeps what was found", () => {
    expect(driftResolvedFact(plan, found(differing, waived(rollback.at)))).toEqual({
      status: "True",
      reason: "Waived",
      message: expect.stringMatching(/^closed by ada: ticket 7 \(7 chunks of the destination .*\)$/),
    });
  });

  test.each<[string, Partial<MigrationStatus>]>([
    ["before the rollback", waived("2026-03-01T11:59:59Z")],
    ["at a time nobody can read", waived("?")],
    ["of another check", waived(rollback.at, "window")],
    ["of a rollback nobody can date", { ...waived(rollback.at), rollback: { ...rollback, at: "?" } }],
  ])("given %s closes nothing", (_, more) => {
    expect(driftResolvedFact(plan, found(differing, more))).not.toMatchObject({ status: "True" });
  });

  test("isn't needed where nothing differs", () => {
    expect(driftResolvedFact(plan, found(aResult(), waived(rollback.at)))).toMatchObject({ reason: "Equal" });
  });
});

describe("what a rollback would hide", () => {
  const compared = (...results: VerificationResult[]) =>
    aStatus({ verification: { runs: results.map((result, index) => aRun({ number: index + 1, result })) } });

  test("are the chunks that only the destination has, as the newest comparison knows them", () => {
    const extra = (count: number) => aResult({ counts: someCounts({ extra: count, missing: 1 }) });
    const unknown = aResult({ outcome: "Unknown", counts: undefined });
    expect(hiddenByRollback(compared(extra(1), extra(7), unknown))).toBe(
      "; 7 chunks are only at the destination (compared at 2026-03-01T11:55:00.000Z)",
    );
  });

  test("is nothing where there are none, or nobody has compared", () => {
    expect(hiddenByRollback(aStatus())).toBe("");
    expect(hiddenByRollback(compared(aResult()))).toBe("");
    expect(hiddenByRollback(compared(aResult({ counts: undefined })))).toBe("");
  });
});

test("how long the destination served is said in words", () => {
  expect(servedFor(late())).toBe("4h after the cutover");
});
