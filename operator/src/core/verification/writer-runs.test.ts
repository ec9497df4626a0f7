import { describe, expect, test } from "vitest";
import { ago, aReadyContext, asking } from "#test/builders/context.ts";
import { aJob, aVerifyPod, someJobs } from "#test/builders/verification.ts";
import type { JobSeen } from "../model/job-observation.ts";
import { foldWriters } from "./writer-runs.ts";

type Parity = "Skip" | "Require";

/** How a copy ended whose Job is over. */
function endOf(job: Partial<JobSeen>, parity: Parity, sync: "Never" | "Continuous" = "Never") {
  const checklist = { parity: { policy: parity }, approvals: { roles: [{ name: "sre" }] } };
  const c = aReadyContext("Preflight", { ...asking(checklist), data: { copy: "IfIncomplete", sync } });
  const copy = { number: 1, job: "copy-1", planHash: c.status.planHash, askedAt: ago(60) };
  const { meta, plan, observation, nowIso } = c;
  const jobs = someJobs({ jobs: [aJob(job.pods, { state: "succeeded", ...job, name: "copy-1" })] });
  const status = { ...c.status, copy };
  return foldWriters({ meta, plan, status, observation: { ...observation, jobs }, nowIso }).copy?.result;
}

const podOf = (partition: number, exitCode: number, words: string) =>
  aVerifyPod(null, { name: `copy-1-${partition}`, partition, exitCode, words });
const parts = [podOf(0, 0, "part 0/2, not compared"), podOf(1, 0, "part 1/2, not compared")];

describe("a copy in parts, none of which compares anything,", () => {
  test("has failed where nobody else compares the stores", () => {
    const result = endOf({ partitions: 2, pods: parts }, "Skip");
    expect(result).toMatchObject({ outcome: "Failed", message: expect.stringContaining("compares nothing") });
    expect(result?.message).toContain("spec.checklist.parity");
  });

  test.each<[string, Parity, "Never" | "Continuous"]>([
    ["parity compares them", "Require", "Never"],
    ["a sync verifies them", "Skip", "Continuous"],
  ])("is done where %s", (_, parity, sync) => {
    expect(endOf({ partitions: 2, pods: parts }, parity, sync)).toMatchObject({ outcome: "Completed" });
  });

  test("that failed is told in the words of a part that failed", () => {
    const pods = [parts[0] ?? podOf(0, 0, ""), podOf(1, 2, "RETR_BACKEND_UNAVAILABLE: no answer")];
    expect(endOf({ partitions: 2, state: "failed", pods }, "Require")).toMatchObject({
      outcome: "Failed",
      message: "Job copy-1 failed: RETR_BACKEND_UNAVAILABLE: no answer",
    });
  });
});

test("a copy in one pod is done by its own comparison", () => {
  expect(endOf({ pods: [podOf(0, 0, "3 new; equal")] }, "Skip")).toMatchObject({ outcome: "Completed" });
});

describe("a copy beside writers", () => {
  test.each([
    ["2000 new, 0 over older ones, 0 were there already; drift, 5 missing, 22 extra, 42 stale", "Completed", "Failed"],
    ["9 new, 0 over older ones, 0 were there already; drift, 3 stale", "Completed", "Failed"],
    ["9 new, 0 over older ones, 0 were there already; drift, 3 extra", "Completed", "Completed"],
    ["9 new, 0 over older ones, 0 were there already; drift, 3 missing, 1 vector", "Failed", "Failed"],
    ["9 new, 0 over older ones, 0 were there already; drift, 3 missing; 3 refused, a: too large", "Failed", "Failed"],
    ["9 new, 0 over older ones, 0 were there already; unknown, the source can't be read", "Failed", "Failed"],
    ["RETR_COPY_REFUSED: no right to write", "Failed", "Failed"],
  ])("that ends with %j is %s where a sync follows, else %s", (words, synced, alone) => {
    const pods = [podOf(0, 1, words)];
    const outcome = (sync: "Never" | "Continuous") => endOf({ state: "failed", pods }, "Require", sync)?.outcome;
    expect([outcome("Continuous"), outcome("Never")]).toEqual([synced, alone]);
  });
});
