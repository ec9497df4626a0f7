// The bins of evidence that nobody has judged yet, over all pods: each is taken once, whenever the operator looks.
import type { EpochEvidence } from "@retriever/crds/status/migration-status.ts";
import {
  addBuckets,
  addCounters,
  addToSlice,
  binSeconds,
  type Counters,
  type EvidenceBin,
  keptSeconds,
  noCounters,
  noSliceCounters,
  type SliceCounters,
} from "@retriever/sidecar/contract/evidence.ts";
import type { PodObservation } from "../model/workload.ts";
import {
  boundWeights,
  fitParts,
  measures,
  noWeights,
  scaleCounters,
  scaleSlice,
  soundCounters,
  soundSlice,
  type Weights,
  weightOf,
  weightOfSlice,
} from "../pods/fair-share.ts";
import { shiftOf, usualLagSeconds } from "../pods/pod-clock.ts";
import { judgedUntil as judgedUntilOf, knownProcesses } from "../pods/processes.ts";
import { severeLimit } from "./lines.ts";

type Slices = ReadonlyMap<string, SliceCounters>;

/** What a part of the fleet counted in a bin. */
export type BinPart = { readonly counters: Counters; readonly slices: Slices };

/** What all pods counted in one bin; no part of the fleet weighs more than is plausible beside the others. */
export type Bin = BinPart & {
  /** Beginning, epoch seconds. */
  readonly at: number;
  /** UIDs of pods that failed on a grand scale: every fifth of their own requests. */
  readonly failing: readonly string[];
  /** The same by groups of the fleet, with their numbers in the record; left out: one group. */
  readonly parts?: ReadonlyMap<number, BinPart>;
};

type Collecting = { readonly counters: Counters; readonly slices: Map<string, SliceCounters> };
type CollectingBin = { readonly parts: Map<number, Collecting>; readonly failing: string[] };

type NewBinsInput = {
  readonly epoch: number;
  readonly pods: readonly PodObservation[];
  /** How far each pod's bins were judged. */
  readonly evidence: EpochEvidence | undefined;
  /** The record that goes with what is judged now: a pod for which there is no room in it is not judged. */
  readonly recorded: EpochEvidence | undefined;
  /** Beginning of the first bin that was judged, epoch seconds; left out: none was. */
  readonly judgedFrom?: number | undefined;
  /** End of the newest bin that was judged, epoch seconds; what comes later than its time is told of as the next one. */
  readonly judgedUntil: number;
  /** Epoch seconds. */
  readonly now: number;
};

type NewBins = {
  /** Oldest first. */
  readonly bins: readonly Bin[];
  /** What has been taken from each group of the record, fading with time. */
  readonly weights: readonly Weights[];
};

/** After so long what a group has counted weighs half: balancers change their minds. */
const weightHalfLifeSeconds = 900;

/** Closed bins of the epoch that weren't judged, oldest first. A pod whose clock is wrong is taken as if it weren't. */
export function newBins(input: NewBinsInput): NewBins {
  const { epoch, pods, evidence, recorded, judgedFrom, judgedUntil, now } = input;
  const before = knownProcesses(evidence, epoch);
  const after = knownProcesses(recorded, epoch);
  // A late bin counts with the next one, but none is told of that hasn't closed: time never runs ahead.
  const newest = Math.floor(now / binSeconds) * binSeconds - binSeconds;
  const collected = new Map<number, CollectingBin>();
  for (const pod of pods) {
    const group = after(pod.uid)?.group;
    if (group === undefined) continue;
    for (const { bin, at } of newOf(pod, { epoch, before: before(pod.uid), now })) {
      const closed = Math.min(newest, Math.max(judgedUntil, at));
      const into: CollectingBin = collected.get(closed) ?? { parts: new Map(), failing: [] };
      collected.set(closed, into);
      collect(into, group, pod.uid, bin);
    }
  }
  return boundBins(
    [...collected].toSorted(([a], [b]) => a - b),
    recorded?.groups ?? [],
    { from: judgedFrom, until: judgedUntil },
  );
}

type Asked = {
  readonly epoch: number;
  readonly before: Parameters<typeof judgedUntilOf>[0];
  readonly now: number;
};

/** A pod's bins since it was judged last, each with its time by our clock. */
function newOf({ status }: PodObservation, { epoch, before, now }: Asked): { bin: EvidenceBin; at: number }[] {
  if (!status.ok || status.value.evidence.epoch !== epoch) return [];
  const { evidence, startId } = status.value;
  const { bins, closedAt, openAt = closedAt } = evidence;
  const until = judgedUntilOf(before, startId);
  const shift = shiftOf(openAt, now);
  return bins
    .filter((bin) => bin.at >= until && bin.at < closedAt)
    .map((bin) => ({ bin, at: bin.at + shift }))
    .filter(({ at }) => at >= now - keptSeconds - usualLagSeconds);
}

function collect({ parts, failing }: CollectingBin, group: number, uid: string, bin: EvidenceBin): void {
  const into: Collecting = parts.get(group) ?? { counters: noCounters(), slices: new Map() };
  parts.set(group, into);
  const counters = soundCounters(bin.counters);
  addTo(into.counters, counters);
  const { errors, requests } = counters;
  if (errors > 0 && errors >= severeLimit * requests && !failing.includes(uid)) failing.push(uid);
  const slices = bin.slices.map(({ namespace, counters: slice }) => ({ namespace, counters: soundSlice(slice) }));
  const fit = fitParts(sliceWeights(slices.map(({ counters: slice }) => slice)), weightOf(counters));
  for (const { namespace, counters: slice } of slices) addSlice(into.slices, namespace, scaleSlice(slice, fit));
}

function sliceWeights(slices: readonly SliceCounters[]): Weights {
  const weights = slices.map(weightOfSlice);
  return {
    requests: weights.reduce((sum, { requests }) => sum + requests, 0),
    samples: weights.reduce((sum, { samples }) => sum + samples, 0),
    exact: weights.reduce((sum, { exact }) => sum + exact, 0),
    content: weights.reduce((sum, { content }) => sum + content, 0),
  };
}

/** Brings each group of each bin to what is plausible beside the others. */
function boundBins(
  collected: readonly (readonly [number, CollectingBin])[],
  groups: EpochEvidence["groups"],
  judged: { readonly from: number | undefined; readonly until: number },
): NewBins {
  let weights = groups.map(({ requests, samples, exact, content }): Weights => ({ requests, samples, exact, content }));
  let { until } = judged;
  const from = judged.from ?? collected[0]?.[0] ?? 0;
  const bins = collected.map(([at, { parts, failing }]): Bin => {
    const faded = 0.5 ** (Math.max(0, at - until) / weightHalfLifeSeconds);
    until = Math.max(until, at);
    const known = weights.map((weight) => mapWeights(weight, (value) => value * faded));
    const claims = known.map((_, group) => weightOf(parts.get(group)?.counters ?? noCounters()));
    // Who has gone is nobody's fellow; what it was taken from is remembered for who takes its place.
    const fellows = known.map((weight, group) => (groups[group]?.processes.length === 0 ? noWeights : weight));
    const factors = boundWeights(claims, fellows, perBin(Math.max(0, at - from)));
    weights = known.map((weight, group) =>
      mapWeights(weight, (value, measure) =>
        shortened(value + (claims[group]?.[measure] ?? 0) * (factors[group]?.[measure] ?? 1)),
      ),
    );
    const bounded = new Map([...parts].map(([group, part]) => [group, scalePart(part, factors[group] ?? noWeights)]));
    return { at, failing, ...sumParts([...bounded.values()]), parts: bounded };
  });
  return { bins, weights };
}

/** Which part of what is known after so many seconds one bin brought, on the whole. */
function perBin(seconds: number): number {
  const fadedBin = 0.5 ** (binSeconds / weightHalfLifeSeconds);
  const bins = (1 - fadedBin ** (seconds / binSeconds)) / (1 - fadedBin);
  return 1 / Math.max(1, bins);
}

function mapWeights(weights: Weights, map: (value: number, measure: keyof Weights) => number): Weights {
  return Object.fromEntries(measures.map((measure) => [measure, map(weights[measure], measure)])) as Weights;
}

/** As it is kept: the same whether it went through the status or not. */
function shortened(weight: number): number {
  return Number(weight.toPrecision(6));
}

function scalePart({ counters, slices }: BinPart, factors: Weights): BinPart {
  const scaled = scaleCounters(counters, factors);
  if (scaled === counters) return { counters, slices };
  return { counters: scaled, slices: new Map([...slices].map(([name, slice]) => [name, scaleSlice(slice, factors)])) };
}

function sumParts(parts: readonly BinPart[]): BinPart {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const slices = new Map<string, SliceCounters>();
  for (const part of parts) for (const [namespace, counters] of part.slices) addSlice(slices, namespace, counters);
  return { counters: parts.reduce((sum, part) => addCounters(sum, part.counters), noCounters()), slices };
}

function addSlice(slices: Map<string, SliceCounters>, namespace: string, counters: SliceCounters): void {
  const known = slices.get(namespace) ?? noSliceCounters();
  slices.set(namespace, known);
  addToSlice(known, counters);
}

type Plain = Exclude<keyof Counters, "latencyBuckets" | "shadowLatencyBuckets">;
const plain = Object.keys(noCounters()).filter((key): key is Plain => !key.endsWith("Buckets"));

/** In place: a reconcile of a thousand pods adds thousands of bins. */
function addTo(sum: Counters, more: Counters): void {
  for (const key of plain) sum[key] += more[key];
  addBuckets(sum.latencyBuckets, more.latencyBuckets);
  addBuckets(sum.shadowLatencyBuckets, more.shadowLatencyBuckets);
}
