// Traffic of many namespaces, busy as Zipf's law says: the busiest are counted by themselves, as sidecars do.

import type { Draws } from "@retriever/kubectl/toy/draws.ts";
import type { Bin } from "@retriever/operator/core/detection/new-bins.ts";
import {
  addCounters,
  binSeconds,
  type Counters,
  maxCountedSlices,
  noCounters,
  noSliceCounters,
  type SliceCounters,
} from "@retriever/sidecar/contract/evidence.ts";
import { drawPodBin, exactSearchesPerSecond, type Regime, setRecall } from "./traffic.ts";

/** Of a namespace by its rank, from 1. */
export type RegimeOf = (rank: number) => Regime;

/** A bin of the guard over `namespaces`; `regimeOf` says how each does, whatever its traffic. */
export function drawSlicedBin(at: number, traffic: SlicedTraffic, rate: number, draws: Draws): Bin {
  const { namespaces, requestsPerSecond, regimeOf, seconds } = traffic;
  const counted = Array.from({ length: maxCountedSlices }, (_, index) => zipfShare(index + 1, namespaces));
  const left = 1 - counted.reduce((sum, share) => sum + share, 0);
  const parts = [...counted, left].map((share, index): Part => {
    const isRest = index === maxCountedSlices;
    const regime = { ...regimeOf(isRest ? namespaces : index + 1), requestsPerSecond: requestsPerSecond * share };
    const bin = drawPodBin(at, [{ regime, seconds }], { rate, draws, exactPerSecond: 0 });
    return { ...bin, regime, ...(isRest ? {} : { name: `tenant-${index + 1}` }) };
  });
  searchExactly(parts, draws);
  const slices = new Map<string, SliceCounters>();
  for (const { name, counters } of parts) {
    if (name !== undefined && counters.requests > 0) slices.set(name, { ...sliceOf(counters), shadowErrors: 0 });
  }
  const failing = [...new Set(parts.flatMap((part) => part.failing))];
  return { at, counters: parts.map(({ counters }) => counters).reduce(addCounters, noCounters()), slices, failing };
}

type Part = Bin & { readonly regime: Regime; readonly name?: string };

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
  const keys = Object.keys(noSliceCounters()) as (keyof SliceCounters)[];
  return Object.fromEntries(keys.map((key) => [key, counters[key]])) as SliceCounters;
}

const harmonics = new Map<number, number>();

/** Zipf's law with exponent 1. */
function zipfShare(rank: number, namespaces: number): number {
  const known = harmonics.get(namespaces);
  const sum = known ?? Array.from({ length: namespaces }, (_, index) => 1 / (index + 1)).reduce((a, b) => a + b, 0);
  harmonics.set(namespaces, sum);
  return 1 / rank / sum;
}
