import type { RepairSummary } from "@retriever/sidecar/contract/repair-summary.ts";
import { expect, test } from "vitest";
import { destinationIdentity, sourceIdentity } from "#test/builders/sidecar-status.ts";
import { aJob, aVerifyPod } from "#test/builders/verification.ts";
import type { VerifyPod } from "../model/job-observation.ts";
import { endOfRepair } from "./repair-end.ts";

const digest = "a".repeat(64);
const stores = { source: sourceIdentity, destination: destinationIdentity };
const said: RepairSummary = {
  schema: 1,
  digest,
  source: sourceIdentity.digest,
  destination: destinationIdentity.digest,
  to: "source",
  named: 7,
  written: 7,
  removed: 0,
  open: 0,
};
const podOf = (change: Partial<RepairSummary> = {}, exitCode: number | null = 0): VerifyPod =>
  aVerifyPod(null, { exitCode, repaired: { ...said, ...change } });
const endOf = (pods: readonly VerifyPod[], state: "running" | "succeeded" | "failed" = "succeeded") =>
  endOfRepair(aJob(pods, { name: "repair-1", state, message: "BackoffLimitExceeded" }), { digest }, stores);

test("a repair has no end while its Job runs, whatever a pod says", () => {
  expect(endOf([podOf()], "running")).toBeUndefined();
});

test.each([0, 1])("nothing open is done, with exit code %s: what only the source has may differ", (exitCode) => {
  expect(endOf([podOf({}, exitCode)], "failed")).toMatchObject({ outcome: "Completed" });
});

test.each<[string, readonly VerifyPod[], string]>([
  ["is open", [podOf({ open: 2, written: 5 }, 1)], "wrote 5 of 7 chunks, 2 are left"],
  [
    "is open although it ended as if all were done",
    [podOf({ open: 2 }, 0)],
    "says that 2 are left, and ended with code 0",
  ],
  ["was said by a pod that was killed", [podOf({}, 137)], "says that 0 are left, and ended with code 137"],
  ["is another report's", [podOf({ digest: "b".repeat(64) })], "speaks of report bbbb"],
  ["is of another source", [podOf({ source: destinationIdentity.digest })], "other stores than this migration's"],
  ["went the other way", [podOf({ to: "destination" })], "another repair than one of the source"],
  ["removed chunks", [podOf({ removed: 1 })], "another repair than one of the source that removes nothing"],
  ["is said by no pod", [], "left no result: BackoffLimitExceeded"],
  [
    "is words",
    [aVerifyPod(null, { words: "RETR_REPAIR_REFUSED: edited" })],
    "left no result: RETR_REPAIR_REFUSED: edited",
  ],
  [
    "was said by an earlier pod alone",
    [podOf(), aVerifyPod(null, { endedAt: 9, words: "killed" })],
    "left no result: killed",
  ],
])("what %s is no success", (_, pods, words) => {
  const end = endOf(pods);
  expect(end).toMatchObject({ outcome: "Failed" });
  expect(end?.message).toContain(words);
});
