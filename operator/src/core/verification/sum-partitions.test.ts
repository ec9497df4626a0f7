import type { VerifySummary } from "@retriever/sidecar/contract/verify-report.ts";
import { describe, expect, test } from "vitest";
import type { JobSeen, VerifyPod } from "../job-observation.ts";
import { hasAllPartitions, sumPartitions } from "./sum-partitions.ts";

const asked = { source: "source-digest", destination: "destination-digest", since: undefined };
const since = "2026-03-01T12:00:00.000Z";

function aSummary(more: Partial<VerifySummary> = {}): VerifySummary {
  return {
    schema: 1,
    outcome: "equal",
    reason: null,
    startedAt: since,
    finishedAt: since,
    scope: { level: "fresh", since: null, partition: { index: 0, count: 1 }, sample: 1, lagSeconds: 5 },
    source: asked.source,
    destination: asked.destination,
    read: { source: 10, destination: 10 },
    counts: { missing: 0, extra: 0, stale: 0, payload: 0, vector: 0, lagging: 0 },
    newestDifferenceAt: null,
    ids: [],
    digest: "0".repeat(64),
    ...more,
  };
}

const drift = (more: Partial<VerifySummary> = {}) =>
  aSummary({
    outcome: "drift",
    counts: { ...aSummary().counts, missing: 3 },
    ids: ["a"],
    newestDifferenceAt: since,
    ...more,
  });
const scoped = (more: Partial<VerifySummary["scope"]>) => aSummary({ scope: { ...aSummary().scope, ...more } });

function aPod(summary: VerifySummary | null, more: Partial<VerifyPod> = {}): VerifyPod {
  const exitCode = summary === null ? 137 : { equal: 0, drift: 1, unknown: 2 }[summary.outcome];
  return { name: "pod", partition: 0, exitCode, endedAt: 1, summary, words: "", report: null, ...more };
}

function aJob(pods: readonly VerifyPod[], more: Partial<JobSeen> = {}): JobSeen {
  return { name: "job", state: "failed", message: "", partitions: 1, pods, ...more };
}

describe("what a Job found", () => {
  test("is what its pod said, whatever the Job's own condition says", () => {
    expect(sumPartitions(aJob([aPod(drift())]), asked)).toMatchObject({
      outcome: "Compared",
      counts: { missing: 3 },
      ids: ["a"],
      newestDifferenceAt: since,
    });
    expect(sumPartitions(aJob([aPod(aSummary())]), asked)).toMatchObject({
      outcome: "Compared",
      counts: { missing: 0 },
    });
  });

  test("of several partitions is added up, at the lowest level", () => {
    const parts = [0, 1, 2].map((index) =>
      aPod(
        drift({
          scope: { ...aSummary().scope, level: index === 1 ? "ids" : "payload", partition: { index, count: 3 } },
        }),
        {
          partition: index,
        },
      ),
    );
    const job = aJob(parts, { partitions: 3 });
    expect(sumPartitions(job, asked)).toMatchObject({
      outcome: "Compared",
      level: "ids",
      counts: { missing: 9 },
      read: { source: 30, destination: 30 },
    });
    expect(hasAllPartitions(job, asked)).toBe(true);
    expect(hasAllPartitions({ ...job, pods: parts.slice(1) }, asked)).toBe(false);
    expect(sumPartitions({ ...job, pods: parts.slice(1) }, asked)).toMatchObject({ outcome: "Unknown" });
  });

  test("of a partition that was tried twice is the try that has an answer", () => {
    const job = aJob([aPod(aSummary(), { endedAt: 1 }), aPod(null, { endedAt: 2 })]);
    expect(sumPartitions(job, asked)).toMatchObject({ outcome: "Compared" });
  });

  test.each<[string, VerifyPod | undefined, string]>([
    ["no pod", undefined, "NoSummary"],
    ["a pod that was killed", aPod(null), "NoSummary"],
    ["a pod that refused its options", aPod(null, { exitCode: 3 }), "BadUsage"],
    ["a verifier that can't say", aPod(aSummary({ outcome: "unknown", reason: "the store went away" })), "CannotSay"],
    ["another source", aPod(aSummary({ source: "another" })), "ForeignResult"],
    ["another destination", aPod(aSummary({ destination: "another" })), "ForeignResult"],
    ["another partition", aPod(scoped({ partition: { index: 0, count: 4 } })), "ForeignResult"],
    ["less time than was asked for", aPod(scoped({ since })), "ForeignResult"],
    ["a sample", aPod(scoped({ sample: 0.1 })), "Sampled"],
    ["equal with differences", aPod(drift({ outcome: "equal" }), { exitCode: 0 }), "Contradiction"],
    ["drift without differences", aPod(aSummary({ outcome: "drift" }), { exitCode: 1 }), "Contradiction"],
    ["equal with the exit code of drift", aPod(aSummary(), { exitCode: 1 }), "Contradiction"],
  ])("is Unknown with %s", (_, pod, reason) => {
    expect(sumPartitions(aJob(pod === undefined ? [] : [pod]), asked)).toMatchObject({ outcome: "Unknown", reason });
  });

  test("since a time counts when it began there or earlier", () => {
    const wish = { ...asked, since };
    expect(sumPartitions(aJob([aPod(scoped({ since }))]), wish)).toMatchObject({ outcome: "Compared" });
    expect(sumPartitions(aJob([aPod(scoped({ since: null }))]), wish)).toMatchObject({ outcome: "Compared" });
    const later = scoped({ since: "2026-03-01T12:00:01.000Z" });
    expect(sumPartitions(aJob([aPod(later)]), wish)).toMatchObject({ outcome: "Unknown", reason: "ForeignResult" });
  });
});
