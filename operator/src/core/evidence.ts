// Evidence over all pods of an epoch. Pods come and go; what they counted stays.
import type { EpochEvidence } from "@retriever/crds/migration-status.ts";
import { addCounters, type Counters, noCounters } from "@retriever/sidecar/contract/evidence.ts";
import type { PodObservation } from "./model.ts";
import type { Span } from "./windows.ts";

/** More processes than this share lost in an epoch and its totals prove nothing any more. */
export const mostLostShare = 0.05;
/** Losing this many is no reason for doubt, however small the fleet: a rolling restart loses at most the last look. */
const toleratedLosses = 1;

type PodCounters = EpochEvidence["pods"][number];

/** Brings the record of an epoch up to date; begins a new one when the epoch changed. Pure fold: order of pods is no matter. */
export function foldEvidence(
  previous: EpochEvidence | undefined,
  epoch: number,
  serving: readonly PodObservation[],
  recordedAt: string,
): EpochEvidence {
  const before = previous?.epoch === epoch ? previous : { pods: [], vanished: noCounters(), vanishedPods: 0 };
  const unanswered = new Set(serving.filter((pod) => !pod.status.ok).map((pod) => pod.uid));
  const current = serving.flatMap((pod) => currentCounters(pod, epoch));
  const known = new Map(current.map((pod) => [`${pod.uid}/${pod.startId}`, pod]));
  let vanished = before.vanished;
  let vanishedPods = before.vanishedPods;
  for (const pod of before.pods) {
    const now = known.get(`${pod.uid}/${pod.startId}`);
    if (now === undefined && unanswered.has(pod.uid)) {
      current.push(pod);
    } else if (now === undefined || now.counters.requests < pod.counters.requests) {
      vanished = addCounters(vanished, pod.counters);
      vanishedPods += 1;
    }
  }
  current.sort((a, b) => (a.uid + a.startId < b.uid + b.startId ? -1 : 1));
  return { epoch, recordedAt, pods: current, vanished, vanishedPods };
}

function currentCounters(pod: PodObservation, epoch: number): PodCounters[] {
  if (!pod.status.ok || pod.status.value.evidence.epoch !== epoch) return [];
  const { podUid, startId, evidence } = pod.status.value;
  return [{ uid: podUid, startId, counters: evidence.counters }];
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
