// Traffic of many namespaces, busy as Zipf's law says: the busiest are counted by themselves, as sidecars do.

import type { Draws } from "@retriever/kubectl/toy/draws.ts";
import type { Bin } from "@retriever/operator/core/detection/new-bins.ts";
import {
  addToSlice,
  binSeconds,
  type Counters,
  maxCountedSlices,
  noCounters,
  noSliceCounters,
  type SliceCounters,
} from "@retriever/sidecar/contract/evidence.ts";
import { addDrawn, drawPodBin, exactSearchesPerSecond, type Regime, setRecall } from "./traffic.ts";

/** Of a namespace by its rank, from 1. */
export type RegimeOf = (rank: number) => Regime;

/** A bin of the guard over `namespaces`; `regimeOf` says how each does, whatever its traffic. */
export function drawSlicedBin(at: number, traffic: SlicedTraffic, rate: number, draws: Draws): Bin {
  const { namespaces, requestsPerSecond, regimeOf, seconds } = traffic;
  const parts = sharesOf(namespaces).map((share, index): Part => {
    const isRest = index === maxCountedSlices;
    const regime = { ...regimeOf(isRest ? namespaces : index + 1), requestsPerSecond: requestsPerSecond * share };
    const { counters, failing } = drawPodBin(at, [{ regime, seconds }], { rate, draws, exactPerSecond: 0 });
    return { counters, failing, regime, name: names[index] };
  });
  searchExactly(parts, draws);
  const slices = new Map<string, SliceCounters>();
  const failing = new Set<string>();
  const all = noCounters();
  for (const { name, counters, failing: pods } of parts) {
    if (name !== undefined && counters.requests > 0) slices.set(name, sliceOf(counters));
    for (const pod of pods) failing.add(pod);
    addDrawn(all, counters);
  }
  return { at, counters: all, slices, failing: [...failing] };
}

type Part = Pick<Bin, "counters" | "failing"> & { readonly regime: Regime; readonly name: string | undefined };

/** All others together have none. */
const names: readonly string[] = Array.from({ length: maxCountedSlices }, (_, index) => `tenant-${index + 1}`);

type SlicedTraffic = {
  readonly namespaces: number;
  readonly requestsPerSecond: number;
  readonly regimeOf: RegimeOf;
  readonly seconds: number;
};

/** Whose sample is searched exactly is a matter of chance. */
function searchExactly(parts: readonly Part[], draws: Draws): void {
  let samples = parts.reduce((sum, { counters }) => sum + counters.answered, 0);
  let searches = Math.min(samples, Math.round(binSeconds * exactSearchesPerSecond));
  for (const { counters, regime } of parts) {
    if (searches <= 0) return;
    const own = Math.min(counters.answered, draws.binomial(searches, counters.answered / samples));
    samples -= counters.answered;
    searches -= own;
    if (own > 0) setRecall(counters, own, regime.recall, draws);
  }
}

function sliceOf(counters: Counters): SliceCounters {
  const slice = noSliceCounters();
  addToSlice(slice, counters);
  return slice;
}

const knownShares = new Map<number, readonly number[]>();

/** Of those that are counted by themselves, and of all others together. */
function sharesOf(namespaces: number): readonly number[] {
  const known = knownShares.get(namespaces);
  if (known !== undefined) return known;
  const counted = Array.from({ length: maxCountedSlices }, (_, index) => zipfShare(index + 1, namespaces));
  const shares = [...counted, 1 - counted.reduce((sum, share) => sum + share, 0)];
  knownShares.set(namespaces, shares);
  return shares;
}

/** Zipf's law with exponent 1. */
function zipfShare(rank: number, namespaces: number): number {
  return 1 / rank / Array.from({ length: namespaces }, (_, index) => 1 / (index + 1)).reduce((a, b) => a + b, 0);
}
