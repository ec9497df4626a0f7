// A verification under way gets its result, once: from what its Job says, or from time.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { VerificationRun } from "@retriever/crds/status/verification-status.ts";
import { describe, expect, test } from "vitest";
import { aStatus } from "#test/builders/migration.ts";
import { aSpec, onlyReachable } from "#test/builders/spec.ts";
import { aJob, aResult, aRun, aSummary, aVerifyPod, someCounts, someJobs } from "#test/builders/verification.ts";
import { aMigration, anObservation, noon } from "#test/builders/world.ts";
import type { Observation } from "../model/observation.ts";
import { foldVerification } from "./fold.ts";

const plan = aSpec({ checklist: { ...onlyReachable, parity: { timeout: "1h", tolerance: { extra: 2 } } } });
const ago = (seconds: number) => new Date(noon - seconds * 1000).toISOString();
const at = "2026-03-01T12:00:00.000Z";
const equal = [aVerifyPod(aSummary())];
const drift = (more: Partial<ReturnType<typeof aSummary>> = {}) =>
  aVerifyPod(aSummary({ outcome: "drift", counts: someCounts({ missing: 3 }), ...more }));

function fold(
  run: VerificationRun,
  jobs: Partial<Pick<Observation, "jobs">>,
  more: Partial<MigrationStatus> = {},
): { before: MigrationStatus; after: MigrationStatus } {
  const before = aStatus({ phase: "Preflight", verification: { runs: [run] }, ...more });
  const observation = anObservation(aMigration(plan).build(), {}, jobs);
  const after = foldVerification({ status: before, plan, observation, reportName: "docs-drift", now: noon });
  return { before, after };
}

const resultOf = ({ verification }: MigrationStatus) => verification?.runs[0]?.result;
const said = (
  pods: Parameters<typeof aJob>[0],
  more: Parameters<typeof aJob>[1] = {},
  reportOf: string | null = null,
) => ({ jobs: someJobs({ jobs: [aJob(pods, more)], reportOf }) });

describe("a Job that has answered", () => {
  test("gives the run its result, in words", () => {
    expect(resultOf(fold(aRun(), said(equal)).after)).toEqual({
      outcome: "Compared",
      reason: "Equal",
      message: "no chunk differs (10 read at the source, 10 at the destination)",
      at,
      level: "fresh",
      counts: someCounts(),
      read: { source: 10, destination: 10 },
    });
  });

  test("that found differences gives their newest, their ids, and the report where one is kept", () => {
    const pods = [drift({ newestDifferenceAt: ago(60), ids: ["a", "b"] })];
    expect(resultOf(fold(aRun(), said(pods, {}, "job")).after)).toMatchObject({
      reason: "Drift",
      newestDifferenceAt: ago(60),
      ids: ["a", "b"],
      report: "docs-drift",
      message: expect.stringMatching(/^3 chunks differ: 3 missing .*; e\.g\. a, b; report in ConfigMap docs-drift$/),
    });
    const unkept = resultOf(fold(aRun(), said([drift()], {}, "another-job")).after);
    expect(unkept).not.toHaveProperty("report");
    expect(unkept).not.toHaveProperty("ids");
    expect(unkept).not.toHaveProperty("newestDifferenceAt");
  });

  test("without evidence gives Unknown, its words cut to what a status can hold", () => {
    expect(resultOf(fold(aRun(), said([])).after)).toEqual({
      outcome: "Unknown",
      reason: "NoSummary",
      message: "Job job failed, and partition 0 left no pod",
      at,
    });
    const endless = resultOf(fold(aRun(), said([], { message: "x".repeat(2000) })).after);
    expect(endless?.message).toHaveLength(1000);
    const ids = Array.from({ length: 3 }, (_, index) => `${index}`.repeat(500));
    expect(resultOf(fold(aRun(), said([drift({ ids })])).after)?.message).toHaveLength(1000);
  });

  test("is heard before the Job notices, but not before every partition has answered", () => {
    const state = "running" as const;
    expect(resultOf(fold(aRun(), said(equal, { state })).after)).toMatchObject({ outcome: "Compared" });
    const { before, after } = fold(aRun(), said(equal, { state, partitions: 2 }));
    expect(after).toBe(before);
  });
});

describe("since when the stores are equal", () => {
  const equalSince = ({ verification }: MigrationStatus) => verification?.equalSince;

  test("is when the comparison was asked for; now, where nobody can read that", () => {
    expect(equalSince(fold(aRun(), said(equal)).after)).toBe("2026-03-01T11:50:00.000Z");
    expect(equalSince(fold(aRun({ askedAt: "?" }), said(equal)).after)).toBe(at);
  });

  test("holds within the tolerance, and is nothing that a difference changes", () => {
    const extra = (count: number) => [drift({ counts: someCounts({ extra: count }) })];
    expect(equalSince(fold(aRun(), said(extra(2))).after)).toBe("2026-03-01T11:50:00.000Z");
    const known = { verification: { equalSince: ago(9000), runs: [aRun()] } };
    expect(equalSince(fold(aRun(), said(extra(3)), known).after)).toBe(ago(9000));
    expect(equalSince(fold(aRun(), said([]), known).after)).toBe(ago(9000));
  });

  test("isn't said of a rollback: then the source is behind, not the destination", () => {
    const run = aRun({ purpose: "Rollback" });
    const { after } = fold(run, said(equal), { phase: "VerifyingDrift" });
    expect(resultOf(after)).toMatchObject({ outcome: "Compared" });
    expect(equalSince(after)).toBeUndefined();
  });
});

describe("a Job that says nothing", () => {
  test.each<[string, Partial<Pick<Observation, "jobs">>, Partial<MigrationStatus>]>([
    ["isn't there yet", { jobs: someJobs() }, {}],
    ["can't be read", { jobs: { ok: false, why: "timed out" } }, {}],
    ["was not read", {}, {}],
    ["compared for a status that has lost its source", said(equal), { source: undefined }],
    ["compared for a status that has lost its destination", said(equal), { destination: undefined }],
  ])("and %s is waited for as long as the plan allows, and no longer", (_, jobs, more) => {
    const waiting = fold(aRun({ askedAt: ago(3600) }), jobs, more);
    expect(waiting.after).toBe(waiting.before);
    expect(resultOf(fold(aRun({ askedAt: ago(3601) }), jobs, more).after)).toEqual({
      outcome: "Unknown",
      reason: "TimedOut",
      message: "Job job had no result within 1h",
      at,
    });
  });

  test("and was asked at a time nobody can read is given up at once", () => {
    expect(resultOf(fold(aRun({ askedAt: "?" }), {}).after)).toMatchObject({ reason: "TimedOut" });
  });
});

describe("a status", () => {
  test("without a verification under way stays what it is", () => {
    const { before, after } = fold(aRun({ result: aResult() }), said([drift()]));
    expect(after).toBe(before);
  });

  test("loses the one its phase doesn't wait for, whatever its Job says", () => {
    const { after } = fold(aRun(), said(equal), { phase: "RollingBack" });
    expect(after.verification).toEqual({ runs: [] });
  });
});
