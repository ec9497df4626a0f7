// The copy that a status knows of: whether it is still wanted, and what its Job said. A result is noted once.
import type { CopyStatus } from "@retriever/crds/status/copy-status.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { MigrationMeta } from "../model/migration.ts";
import type { Observation } from "../model/observation.ts";
import { purposeOf } from "./purpose.ts";
import { openCopy } from "./runs.ts";

type Subject = { readonly meta: Pick<MigrationMeta, "deleting">; readonly status: MigrationStatus };

/** The copy under way whose Job is to run: of the accepted plan, which a person approved, and before anything is sampled. */
export function wantedCopy({ meta, status }: Subject): CopyStatus | undefined {
  const run = openCopy(status);
  const isAsked = purposeOf(status.phase) === "Preflight" && !meta.deleting;
  return isAsked && run?.stoppedAt === undefined && run?.planHash === status.planHash ? run : undefined;
}

/** The status in which a copy under way is to end. */
export function stopCopy(status: MigrationStatus, nowIso: string): MigrationStatus {
  const run = openCopy(status);
  return run === undefined || run.stoppedAt !== undefined ? status : { ...status, copy: { ...run, stoppedAt: nowIso } };
}

type FoldCopyInput = Subject & {
  readonly observation: Observation;
  /** ISO 8601. */
  readonly nowIso: string;
};

/** Longer than a result may be in a status. */
const longestMessage = 1000;

/** The status with the result of a copy that is over. One that isn't wanted any more stays open until its Job is gone. */
export function foldCopy({ meta, status, observation: { jobs }, nowIso: at }: FoldCopyInput): MigrationStatus {
  const run = openCopy(status);
  if (run === undefined || jobs?.ok !== true) return status;
  const job = jobs.value.jobs.find(({ name }) => name === run.job);
  const end = (outcome: "Completed" | "Failed" | "Stopped", message: string): MigrationStatus => ({
    ...status,
    copy: {
      ...run,
      ...(outcome === "Failed" ? { failures: Math.min(1000, (run.failures ?? 0) + 1) } : {}),
      result: { outcome, message: message.slice(0, longestMessage), at },
    },
  });
  if (job === undefined)
    return wantedCopy({ meta, status }) === undefined ? end("Stopped", `Job ${run.job} is gone`) : status;
  if (job.state === "running") return status;
  const words = job.pods.map((pod) => pod.words).find((each) => each !== "") ?? job.message;
  const said = words === "" ? "" : `: ${words}`;
  // What only the destination has is no copy's to remove.
  const isDone = job.state === "succeeded" || /; drift, \d+ extra$/.test(words);
  return isDone ? end("Completed", `Job ${run.job} completed${said}`) : end("Failed", `Job ${run.job} failed${said}`);
}
