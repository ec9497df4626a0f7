import { expect, test } from "vitest";
import { aStatus } from "#test/builders/migration.ts";
import { aSpec } from "#test/builders/spec.ts";
import { aResult, aRun, someCounts } from "#test/builders/verification.ts";
import type { ActObservation } from "../model/observation.ts";
import { refuseRepairDrift } from "./drift-repair.ts";

const plan = aSpec({ rollback: { verifyDriftAfter: "15m" } });
const digest = "d".repeat(64);
const act = { act: "RepairDrift", digest } as unknown as ActObservation;
const rollback = { at: "2026-03-01T12:00:00Z", from: "Guard" as const, reason: "HarmAlert", causes: [], actor: null };
const result = aResult({ counts: someCounts({ extra: 3 }), digest });

/** Compared at 11:50, after a rollback from the cutover of that time. */
const after = (cutoverAt: string) =>
  aStatus({
    phase: "RolledBack",
    cutoverAt,
    rollback,
    verification: { runs: [aRun({ purpose: "Rollback", result })] },
  });

test("a repair is of what was compared since the cutover, and of no report of one before it", () => {
  expect(refuseRepairDrift(act, { status: after("2026-03-01T08:00:00Z"), plan })).toBeUndefined();
  expect(refuseRepairDrift(act, { status: after("2026-03-01T11:55:00Z"), plan })).toContain(
    "no report says what to repair",
  );
});
