// The bins of evidence that nobody has judged yet, over all pods: each is taken once, whenever the operator looks.
import type { EpochEvidence } from "@retriever/crds/status/migration-status.ts";
import {
  binSeconds,
  type Counters,
  type EvidenceBin,
  keptSeconds,
  noCounters,
  type SliceCounters,
} from "@retriever/sidecar/contract/evidence.ts";
import type { PodObservation } from "../model/workload.ts";
import { severeLimit } from "./lines.ts";

/** What all pods counted in one bin. */
export type Bin = {
  /** Beginning, epoch seconds. */
  readonly at: number;
  readonly counters: Counters;
  readonly slices: ReadonlyMap<string, SliceCounters>;
  /** UIDs of pods that failed on a grand scale: every fifth of their own requests. */
  readonly failing: readonly string[];
};

type Collecting = {
  readonly counters: Counters;
  readonly slices: Map<string, SliceCounters>;
  readonly failing: string[];
};

type NewBinsInput = {
  readonly epoch: number;
  readonly pods: readonly PodObservation[];
  /** How far each pod's bins were judged. */
  readonly evidence: EpochEvidence | undefined;
  /** The record that goes with what is judged now: a pod for which there is no room in it is not judged. */
  readonly recorded: EpochEvidence | undefined;
  /** End of the newest bin that was judged, epoch seconds; what comes later than its time is told of as the next one. */
  readonly judgedUntil: number;
  /** Epoch seconds. */
  readonly now: number;
};

/** As far behind or ahead a pod's newest bin may end without its clock being wrong. */
const usualLagSeconds = 30;

/** Closed bins of the epoch that weren't judged, oldest first. A pod whose clock is wrong is taken as if it weren't. */
export function newBins({ epoch, pods, evidence, recorded, judgedUntil, now }: NewBinsInput): readonly Bin[] {
  const known = new Map(evidence?.epoch === epoch ? evidence.pods.map((pod) => [pod.uid, pod]) : []);
  const kept = new Set(recorded?.pods.map(({ uid }) => uid));
  // A late bin counts with the next one, but none is told of that hasn't closed: time never runs ahead.
  const newest = Math.floor(now / binSeconds) * binSeconds - binSeconds;
  const collected = new Map<number, Collecting>();
  for (const pod of pods) {
    if (!kept.has(pod.uid)) continue;
    for (const { bin, at } of newOf(pod, { epoch, before: known.get(pod.uid), now })) {
      collect(collected, Math.min(newest, Math.max(judgedUntil, at)), pod.uid, bin);
    }
  }
  return [...collected].toSorted(([a], [b]) => a - b).map(([at, bin]) => ({ at, ...bin }));
}

type PodRecord = EpochEvidence["pods"][number];
type Asked = { readonly epoch: number; readonly before: PodRecord | undefined; readonly now: number };

/** A pod's bins since it was judged last, each with its time by our clock. */
function newOf({ status }: PodObservation, { epoch, before, now }: Asked): { bin: EvidenceBin; at: number }[] {
  if (!status.ok || status.value.evidence.epoch !== epoch) return [];
  const { evidence, startId } = status.value;
  const { bins, closedAt, openAt = closedAt } = evidence;
  const until = before?.startId === startId ? before.binsUntil : 0;
  const shift = shiftOf(openAt, now);
  return bins
    .filter((bin) => bin.at >= until && bin.at < closedAt)
    .map((bin) => ({ bin, at: bin.at + shift }))
    .filter(({ at }) => at >= now - keptSeconds - usualLagSeconds);
}

/** What brings a pod's clock to ours, in whole bins; 0 while both agree. */
function shiftOf(openAt: number, now: number): number {
  const behind = now - openAt;
  return behind >= -binSeconds && behind <= usualLagSeconds ? 0 : Math.floor(behind / binSeconds) * binSeconds;
}

function collect(collected: Map<number, Collecting>, at: number, uid: string, bin: EvidenceBin): void {
  const into: Collecting = collected.get(at) ?? { counters: noCounters(), slices: new Map(), failing: [] };
  collected.set(at, into);
  addTo(into.counters, bin.counters);
  const { errors, requests } = bin.counters;
  if (errors > 0 && errors >= severeLimit * requests && !into.failing.includes(uid)) into.failing.push(uid);
  for (const { namespace, counters } of bin.slices) {
    const known = into.slices.get(namespace);
    if (known === undefined) into.slices.set(namespace, { ...counters });
    else for (const key of Object.keys(counters) as (keyof SliceCounters)[]) known[key] += counters[key];
  }
}

type Plain = Exclude<keyof Counters, "latencyBuckets" | "shadowLatencyBuckets">;
const plain = Object.keys(noCounters()).filter((key): key is Plain => !key.endsWith("Buckets"));

/** In place: a reconcile of a thousand pods adds thousands of bins. */
function addTo(sum: Counters, more: Counters): void {
  for (const key of plain) sum[key] += more[key];
  for (const [index, count] of more.latencyBuckets.entries())
    sum.latencyBuckets[index] = (sum.latencyBuckets[index] ?? 0) + count;
  for (const [index, count] of more.shadowLatencyBuckets.entries())
    sum.shadowLatencyBuckets[index] = (sum.shadowLatencyBuckets[index] ?? 0) + count;
}
