// The copy, the sync and the repair that a status knows of: whether each is still wanted, and what its Job said. A result is noted once.
import { syncsData } from "@retriever/crds/spec/data-spec.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { WriterRun } from "@retriever/crds/status/writer-status.ts";
import type { JobSeen } from "../model/job-observation.ts";
import type { MigrationMeta } from "../model/migration.ts";
import type { Observation } from "../model/observation.ts";
import { instantMs } from "../model/status-readings.ts";
import { driftResolvedFact } from "./drift-resolved.ts";
import { isSyncing, purposeOf } from "./purpose.ts";
import { endOfRepair } from "./repair-end.ts";
import { openWriter, type Writer, writers } from "./runs.ts";

type Subject = {
  readonly meta: Pick<MigrationMeta, "deleting">;
  readonly plan: MigrationSpec;
  readonly status: MigrationStatus;
};

/** The run under way whose Job is to run: of the accepted plan, which a person agreed to, in the phases that it is for. */
export function wantedWriter<Which extends Writer>(subject: Subject, which: Which): MigrationStatus[Which] {
  const { meta, status } = subject;
  const run = openWriter(status, which);
  const isAsked = !meta.deleting && isItsTime[which](subject);
  return isAsked && run?.stoppedAt === undefined && run?.planHash === status.planHash ? run : undefined;
}

const isItsTime: Readonly<Record<Writer, (subject: Subject) => boolean>> = {
  copy: ({ status }) => isCopying(status),
  sync: ({ status }) => isSyncing(status),
  // Until a person has closed the corrections.
  repair: ({ plan, status }) => status.phase === "RolledBack" && driftResolvedFact(plan, status)?.status !== "True",
};

/** Before anything is sampled. */
function isCopying({ phase }: MigrationStatus): boolean {
  return purposeOf(phase) === "Preflight";
}

/** The status in which a run under way is to end. */
export function stopWriter(status: MigrationStatus, which: Writer, nowIso: string): MigrationStatus {
  const run = openWriter(status, which);
  if (run === undefined || run.stoppedAt !== undefined) return status;
  return { ...status, [which]: { ...run, stoppedAt: nowIso } };
}

type FoldInput = Subject & {
  readonly observation: Observation;
  /** ISO 8601. */
  readonly nowIso: string;
};

/** Longer than a result may be in a status. */
const longestMessage = 1000;

/** How long a Job that was asked for may be missing: longer than an API server that is being restarted. */
const longestAbsenceMs = 5 * 60_000;

/** A sync that lasted so long is the first again of those that fail in a row. */
const lastingMs = 3_600_000;

/** The status with the results of what is over. What isn't wanted any more stays open until its Job is gone. */
export function foldWriters(input: FoldInput): MigrationStatus {
  return writers.reduce((status, which) => fold({ ...input, status }, which), input.status);
}

function fold(input: FoldInput, which: Writer): MigrationStatus {
  const { status, nowIso: at } = input;
  const { jobs } = input.observation;
  const run = openWriter(status, which);
  if (run === undefined || jobs?.ok !== true) return status;
  const job = jobs.value.jobs.find(({ name }) => name === run.job);
  const { absentSince, ...seen } = run;
  const end = job === undefined ? endOfAbsent(input, which, run) : ends[which](job, input);
  if (end !== undefined) {
    const { outcome, message } = end;
    const isFailure = outcome === "Failed" || outcome === "NotStarted";
    const failures = isFailure ? { failures: failuresOf(which, run, at) } : {};
    const result = { outcome, message: message.slice(0, longestMessage), at };
    return { ...status, [which]: { ...seen, ...failures, result } };
  }
  if (job === undefined)
    return absentSince === undefined ? { ...status, [which]: { ...run, absentSince: at } } : status;
  return absentSince === undefined ? status : { ...status, [which]: seen };
}

function failuresOf(which: Writer, { failures = 0, askedAt }: WriterRun, at: string): number {
  const lastedMs = (instantMs(at) ?? 0) - (instantMs(askedAt) ?? 0);
  return which === "sync" && lastedMs >= lastingMs ? 1 : Math.min(1000, failures + 1);
}

type End = Pick<NonNullable<WriterRun["result"]>, "outcome" | "message">;

/** Of a run whose Job isn't there; undefined while it may still come. */
function endOfAbsent(input: FoldInput, which: Writer, { job, absentSince }: WriterRun): End | undefined {
  if (wantedWriter(input, which) === undefined) return { outcome: "Stopped", message: `Job ${job} is gone` };
  const since = instantMs(absentSince);
  const isLost = since !== undefined && (instantMs(input.nowIso) ?? 0) - since >= longestAbsenceMs;
  const message = `Job ${job} could not be made within 5m from its CronJob`;
  return isLost ? { outcome: "NotStarted", message } : undefined;
}

/** What only the destination has is no copy's to remove. */
const onlyExtra = /; drift, \d+ extra$/;

/** What is written and removed while a copy compares: a sync brings it, and begins once the copy has ended. */
const onlyLater = /; drift, \d+ (?:missing|extra|stale)(?:, \d+ (?:missing|extra|stale)){0,2}$/;

const ends: Readonly<Record<Writer, (job: JobSeen, input: FoldInput) => End | undefined>> = {
  copy: ({ name, state, message, pods, partitions }, { plan }) => {
    if (state === "running") return undefined;
    const words = lastWords(pods, message);
    const isDone = state === "succeeded" || (syncsData(plan) ? onlyLater : onlyExtra).test(words);
    if (!isDone) return { outcome: "Failed", message: `Job ${name} failed${saying(words)}` };
    if (partitions > 1 && plan.checklist.parity.policy === "Skip" && !syncsData(plan))
      return { outcome: "Failed", message: `Job ${name} copied in parts, which ${uncompared}` };
    return { outcome: "Completed", message: `Job ${name} completed${saying(words)}` };
  },
  // It goes on until it is stopped, so that any end is none that was wanted.
  sync: ({ name, state, message, pods }) =>
    state === "running"
      ? undefined
      : { outcome: "Failed", message: `Job ${name} ended${saying(lastWords(pods, message))}` },
  repair: (job, { status }) => endOfRepair(job, { digest: "", ...status.repair }, status),
};

const uncompared =
  "compares nothing, and spec.checklist.parity is Skip: have parity required, or copy in one pod (copy.bounds of the library chart)";

/** Those of a pod that failed, where one did. */
function lastWords(pods: JobSeen["pods"], otherwise: string): string {
  const spoke = pods.filter(({ words }) => words !== "");
  return (spoke.find(({ exitCode }) => exitCode !== 0) ?? spoke[0])?.words ?? otherwise;
}

function saying(words: string): string {
  return words === "" ? "" : `: ${words}`;
}
