// From the verifications, tests, copy, sync and repair of a status to the Jobs there must be: created once, kept for a while, few of them.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { SmokeTestStatus } from "@retriever/crds/status/verification-status.ts";
import {
  copyTemplateName,
  driftMapName,
  repairTemplateName,
  syncTemplateName,
  verifyTemplateName,
} from "@retriever/sidecar/contract/names.ts";
import { configMapNameOf } from "../model/config-map-name.ts";
import type { Effect, RepairOrder } from "../model/decision.ts";
import type { JobSeen, JobsObservation } from "../model/job-observation.ts";
import type { MigrationMeta } from "../model/migration.ts";
import type { Observation } from "../model/observation.ts";
import { purposeOf } from "./purpose.ts";
import { openRun, openTests, type Writer, writers } from "./runs.ts";
import { isTest } from "./smoke-tests.ts";
import { wantedWriter } from "./writer-runs.ts";

/** Finished Jobs that stay for whoever wants to read their logs. */
const mostFinished = 3;

type JobsInput = {
  readonly meta: MigrationMeta;
  readonly plan: MigrationSpec;
  /** Name of the workload. */
  readonly target: string;
  readonly observation: Observation;
  readonly status: MigrationStatus;
  /** Text of the overlay as it was after the rollback; undefined where nothing is to be repaired. */
  readonly repairOverlay: string | undefined;
};

/** Creates before it fetches before it deletes. Nothing where the Jobs were not read. */
export function jobEffects(input: JobsInput): Effect[] {
  const { jobs } = input.observation;
  if (jobs?.ok !== true) return [];
  return [
    ...createVerification(input, jobs.value),
    ...createTests(input, jobs.value),
    ...writers.flatMap((which) => createWriter(input, which, jobs.value)),
    ...keepReports(input, jobs.value),
    ...clear(input, jobs.value),
  ];
}

function wantedRun({ meta, status }: JobsInput) {
  const run = openRun(status);
  return run !== undefined && run.purpose === purposeOf(status.phase) && !meta.deleting ? run : undefined;
}

function createVerification(input: JobsInput, { verifier, jobs }: JobsObservation): Effect[] {
  const run = wantedRun(input);
  if (run === undefined || verifier === null || !verifier.suspended || jobs.some(({ name }) => name === run.job))
    return [];
  const template = verifyTemplateName(input.target);
  return [{ kind: "createJob", job: run.job, template, since: run.since ?? null }];
}

/** The tests under way whose Jobs are to run. */
function wantedTests({ meta, status }: JobsInput): readonly SmokeTestStatus[] {
  return meta.deleting || purposeOf(status.phase) !== "Preflight" ? [] : openTests(status);
}

function createTests(input: JobsInput, { tests, jobs }: JobsObservation): Effect[] {
  return wantedTests(input).flatMap(({ cronJob, job }): Effect[] => {
    const isThere = jobs.some(({ name }) => name === job);
    const isPossible = tests.some((template) => template.name === cronJob && isTest(template));
    return isThere || !isPossible ? [] : [{ kind: "createJob", job, template: cronJob, since: null }];
  });
}

const templates = {
  copy: { of: "copier", nameOf: copyTemplateName },
  sync: { of: "syncer", nameOf: syncTemplateName },
  repair: { of: "repairer", nameOf: repairTemplateName },
} as const;

function createWriter(input: JobsInput, which: Writer, observed: JobsObservation): Effect[] {
  const run = wantedWriter(input, which);
  const { of, nameOf } = templates[which];
  if (run === undefined || observed[of]?.suspended !== true) return [];
  if (observed.jobs.some(({ name }) => name === run.job)) return [];
  const effect = { kind: "createJob", job: run.job, template: nameOf(input.target), since: null } as const;
  if (which !== "repair") return [effect];
  const repair = orderRepair(input);
  return repair === undefined ? [] : [{ ...effect, repair }];
}

function orderRepair({ meta, target, status, repairOverlay: overlay }: JobsInput): RepairOrder | undefined {
  const { repair } = status;
  if (repair === undefined || overlay === undefined) return undefined;
  return { digest: repair.digest, from: configMapNameOf(meta, "drift"), to: driftMapName(target), overlay };
}

/** A report is there until it was fetched; what a pod offers now is kept now. */
function keepReports(input: JobsInput, { jobs }: JobsObservation): Effect[] {
  const run = wantedRun(input);
  const job = jobs.find(({ name }) => name === run?.job);
  const { source, destination } = input.status;
  if (job === undefined || source === undefined || destination === undefined) return [];
  return job.pods.flatMap(({ partition, report }): Effect[] =>
    report === null
      ? []
      : [
          {
            kind: "keepReport",
            job: job.name,
            configMap: configMapNameOf(input.meta, "drift"),
            partition,
            partitions: job.partitions,
            ...report,
            source,
            destination,
          },
        ],
  );
}

/** What nobody waits for any more is ended; of what has ended the newest stay, and the newest of each smoke test. */
function clear(input: JobsInput, { jobs }: JobsObservation): Effect[] {
  const written = writers.map((which) => wantedWriter(input, which)?.job);
  const wanted = new Set([wantedRun(input)?.job, ...written, ...wantedTests(input).map(({ job }) => job)]);
  const tests = new Set((input.status.smokeTests ?? []).map(({ job }) => job));
  const others = jobs.filter(({ name, isGone }) => !wanted.has(name) && isGone !== true);
  const isRunning = ({ state }: JobSeen): boolean => state === "running";
  const finished = others.filter((job) => !isRunning(job) && !tests.has(job.name));
  const surplus = finished.slice(0, Math.max(0, finished.length - mostFinished));
  const doomed = [...others.filter(isRunning), ...surplus].map(({ name }) => name);
  return doomed.length === 0 ? [] : [{ kind: "deleteJobs", jobs: doomed }];
}
