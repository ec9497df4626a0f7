// From what the pods of a Job said at their end to one finding. All partitions are needed; a contradiction is no evidence.

import { mostShownIds } from "@retriever/crds/status/verification-status.ts";
import { type DifferenceCounts, driftOf, type VerifySummary } from "@retriever/sidecar/contract/verify-report.ts";
import { isCalled, type StoreIdentity } from "@retriever/stores/config/identity.ts";
import { type VerifyLevel, verifyLevels } from "@retriever/stores/ports/chunk-store.ts";
import { plural } from "@retriever/stores/values/plural.ts";
import type { JobSeen, VerifyPod } from "../model/job-observation.ts";
import { instantMs } from "../model/status-readings.ts";

/** What the Job was asked for, and the pinned stores. */
export type Asked = {
  readonly source: StoreIdentity;
  readonly destination: StoreIdentity;
  readonly since: string | undefined;
};

export type Finding =
  | {
      readonly outcome: "Compared";
      readonly level: VerifyLevel;
      readonly counts: DifferenceCounts;
      readonly read: { readonly source: number; readonly destination: number };
      readonly newestDifferenceAt: string | undefined;
      readonly ids: readonly string[];
      /** Digests of the reports, in the order of the partitions. */
      readonly digests: readonly string[];
    }
  | { readonly outcome: "Unknown"; readonly reason: string; readonly message: string };

/** The verifier's exit code for options and configurations that it refuses. */
const badUsage = 3;

type Evidence = { readonly pod: VerifyPod; readonly summary: VerifySummary };
type Fault = { readonly reason: string; readonly message: string };

/** Whether every partition has been compared: the Job itself may still have to notice. */
export function hasAllPartitions(job: JobSeen, asked: Asked): boolean {
  return partitionsOf(job).every((pods) => pods.some((pod) => faultOf(pod, job, asked) === undefined));
}

/** What a Job found. Exit codes and the Job's own condition only confirm what the summaries say. */
export function sumPartitions(job: JobSeen, asked: Asked): Finding {
  const found: Evidence[] = [];
  const faults: Fault[] = [];
  for (const [partition, pods] of partitionsOf(job).entries()) {
    const good = pods.find((pod) => faultOf(pod, job, asked) === undefined);
    if (good?.summary) found.push({ pod: good, summary: good.summary });
    else faults.push(faultOfPartition(partition, pods, job, asked));
  }
  const [first] = faults;
  if (first === undefined) return sum(found.map(({ summary }) => summary));
  const rest = faults.length > 1 ? ` (${faults.length} of ${job.partitions} partitions)` : "";
  return { outcome: "Unknown", reason: first.reason, message: `${first.message}${rest}` };
}

/** The pods of each partition, the one that ended last first. There is always one: of none nothing was compared. */
function partitionsOf({ partitions, pods }: JobSeen): VerifyPod[][] {
  return Array.from({ length: Math.max(1, partitions) }, (_, partition) =>
    pods.filter((pod) => pod.partition === partition).toSorted((a, b) => b.endedAt - a.endedAt),
  );
}

function faultOfPartition(partition: number, pods: readonly VerifyPod[], job: JobSeen, asked: Asked): Fault {
  const [newest] = pods;
  const fault = newest === undefined ? undefined : faultOf(newest, job, asked);
  if (fault !== undefined) return fault;
  const why = job.message === "" ? "" : `: ${job.message}`;
  return { reason: "NoSummary", message: `Job ${job.name} ${job.state}, and partition ${partition} left no pod${why}` };
}

/** Why a pod's word is no evidence; undefined when it is. */
function faultOf(pod: VerifyPod, { partitions }: JobSeen, asked: Asked): Fault | undefined {
  const { summary, exitCode } = pod;
  if (summary === null || exitCode === null) return wordless(pod);
  const { outcome, source, destination, scope } = summary;
  if (outcome === "unknown") {
    return { reason: "CannotSay", message: `pod ${pod.name} can't say: ${summary.reason ?? "no reason given"}` };
  }
  const strange = (what: string): Fault => ({ reason: "ForeignResult", message: `pod ${pod.name} compared ${what}` });
  if (!isCalled(asked.source, source) || !isCalled(asked.destination, destination))
    return strange("other stores than this migration's");
  if (scope.partition.count !== partitions || scope.partition.index !== pod.partition) {
    return strange(
      `partition ${scope.partition.index} of ${scope.partition.count}, expected ${pod.partition} of ${partitions}`,
    );
  }
  if (!covers(scope.since, asked.since)) {
    return strange(`what was written since ${scope.since}, expected ${asked.since ?? "everything"}`);
  }
  if (scope.sample < 1)
    return { reason: "Sampled", message: `only a share of ${scope.sample} of the chunks was compared` };
  return contradictionOf(pod.name, exitCode, outcome, driftOf(summary.counts));
}

function wordless({ name, exitCode, words }: VerifyPod): Fault {
  if (exitCode === null) return { reason: "NotEnded", message: `pod ${name} has not ended` };
  const said = words === "" ? "; read its log" : `: ${words}`;
  return exitCode === badUsage
    ? { reason: "BadUsage", message: `pod ${name} refused its options or its configuration${said}` }
    : { reason: "NoSummary", message: `pod ${name} ended with code ${exitCode} and left no summary${said}` };
}

/** An earlier beginning, or none, is more than was asked for. */
function covers(compared: string | null, asked: string | undefined): boolean {
  if (compared === null) return true;
  const [from, wanted] = [instantMs(compared), instantMs(asked)];
  return from !== undefined && wanted !== undefined && from <= wanted;
}

const exitCodes = { equal: 0, drift: 1 } as const;

function contradictionOf(
  name: string,
  exitCode: number,
  outcome: keyof typeof exitCodes,
  differences: number,
): Fault | undefined {
  if (exitCode === exitCodes[outcome] && differences > 0 === (outcome === "drift")) return undefined;
  const message = `pod ${name} says ${outcome} with ${differences} ${plural(differences, "difference")} and ended with code ${exitCode}`;
  return { reason: "Contradiction", message };
}

function sum(summaries: readonly VerifySummary[]): Finding {
  const total = (of: (summary: VerifySummary) => number): number => summaries.reduce((all, one) => all + of(one), 0);
  const newest = summaries.flatMap(({ newestDifferenceAt }) => newestDifferenceAt ?? []).toSorted(byInstant);
  return {
    outcome: "Compared",
    level: summaries.map(({ scope }) => scope.level).reduce(lower),
    counts: {
      missing: total(({ counts }) => counts.missing),
      extra: total(({ counts }) => counts.extra),
      stale: total(({ counts }) => counts.stale),
      payload: total(({ counts }) => counts.payload),
      vector: total(({ counts }) => counts.vector),
      lagging: total(({ counts }) => counts.lagging),
    },
    read: { source: total(({ read }) => read.source), destination: total(({ read }) => read.destination) },
    newestDifferenceAt: newest.at(-1),
    ids: summaries.flatMap(({ ids }) => ids).slice(0, mostShownIds),
    digests: summaries.map(({ digest }) => digest),
  };
}

function lower(a: VerifyLevel, b: VerifyLevel): VerifyLevel {
  return verifyLevels.indexOf(a) < verifyLevels.indexOf(b) ? a : b;
}

function byInstant(a: string, b: string): number {
  return (instantMs(a) ?? 0) - (instantMs(b) ?? 0);
}
