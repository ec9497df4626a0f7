import { type VerificationRun, verificationPurposes } from "@retriever/crds/status/verification-status.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aStatus } from "#test/builders/migration.ts";
import { aResult, aRun } from "#test/builders/verification.ts";
import { aMigration } from "#test/builders/world.ts";
import { configMapNameOf } from "../model/config-map-name.ts";
import { comparedRun, concludedRun, jobNameOf, nextNumber, openRun, withoutOpenRun, withRun } from "./runs.ts";

const { meta } = aMigration().build();
const result = aResult();
const knowing = (...runs: VerificationRun[]) => aStatus({ verification: { runs } });

describe("the verifications of a status", () => {
  test("are none at first, and the next one is number one", () => {
    const fresh = aStatus();
    expect([openRun(fresh), concludedRun(fresh, "Preflight"), comparedRun(fresh)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([nextNumber(fresh), nextNumber(knowing(aRun({ number: 7 }), aRun({ number: 3 })))]).toEqual([1, 8]);
  });

  test("are told apart: the one under way, the newest answer for a purpose, the newest that compared", () => {
    const cannot = aResult({ outcome: "Unknown" });
    const runs = [
      aRun({ number: 1, result }),
      aRun({ number: 2, result }),
      aRun({ number: 3, purpose: "Cutover", result }),
      aRun({ number: 4, purpose: "Cutover", result: cannot }),
      aRun({ number: 5, purpose: "Rollback" }),
    ];
    const status = knowing(...runs);
    expect(openRun(status)?.number).toBe(5);
    expect(concludedRun(status, "Preflight")?.number).toBe(2);
    expect(concludedRun(status, "Cutover")?.number).toBe(4);
    expect(concludedRun(status, "Rollback")).toBeUndefined();
    expect(comparedRun(status)?.number).toBe(3);
  });

  test("lose the one nobody waits for, and keep what was found", () => {
    const equalSince = "2026-03-01T11:00:00Z";
    const known = [aRun({ number: 1, result }), aRun({ number: 2 })];
    const status = withoutOpenRun(aStatus({ verification: { equalSince, runs: known } }));
    expect(status.verification).toEqual({ equalSince, runs: known.slice(0, 1) });
  });

  test("keep a result until there is a newer one of the same purpose", () => {
    const [first, second] = [aRun({ number: 1, result }), aRun({ number: 2 })];
    const asked = withRun(knowing(first), second);
    expect(asked.verification?.runs).toEqual([first, second]);
    const answered = { ...second, result };
    expect(withRun(asked, answered).verification?.runs).toEqual([answered]);
    const other = aRun({ number: 3, purpose: "Cutover", result });
    expect(withRun(withRun(asked, answered), other).verification?.runs).toEqual([answered, other]);
  });

  test("law: whatever is added, one is under way at most, and one answer is kept for each purpose", () => {
    const step = fc.record({ purpose: fc.constantFrom(...verificationPurposes), isAnswered: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let status = aStatus();
        for (const { purpose, isAnswered } of steps) {
          const run = aRun({ purpose, number: nextNumber(status), ...(isAnswered ? { result } : {}) });
          status = withRun(status, run);
          expect(status.verification?.runs.at(-1)).toBe(run);
        }
        const runs = status.verification?.runs ?? [];
        const answers = runs.filter((run) => run.result !== undefined).map(({ purpose }) => purpose);
        expect(new Set(answers).size).toBe(answers.length);
        expect(runs.length - answers.length).toBeLessThanOrEqual(1);
        const wanted = new Set(steps.filter(({ isAnswered }) => isAnswered).map(({ purpose }) => purpose));
        expect(new Set(answers)).toEqual(wanted);
      }),
    );
  });
});

describe("a Job's name", () => {
  test("is the same for the same run, and another for another migration of the name", () => {
    const named = jobNameOf(meta, "verify-cutover", 3);
    expect(named).toMatch(/^docs-to-qdrant-verify-cutover-3-[0-9a-f]{6}$/);
    expect(jobNameOf({ ...meta }, "verify-cutover", 3)).toBe(named);
    expect(jobNameOf({ ...meta, uid: "migration-2" }, "verify-cutover", 3)).not.toBe(named);
  });

  test("leaves room for the suffixes of its pods, and two long names stay two", () => {
    const [at, over] = ["a".repeat(28), `${"a".repeat(28)}b`];
    expect(jobNameOf({ ...meta, name: at }, "verify-preflight", 9)).toMatch(/^a{28}-verify-preflight-9-[0-9a-f]{6}$/);
    const mark = jobNameOf(meta, "x", 1).slice(-6);
    expect(jobNameOf({ ...meta, name: over }, "verify-preflight", 9)).toBe(
      `${"a".repeat(21)}-${mark}-verify-preflight-9-${mark}`,
    );
  });

  test("has no dot: pods are labelled with it", () => {
    expect(jobNameOf({ ...meta, name: "docs.v2.eu" }, "smoke-1", 1)).toMatch(/^docs-v2-eu-smoke-1-1-/);
  });
});

test("a report's name is the migration's, cut where a ConfigMap's may be and end", () => {
  expect(configMapNameOf({ name: "docs-to-qdrant" }, "drift")).toBe("docs-to-qdrant-drift");
  expect(configMapNameOf({ name: `${"a".repeat(238)}.-b` }, "drift")).toBe(`${"a".repeat(238)}-drift`);
  expect(configMapNameOf({ name: `${"a".repeat(238)}.1b` }, "drift")).toBe(`${"a".repeat(238)}.1-drift`);
});
