// What is known of comparisons of the stores: runs in a status, Jobs as they are seen, and what their pods said.
import type { VerificationResult, VerificationRun } from "@retriever/crds/status/verification-status.ts";
import type { SyncStatus } from "@retriever/sidecar/contract/sync-status.ts";
import type { DifferenceCounts, VerifySummary } from "@retriever/sidecar/contract/verify-report.ts";
import type { JobSeen, JobsObservation, VerifyPod } from "#core/model/job-observation.ts";
import { destinationIdentity, sourceIdentity } from "./sidecar-status.ts";

/** Counts of differences; none but those named. */
export function someCounts(more: Partial<DifferenceCounts> = {}): DifferenceCounts {
  return { missing: 0, extra: 0, stale: 0, payload: 0, vector: 0, lagging: 0, ...more };
}

/** Compared, and nothing differed. */
export function aResult(more: Partial<VerificationResult> = {}): VerificationResult {
  const at = "2026-03-01T11:55:00.000Z";
  const basics = { outcome: "Compared", reason: "Equal", message: "no chunk differs", at } as const;
  return { ...basics, level: "fresh", counts: someCounts(), ...more };
}

/** The first run, of the preflight, without a result, asked for ten minutes before noon. */
export function aRun(more: Partial<VerificationRun> = {}): VerificationRun {
  return { purpose: "Preflight", number: 1, job: "job", askedAt: "2026-03-01T11:50:00.000Z", ...more };
}

/** What a verifier says that compared everything between the usual two stores and found no difference. */
export function aSummary(more: Partial<VerifySummary> = {}): VerifySummary {
  const at = "2026-03-01T12:00:00.000Z";
  return {
    schema: 1,
    outcome: "equal",
    reason: null,
    startedAt: at,
    finishedAt: at,
    scope: { level: "fresh", since: null, partition: { index: 0, count: 1 }, sample: 1, lagSeconds: 5 },
    source: sourceIdentity.digest,
    destination: destinationIdentity.digest,
    read: { source: 10, destination: 10 },
    counts: someCounts(),
    newestDifferenceAt: null,
    ids: [],
    digest: "0".repeat(64),
    ...more,
  };
}

/** A pod that ended with a summary, or was killed without one. */
export function aVerifyPod(summary: VerifySummary | null, more: Partial<VerifyPod> = {}): VerifyPod {
  const exitCode = summary === null ? 137 : { equal: 0, drift: 1, unknown: 2 }[summary.outcome];
  return { name: "pod", partition: 0, exitCode, endedAt: 1, summary, words: "", report: null, ...more };
}

/** A Job of one partition that is over. */
export function aJob(pods: readonly VerifyPod[] = [], more: Partial<JobSeen> = {}): JobSeen {
  return { name: "job", state: "failed", message: "", partitions: 1, pods, ...more };
}

/** An observation of the Jobs that shows the verifier's template, and no Job but those named. */
export function someJobs(more: Partial<JobsObservation> = {}): { readonly ok: true; readonly value: JobsObservation } {
  const verifier = { name: "search-api-retriever-verify", suspended: true, hasVerifier: true };
  return { ok: true, value: { verifier, tests: [], jobs: [], reportOf: null, ...more } };
}

/** What a sync in step says of itself. */
export function aSyncStatus(more: Partial<SyncStatus> = {}): SyncStatus {
  return {
    schema: 1,
    version: "0.1.0",
    source: sourceIdentity,
    destination: destinationIdentity,
    startedAt: "2026-01-01T00:00:00.000Z",
    state: "following",
    lagSeconds: 6,
    backlog: 2,
    refused: { count: 1, chunks: [{ id: "chunk-1", reason: "it has a NUL" }] },
    removals: "held",
    done: { passes: 3, written: 4, replaced: 0, missed: 0, removed: 0 },
    verified: { ageSeconds: 60, finishedAt: "2026-01-01T00:01:00.000Z", left: 0, written: 0, removed: 0 },
    fault: null,
    ...more,
  };
}
