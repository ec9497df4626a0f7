import { describe, expect, test } from "vitest";
import { aStatus } from "#test/builders/migration.ts";
import { aSpec, onlyReachable } from "#test/builders/spec.ts";
import { aJob, aVerifyPod, someJobs } from "#test/builders/verification.ts";
import { aMigration, anObservation, noon } from "#test/builders/world.ts";
import { foldWriters } from "./writer-runs.ts";

const nowIso = new Date(noon).toISOString();

/** How a copy is noted whose Job failed with these last words. */
function outcomeOf(words: string, sync: "Continuous" | "Never"): string | undefined {
  const plan = aSpec({
    checklist: { ...onlyReachable, approvals: { roles: [{ name: "sre" }] } },
    data: { copy: "IfIncomplete", sync },
  });
  const migration = aMigration(plan).build();
  const job = aJob([aVerifyPod(null, { words, exitCode: 1 })], { name: "copy-1", state: "failed" });
  const status = aStatus({ phase: "Preflight", copy: { number: 1, job: "copy-1", planHash: "h", askedAt: nowIso } });
  const observation = anObservation(migration, {}, { jobs: someJobs({ jobs: [job] }) });
  return foldWriters({ meta: migration.meta, plan, status, observation, nowIso }).copy?.result?.outcome;
}

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
    expect([outcomeOf(words, "Continuous"), outcomeOf(words, "Never")]).toEqual([synced, alone]);
  });
});
