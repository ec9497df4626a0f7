// What the Jobs say, taken over into the status: a verification under way gets its result, once.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { VerificationResult, VerificationRun } from "@retriever/crds/status/verification-status.ts";
import { digestOfReports } from "@retriever/sidecar/contract/repair-summary.ts";
import { driftOf } from "@retriever/sidecar/contract/verify-report.ts";
import type { JobsObservation } from "../model/job-observation.ts";
import type { Observation } from "../model/observation.ts";
import { instantMs } from "../model/status-readings.ts";
import { describeResult } from "./describe-result.ts";
import { excess } from "./judge-result.ts";
import { purposeOf } from "./purpose.ts";
import { openRun, withoutOpenRun, withRun } from "./runs.ts";
import { type Asked, type Finding, hasAllPartitions, sumPartitions } from "./sum-partitions.ts";

type FoldInput = {
  readonly status: MigrationStatus;
  readonly plan: MigrationSpec;
  readonly observation: Observation;
  /** Name of the ConfigMap that keeps reports. */
  readonly reportName: string;
  /** Epoch ms. */
  readonly now: number;
};

/** Longer than a result may be in a status. */
const longestMessage = 1000;

/** The status with what is known now. A failed read concludes nothing; a deadline does. */
export function foldVerification(input: FoldInput): MigrationStatus {
  const { status, plan, now } = input;
  const run = openRun(status);
  if (run === undefined) return status;
  if (purposeOf(status.phase) !== run.purpose) return withoutOpenRun(status);
  const result = conclude(run, input);
  if (result === undefined) return status;
  const concluded = withRun(status, { ...run, result });
  const isEqual = result.counts !== undefined && excess(plan, result.counts).length === 0;
  if (!isEqual || run.purpose === "Rollback" || concluded.verification === undefined) return concluded;
  // From the moment it was asked for: what came while it ran may have been read already, or not.
  const equalSince = instantMs(run.askedAt) === undefined ? new Date(now).toISOString() : run.askedAt;
  return { ...concluded, verification: { ...concluded.verification, equalSince } };
}

function conclude(run: VerificationRun, input: FoldInput): VerificationResult | undefined {
  const { status, plan, observation, now } = input;
  const at = new Date(now).toISOString();
  const seen = observation.jobs;
  if (seen?.ok === true) {
    const finding = findingOf(run, seen.value, status);
    if (finding !== undefined) return render(finding, run, { at, jobs: seen.value, ...input });
  }
  const limit = plan.checklist.parity.timeout;
  const waitedMs = now - (instantMs(run.askedAt) ?? Number.NEGATIVE_INFINITY);
  if (waitedMs <= durationSeconds(limit) * 1000) return undefined;
  return { outcome: "Unknown", reason: "TimedOut", message: `Job ${run.job} had no result within ${limit}`, at };
}

function findingOf(run: VerificationRun, { jobs }: JobsObservation, status: MigrationStatus): Finding | undefined {
  const job = jobs.find(({ name }) => name === run.job);
  const { source, destination } = status;
  if (job === undefined || source === undefined || destination === undefined) return undefined;
  const asked: Asked = { source, destination, since: run.since };
  // A second try of a partition that found a difference would find it again.
  return job.state === "running" && !hasAllPartitions(job, asked) ? undefined : sumPartitions(job, asked);
}

type Rendering = { readonly at: string; readonly jobs: JobsObservation; readonly reportName: string };

function render(finding: Finding, run: VerificationRun, { at, jobs, reportName }: Rendering): VerificationResult {
  if (finding.outcome === "Unknown") return { ...finding, message: finding.message.slice(0, longestMessage), at };
  const { outcome, level, counts, read, newestDifferenceAt, ids } = finding;
  const kept = jobs.reportOf === run.job;
  const digest = kept && run.purpose === "Rollback" ? digestOfKept(finding, jobs) : undefined;
  const facts = {
    outcome,
    reason: driftOf(counts) === 0 ? "Equal" : "Drift",
    at,
    level,
    counts: { ...counts },
    read,
    ...(newestDifferenceAt === undefined ? {} : { newestDifferenceAt }),
    ...(ids.length === 0 ? {} : { ids: [...ids] }),
    ...(kept ? { report: reportName } : {}),
    ...(digest === undefined ? {} : { digest }),
  };
  return { ...facts, message: describeResult({ ...facts, message: "" }).slice(0, longestMessage) };
}

type Compared = Extract<Finding, { outcome: "Compared" }>;

/** Undefined unless every report is kept as its verifier summed it up: one that was cut to fit has another digest. */
function digestOfKept({ digests }: Compared, { reportDigests = [] }: JobsObservation): string | undefined {
  const isWhole = digests.length === reportDigests.length && digests.every((one, at) => one === reportDigests[at]);
  return isWhole ? digestOfReports(digests) : undefined;
}
