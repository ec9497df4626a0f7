// Evidence over all pods of an epoch: what a pod counted stays when the pod goes.
import type { EpochEvidence } from "@retriever/crds/status/migration-status.ts";
import { addCounters, type Counters, noCounters } from "@retriever/sidecar/contract/evidence.ts";
import { isSameData } from "../model/deep-equal.ts";
import type { PodObservation } from "../model/workload.ts";
import type { Span } from "../time/evidence-spans.ts";

/** More processes than this share lost in an epoch and its totals prove nothing any more. */
export const mostLostShare = 0.05;
/** Losing this many is no reason for doubt, however small the fleet: a rolling restart loses at most the last reconcile. */
const toleratedLosses = 1;
/** As many as the status can hold; what more pods count is left out, which only makes the evidence thinner. */
const mostPods = 500;

type PodCounters = EpochEvidence["pods"][number];

/**
 * Brings the record of an epoch up to date; begins a new one when the epoch changed. `listed` is every pod of the list,
 * serving or not: only a pod that left the list, or whose process began anew, has vanished, so that none is counted twice.
 * The order of pods is no matter; without anything new the record is the previous one.
 */
export function foldEvidence(
  previous: EpochEvidence | undefined,
  epoch: number,
  listed: readonly PodObservation[],
  recordedAt: string,
): EpochEvidence {
  const before = previous?.epoch === epoch ? previous : { pods: [], vanished: noCounters(), vanishedPods: 0 };
  const present = new Set(listed.map((pod) => pod.uid));
  const known = new Map(before.pods.map((pod) => [pod.uid, pod]));
  const current = new Map(
    listed.flatMap((pod) => currentCounters(pod, epoch, known.get(pod.uid))).map((pod) => [pod.uid, pod]),
  );
  const gone = before.pods.filter((pod) => {
    const now = current.get(pod.uid);
    return now === undefined ? !present.has(pod.uid) : hasBegunAnew(pod, now);
  });
  const silent = before.pods.filter((pod) => present.has(pod.uid) && !current.has(pod.uid));
  const next: EpochEvidence = {
    epoch,
    recordedAt,
    pods: [...current.values(), ...silent].toSorted((a, b) => (a.uid < b.uid ? -1 : 1)).slice(0, mostPods),
    vanished: gone.reduce((sum, pod) => addCounters(sum, pod.counters), before.vanished),
    vanishedPods: before.vanishedPods + gone.length,
  };
  return previous !== undefined && isSameData({ ...next, recordedAt: previous.recordedAt }, previous) ? previous : next;
}

function currentCounters(pod: PodObservation, epoch: number, before: PodCounters | undefined): PodCounters[] {
  if (!pod.status.ok || pod.status.value.evidence.epoch !== epoch) return [];
  const { startId, evidence } = pod.status.value;
  const { bins, closedAt, counters } = evidence;
  // Bins without anything in them are left out, so that idle time is no news.
  const judged = before?.startId === startId ? before.binsUntil : 0;
  const isNew = bins.some(({ at }) => at >= judged);
  return [{ uid: pod.uid, startId, binsUntil: isNew ? closedAt : judged, counters }];
}

/** Another process, or one whose counters began again. */
function hasBegunAnew(before: PodCounters, now: PodCounters): boolean {
  return now.startId !== before.startId || now.counters.requests < before.counters.requests;
}

/** Totals since the epoch began, over living and vanished pods. */
export function totalsOf(evidence: EpochEvidence | undefined): Counters {
  if (evidence === undefined) return noCounters();
  return evidence.pods.reduce((sum, pod) => addCounters(sum, pod.counters), evidence.vanished);
}

/** Whether too much of the epoch's evidence was lost with its pods. */
export function isEvidenceLost(evidence: EpochEvidence | undefined): boolean {
  if (evidence === undefined || evidence.vanishedPods <= toleratedLosses) return false;
  return evidence.vanishedPods / (evidence.vanishedPods + evidence.pods.length) > mostLostShare;
}

/** Whether a pod tells of an epoch in bins. One that can't (an older sidecar) shows no harm, so it proves no health. */
export function hasBins({ status }: PodObservation, epoch: number): boolean {
  return status.ok && status.value.evidence.epoch === epoch && status.value.evidence.closedAt > 0;
}

export type WindowSum = {
  /** Null: no pod answered with this span for this epoch. */
  readonly counters: Counters | null;
  /** The longest covered part over pods, seconds. */
  readonly coveredSeconds: number;
  /** Pods that didn't contribute. */
  readonly missing: number;
};

/** A span summed over the pods that are in this epoch. */
export function sumWindow(serving: readonly PodObservation[], epoch: number, span: Span): WindowSum {
  let counters: Counters | null = null;
  let coveredSeconds = 0;
  let missing = 0;
  for (const pod of serving) {
    const evidence = pod.status.ok && pod.status.value.evidence.epoch === epoch ? pod.status.value.evidence : undefined;
    const window = evidence?.windows.find(
      (one) => one.seconds === span.seconds && one.offsetSeconds === span.offsetSeconds,
    );
    if (window === undefined) {
      missing += 1;
      continue;
    }
    counters = addCounters(counters ?? noCounters(), window.counters);
    coveredSeconds = Math.max(coveredSeconds, window.coveredSeconds);
  }
  return { counters, coveredSeconds, missing };
}
