// The copy that a status knows of: whether it is still wanted, and what its Job said. A result is noted once.
import type { CopyStatus } from "@retriever/crds/status/copy-status.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { JobSeen } from "../model/job-observation.ts";
import type { MigrationMeta } from "../model/migration.ts";
import type { Observation } from "../model/observation.ts";
import { instantMs } from "../model/status-readings.ts";
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

/** How long a Job that was asked for may be missing: longer than an API server that is being restarted. */
const longestAbsenceMs = 5 * 60_000;

/** The status with the result of a copy that is over. One that isn't wanted any more stays open until its Job is gone. */
export function foldCopy(input: FoldCopyInput): MigrationStatus {
  const { status, nowIso: at } = input;
  const { jobs } = input.observation;
  const run = openCopy(status);
  if (run === undefined || jobs?.ok !== true) return status;
  const job = jobs.value.jobs.find(({ name }) => name === run.job);
  const { absentSince, ...seen } = run;
  const end = job === undefined ? endOfAbsent(input, run) : endOf(job);
  if (end !== undefined) {
    const { outcome, message } = end;
    const failures = outcome === "Failed" ? { failures: Math.min(1000, (run.failures ?? 0) + 1) } : {};
    return {
      ...status,
      copy: { ...seen, ...failures, result: { outcome, message: message.slice(0, longestMessage), at } },
    };
  }
  if (job === undefined) return absentSince === undefined ? { ...status, copy: { ...run, absentSince: at } } : status;
  return absentSince === undefined ? status : { ...status, copy: seen };
}

type End = Pick<NonNullable<CopyStatus["result"]>, "outcome" | "message">;

/** Of a copy whose Job isn't there; undefined while it may still come. */
function endOfAbsent(input: FoldCopyInput, { job, absentSince }: CopyStatus): End | undefined {
  if (wantedCopy(input) === undefined) return { outcome: "Stopped", message: `Job ${job} is gone` };
  const since = instantMs(absentSince);
  const isLost = since !== undefined && (instantMs(input.nowIso) ?? 0) - since >= longestAbsenceMs;
  return isLost ? { outcome: "Failed", message: `Job ${job} could not be made within 5m from its CronJob` } : undefined;
}

function endOf({ name, state, message, pods }: JobSeen): End | undefined {
  if (state === "running") return undefined;
  const words = pods.map((pod) => pod.words).find((each) => each !== "") ?? message;
  const said = words === "" ? "" : `: ${words}`;
  // What only the destination has is no copy's to remove.
  const isDone = state === "succeeded" || /; drift, \d+ extra$/.test(words);
  return isDone
    ? { outcome: "Completed", message: `Job ${name} completed${said}` }
    : { outcome: "Failed", message: `Job ${name} failed${said}` };
}
