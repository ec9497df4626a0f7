// How a repair's Job ended: by what its pod says of the chunks at the end, never by an exit code alone.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { RepairRun, WriterRun } from "@retriever/crds/status/writer-status.ts";
import type { RepairSummary } from "@retriever/sidecar/contract/repair-summary.ts";
import { isCalled } from "@retriever/stores/config/identity.ts";
import type { JobSeen } from "../model/job-observation.ts";

type End = Pick<NonNullable<WriterRun["result"]>, "outcome" | "message">;

/** Undefined while it runs. What can't be proved to be this repair's word counts as failed. */
export function endOfRepair(
  { name, state, message, pods }: JobSeen,
  run: Pick<RepairRun, "digest">,
  stores: Pick<MigrationStatus, "source" | "destination">,
): End | undefined {
  if (state === "running") return undefined;
  const failed = (why: string): End => ({ outcome: "Failed", message: `Job ${name} ${why}` });
  const newest = pods.toSorted((a, b) => b.endedAt - a.endedAt)[0];
  const words = newest?.words ?? "";
  if (newest?.repaired === undefined) return failed(`left no result: ${words || message || "its pod is gone"}`);
  const strange = strangenessOf(newest.repaired, run, stores);
  if (strange !== undefined) return failed(`speaks of ${strange}`);
  const { named, written, open } = newest.repaired;
  const isDone = open === 0;
  if (!isEndOf(newest.exitCode, isDone))
    return failed(`says that ${open} are left, and ended with code ${newest.exitCode}`);
  if (!isDone) return failed(`wrote ${written} of ${named} chunks, ${open} are left; its log names them`);
  return {
    outcome: "Completed",
    message: `Job ${name} wrote ${written} of ${named} chunks; the source holds all of them as such, or newer ones`,
  };
}

function strangenessOf(
  said: RepairSummary,
  { digest }: Pick<RepairRun, "digest">,
  { source, destination }: Pick<MigrationStatus, "source" | "destination">,
): string | undefined {
  if (said.digest !== digest) return `report ${said.digest}, asked for was ${digest}`;
  if (said.to !== "source" || said.removed > 0) return "another repair than one of the source that removes nothing";
  const isOfStores =
    source !== undefined &&
    destination !== undefined &&
    isCalled(source, said.source) &&
    isCalled(destination, said.destination);
  return isOfStores ? undefined : "other stores than this migration's";
}

/** 1: something differs, which may be what only the source has. */
function isEndOf(exitCode: number | null, isDone: boolean): boolean {
  return exitCode === 1 || (isDone && exitCode === 0);
}
