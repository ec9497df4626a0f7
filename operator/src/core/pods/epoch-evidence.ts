// Evidence over all pods of an epoch: what was counted stays when a pod goes, and what may be lost with it is known.
import type { EpochEvidence } from "@retriever/crds/status/migration-status.ts";
import { addCounters, type Counters, noCounters } from "@retriever/sidecar/contract/evidence.ts";
import { isSameData } from "../model/deep-equal.ts";
import type { PodObservation } from "../model/workload.ts";
import type { Span } from "../time/evidence-spans.ts";
import { boundWeights, noWeights, scaleCounters, soundCounters, type Weights, weightOf } from "./fair-share.ts";
import { foldProcesses } from "./processes.ts";

type Folding = {
  readonly epoch: number;
  /** Every pod of the list, serving or not. */
  readonly listed: readonly PodObservation[];
  readonly recordedAt: string;
  /** Epoch seconds. */
  readonly now: number;
};

/** The record with its processes brought up to date; what they counted is added by `addCounted`. */
export function foldEvidence(previous: EpochEvidence | undefined, folding: Folding): EpochEvidence {
  const { epoch, recordedAt } = folding;
  const before = previous?.epoch === epoch ? previous : undefined;
  const counted = totalsOf(before);
  return kept(previous, { epoch, recordedAt, counted, ...foldProcesses(before, folding) });
}

/** The record with what its bins counted, and how much was taken from each group; it goes with the bins, or neither is kept. */
export function addCounted(
  evidence: EpochEvidence,
  bins: readonly { readonly counters: Counters }[],
  weights: readonly Weights[],
): EpochEvidence {
  if (bins.length === 0) return evidence;
  return {
    ...evidence,
    counted: bins.reduce((sum, { counters }) => addCounters(sum, counters), totalsOf(evidence)),
    groups: evidence.groups.map(({ processes }, group) => ({ ...(weights[group] ?? noWeights), processes })),
  };
}

/** Without anything new the record is the previous one. */
function kept(previous: EpochEvidence | undefined, next: EpochEvidence): EpochEvidence {
  return previous !== undefined && isSameData({ ...next, recordedAt: previous.recordedAt }, previous) ? previous : next;
}

/** Totals since the epoch began. The release before kept them by pod. */
export function totalsOf(evidence: EpochEvidence | undefined): Counters {
  const { counted, pods = [], vanished = noCounters() } = evidence ?? {};
  return counted ?? pods.reduce((sum, pod) => addCounters(sum, pod.counters ?? noCounters()), vanished);
}

/** Whether a pod tells of an epoch in bins. One that can't (an older sidecar) shows no harm, so it proves no health. */
export function hasBins({ status }: PodObservation, epoch: number): boolean {
  return status.ok && status.value.evidence.epoch === epoch && status.value.evidence.closedAt > 0;
}

/** What pods have counted since their newest closed bin: gates needn't wait for its end. It goes with the pod until then. */
export function openCounters(listed: readonly PodObservation[], epoch: number): Counters {
  const open = listed.flatMap(({ status }) => {
    const evidence = status.ok && status.value.evidence.epoch === epoch ? status.value.evidence : undefined;
    return evidence?.open === undefined ? [] : [soundCounters(evidence.open)];
  });
  const factors = boundWeights(open.map((counters) => weightOf(counters)));
  const scaled = open.map((counters, index) => scaleCounters(counters, factors[index] ?? noWeights));
  return scaled.reduce(addCounters, noCounters());
}

export type WindowSum = {
  /** Null: no pod answered with this span for this epoch. */
  readonly counters: Counters | null;
  /** The longest covered part over pods, seconds. */
  readonly coveredSeconds: number;
  /** Pods that didn't contribute. */
  readonly missing: number;
};

/** A span summed over the pods that are in this epoch; none of them weighs more than is plausible beside the others. */
export function sumWindow(serving: readonly PodObservation[], epoch: number, span: Span): WindowSum {
  const told = serving.flatMap(({ status }) => {
    const evidence = status.ok && status.value.evidence.epoch === epoch ? status.value.evidence : undefined;
    const window = evidence?.windows.find(
      (one) => one.seconds === span.seconds && one.offsetSeconds === span.offsetSeconds,
    );
    return window === undefined ? [] : [{ ...window, counters: soundCounters(window.counters) }];
  });
  const factors = boundWeights(told.map(({ counters }) => weightOf(counters)));
  const scaled = told.map(({ counters }, index) => scaleCounters(counters, factors[index] ?? noWeights));
  return {
    counters: scaled.length === 0 ? null : scaled.reduce(addCounters),
    coveredSeconds: Math.min(span.seconds, Math.max(0, ...told.map(({ coveredSeconds }) => coveredSeconds))),
    missing: serving.length - told.length,
  };
}
