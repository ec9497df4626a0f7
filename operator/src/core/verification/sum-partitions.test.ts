import type { VerifySummary } from "@retriever/sidecar/contract/verify-report.ts";
import { describe, expect, test } from "vitest";
import { destinationIdentity, sourceIdentity } from "#test/builders/sidecar-status.ts";
import { aJob, aSummary, aVerifyPod } from "#test/builders/verification.ts";
import type { VerifyPod } from "../model/job-observation.ts";
import { hasAllPartitions, sumPartitions } from "./sum-partitions.ts";

const asked = { source: sourceIdentity, destination: destinationIdentity, since: undefined };
const since = "2026-03-01T12:00:00.000Z";

const drift = (more: Partial<VerifySummary> = {}) =>
  aSummary({
    outcome: "drift",
    counts: { ...aSummary().counts, missing: 3 },
    ids: ["a"],
    newestDifferenceAt: since,
    ...more,
  });
const scoped = (more: Partial<VerifySummary["scope"]>) => aSummary({ scope: { ...aSummary().scope, ...more } });

describe("what a Job found", () => {
  test("is what its pod said, whatever the Job's own condition says", () => {
    expect(sumPartitions(aJob([aVerifyPod(drift())]), asked)).toMatchObject({
      outcome: "Compared",
      counts: { missing: 3 },
      ids: ["a"],
      newestDifferenceAt: since,
    });
    expect(sumPartitions(aJob([aVerifyPod(aSummary())]), asked)).toMatchObject({
      outcome: "Compared",
      counts: { missing: 0 },
    });
  });

  test("of several partitions is added up, at the lowest level", () => {
    const parts = [0, 1, 2].map((index) =>
      aVerifyPod(
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
    const job = aJob([aVerifyPod(aSummary(), { endedAt: 1 }), aVerifyPod(null, { endedAt: 2 })]);
    expect(sumPartitions(job, asked)).toMatchObject({ outcome: "Compared" });
  });

  test.each<[string, VerifyPod | undefined, string]>([
    ["no pod", undefined, "NoSummary"],
    ["a pod that was killed", aVerifyPod(null), "NoSummary"],
    ["a pod that refused its options", aVerifyPod(null, { exitCode: 3 }), "BadUsage"],
    [
      "a verifier that can't say",
      aVerifyPod(aSummary({ outcome: "unknown", reason: "the store went away" })),
      "CannotSay",
    ],
    ["another source", aVerifyPod(aSummary({ source: "another" })), "ForeignResult"],
    ["another destination", aVerifyPod(aSummary({ destination: "another" })), "ForeignResult"],
    ["another partition", aVerifyPod(scoped({ partition: { index: 0, count: 4 } })), "ForeignResult"],
    ["less time than was asked for", aVerifyPod(scoped({ since })), "ForeignResult"],
    ["a sample", aVerifyPod(scoped({ sample: 0.1 })), "Sampled"],
    ["equal with differences", aVerifyPod(drift({ outcome: "equal" }), { exitCode: 0 }), "Contradiction"],
    ["drift without differences", aVerifyPod(aSummary({ outcome: "drift" }), { exitCode: 1 }), "Contradiction"],
    ["equal with the exit code of drift", aVerifyPod(aSummary(), { exitCode: 1 }), "Contradiction"],
  ])("is Unknown with %s", (_, pod, reason) => {
    expect(sumPartitions(aJob(pod === undefined ? [] : [pod]), asked)).toMatchObject({ outcome: "Unknown", reason });
  });

  test("since a time counts when it began there or earlier", () => {
    const wish = { ...asked, since };
    expect(sumPartitions(aJob([aVerifyPod(scoped({ since }))]), wish)).toMatchObject({ outcome: "Compared" });
    expect(sumPartitions(aJob([aVerifyPod(scoped({ since: null }))]), wish)).toMatchObject({ outcome: "Compared" });
    const later = scoped({ since: "2026-03-01T12:00:01.000Z" });
    expect(sumPartitions(aJob([aVerifyPod(later)]), wish)).toMatchObject({
      outcome: "Unknown",
      reason: "ForeignResult",
    });
  });

  test("doesn't cover a time that nobody can read, on either side", () => {
    const unread = { outcome: "Unknown", reason: "ForeignResult" };
    expect(sumPartitions(aJob([aVerifyPod(scoped({ since: "?" }))]), { ...asked, since })).toMatchObject(unread);
    expect(sumPartitions(aJob([aVerifyPod(scoped({ since }))]), { ...asked, since: "?" })).toMatchObject(unread);
  });

  test("shows the newest difference of all, and at most twenty ids", () => {
    const newest = (at: string | null, index: number) =>
      aVerifyPod(
        drift({
          newestDifferenceAt: at,
          ids: Array.from({ length: 15 }, (_, id) => `${index}-${id}`),
          scope: { ...aSummary().scope, partition: { index, count: 3 } },
        }),
        { partition: index },
      );
    const times = ["2026-03-01T12:00:00Z", "2026-03-01T13:30:00+01:00", null];
    for (const order of [times, times.toReversed()]) {
      const found = sumPartitions(aJob(order.map(newest), { partitions: 3 }), asked);
      expect(found).toMatchObject({ newestDifferenceAt: "2026-03-01T13:30:00+01:00" });
      expect(found).toHaveProperty("ids", [...(newest(null, 0).summary?.ids ?? []), "1-0", "1-1", "1-2", "1-3", "1-4"]);
    }
    const unread = sumPartitions(aJob(["2026-03-01T12:00:00Z", "?", "?"].map(newest), { partitions: 3 }), asked);
    expect(unread).toMatchObject({ newestDifferenceAt: "2026-03-01T12:00:00Z" });
  });

  test("adds up every kind of difference, and what is explained by the lag", () => {
    const counts = { missing: 1, extra: 2, stale: 3, payload: 4, vector: 5, lagging: 6 };
    const parts = [0, 1].map((index) =>
      aVerifyPod(drift({ counts, scope: { ...aSummary().scope, partition: { index, count: 2 } } }), {
        partition: index,
      }),
    );
    expect(sumPartitions(aJob(parts, { partitions: 2 }), asked)).toMatchObject({
      counts: { missing: 2, extra: 4, stale: 6, payload: 8, vector: 10, lagging: 12 },
    });
  });

  test("of no partition at all is no answer", () => {
    const none = aJob([], { partitions: 0, state: "succeeded" });
    expect(hasAllPartitions(none, asked)).toBe(false);
    expect(sumPartitions(none, asked)).toMatchObject({ outcome: "Unknown", reason: "NoSummary" });
  });
});

describe("what a Job couldn't find is told in words", () => {
  const message = (job: Parameters<typeof sumPartitions>[0], wish = {}) => {
    const found = sumPartitions(job, { ...asked, ...wish });
    return found.outcome === "Unknown" ? found.message : undefined;
  };

  test.each<[string, VerifyPod, string]>([
    ["killed", aVerifyPod(null), "pod pod ended with code 137 and left no summary; read its log"],
    [
      "last words",
      aVerifyPod(null, { words: "out of memory" }),
      "pod pod ended with code 137 and left no summary: out of memory",
    ],
    [
      "refused options",
      aVerifyPod(null, { exitCode: 3, words: "--level: got x" }),
      "pod pod refused its options or its configuration: --level: got x",
    ],
    ["still running", aVerifyPod(null, { exitCode: null }), "pod pod has not ended"],
    ["a summary before its end", aVerifyPod(aSummary(), { exitCode: null }), "pod pod has not ended"],
    [
      "a reason",
      aVerifyPod(aSummary({ outcome: "unknown", reason: "the store went away" })),
      "pod pod can't say: the store went away",
    ],
    ["no reason", aVerifyPod(aSummary({ outcome: "unknown" })), "pod pod can't say: no reason given"],
    ["another store", aVerifyPod(aSummary({ source: "x" })), "pod pod compared other stores than this migration's"],
    [
      "another partition",
      aVerifyPod(scoped({ partition: { index: 1, count: 1 } })),
      "pod pod compared partition 1 of 1, expected 0 of 1",
    ],
    [
      "a later beginning",
      aVerifyPod(scoped({ since })),
      `pod pod compared what was written since ${since}, expected everything`,
    ],
    ["a sample", aVerifyPod(scoped({ sample: 0.1 })), "only a share of 0.1 of the chunks was compared"],
    [
      "a contradiction",
      aVerifyPod(drift({ outcome: "equal" }), { exitCode: 0 }),
      "pod pod says equal with 3 differences and ended with code 0",
    ],
  ])("%s", (_, pod, words) => {
    expect(message(aJob([pod]))).toBe(words);
  });

  test("a beginning later than the one asked for", () => {
    const later = "2026-03-01T12:00:01.000Z";
    expect(message(aJob([aVerifyPod(scoped({ since: later }))]), { since })).toBe(
      `pod pod compared what was written since ${later}, expected ${since}`,
    );
  });

  test("a partition without a pod, and why the cluster says so", () => {
    expect(message(aJob())).toBe("Job job failed, and partition 0 left no pod");
    expect(message(aJob([], { message: "BackoffLimitExceeded" }))).toBe(
      "Job job failed, and partition 0 left no pod: BackoffLimitExceeded",
    );
  });

  test("the first of several, and how many there are", () => {
    const first = aVerifyPod(scoped({ partition: { index: 0, count: 3 } }));
    expect(message(aJob([first], { partitions: 3 }))).toBe(
      "Job job failed, and partition 1 left no pod (2 of 3 partitions)",
    );
  });

  test("the newest try of those that failed", () => {
    const tries = [aVerifyPod(null, { name: "old", endedAt: 1 }), aVerifyPod(null, { name: "new", endedAt: 2 })];
    for (const pods of [tries, tries.toReversed()]) expect(message(aJob(pods))).toContain("pod new ended");
  });
});
