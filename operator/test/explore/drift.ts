// The comparison after a late rollback, as small as it can be: one Job, which runs until it says what it found.
// Nobody reads a report here: what a Job says at its end is all that decides.
import { type DifferenceCounts, driftOf, type VerifySummary } from "@retriever/sidecar/contract/verify-report.ts";
import type { JobSeen, JobsObservation } from "#core/model/job-observation.ts";
import { destinationIdentity, sourceIdentity } from "#test/builders/sidecar-status.ts";
import { origin } from "./plan.ts";
import type { Job, World } from "./world.ts";

/** What is seen of the Jobs; nothing in phases that don't ask. */
export function jobsOf({ status, job, verifier }: World): {
  readonly jobs?: { ok: true; value: JobsObservation } | Unread;
} {
  const isBack =
    status.phase === "RolledBack" || (status.phase === "AwaitingCutover" && status.takenBack !== undefined);
  const isAsked = status.phase === "VerifyingDrift" || (isBack && job !== null);
  if (!isAsked) return {};
  if (verifier === "unread") return { jobs: { ok: false, why: "timed out" } };
  const template = { name: "search-api-retriever-verify", suspended: true, hasVerifier: true };
  return {
    jobs: {
      ok: true,
      value: {
        verifier: verifier === "gone" ? null : template,
        tests: [],
        jobs: job === null ? [] : [seenOf(job)],
        reportOf: null,
      },
    },
  };
}

type Unread = { readonly ok: false; readonly why: string };

function seenOf({ name, state }: Job): JobSeen {
  const basics = { name, message: "", partitions: 1 };
  if (state === "running") return { ...basics, state, pods: [] };
  const summary = summaries[state];
  const exitCode = { equal: 0, drift: 1, unknown: 2 }[state];
  const pod = { name: `${name}-0`, partition: 0, exitCode, endedAt: origin, summary, words: "", report: null };
  return { ...basics, state: state === "equal" ? "succeeded" : "failed", pods: [pod] };
}

const none: DifferenceCounts = { missing: 0, extra: 0, stale: 0, payload: 0, vector: 0, lagging: 0 };
const summaries = {
  equal: summaryOf("equal", none),
  drift: summaryOf("drift", { ...none, extra: 1 }),
  unknown: summaryOf("unknown", none),
};

function summaryOf(outcome: VerifySummary["outcome"], counts: DifferenceCounts): VerifySummary {
  const at = new Date(origin).toISOString();
  return {
    schema: 1,
    outcome,
    reason: outcome === "unknown" ? "a store did not answer" : null,
    startedAt: at,
    finishedAt: at,
    scope: { level: "fresh", since: null, partition: { index: 0, count: 1 }, sample: 1, lagSeconds: 5 },
    source: sourceIdentity.digest,
    destination: destinationIdentity.digest,
    read: { source: 100, destination: 100 + counts.extra },
    counts,
    newestDifferenceAt: driftOf(counts) === 0 ? null : at,
    ids: [],
    digest: "0".repeat(64),
  };
}
