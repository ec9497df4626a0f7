// Traffic of many namespaces, busy as Zipf's law says: the busiest are counted by themselves, as sidecars do.

import type { Draws } from "@retriever/kubectl/toy/draws.ts";
import type { Bin } from "@retriever/operator/core/detection/new-bins.ts";
import {
  addCounters,
  type Counters,
  maxCountedSlices,
  noSliceCounters,
  type SliceCounters,
} from "@retriever/sidecar/contract/evidence.ts";
import { drawGuardBin, type Regime, type Segment } from "./traffic.ts";

/** Of a namespace by its rank, from 1. */
export type RegimeOf = (rank: number) => Regime;

/** A bin of the guard over `namespaces`; `regimeOf` says how each does, whatever its traffic. */
export function drawSlicedBin(at: number, traffic: SlicedTraffic, rate: number, draws: Draws): Bin {
  const { namespaces, requestsPerSecond, regimeOf, seconds } = traffic;
  const slices = new Map<string, SliceCounters>();
  let all: Bin | undefined;
  for (let rank = 1; rank <= maxCountedSlices; rank += 1) {
    const own = requestsPerSecond * zipfShare(rank, namespaces);
    const bin = drawGuardBin(at, [segment(regimeOf(rank), own, seconds)], rate, draws);
    const { counters } = bin;
    if (counters.requests > 0) slices.set(`tenant-${rank}`, { ...sliceOf(counters), shadowErrors: 0 });
    all = all === undefined ? bin : joined(all, bin);
  }
  const counted = Array.from({ length: maxCountedSlices }, (_, index) => zipfShare(index + 1, namespaces));
  const left = requestsPerSecond * (1 - counted.reduce((sum, share) => sum + share, 0));
  const rest = drawGuardBin(at, [segment(regimeOf(namespaces), left, seconds)], rate, draws);
  return { ...(all === undefined ? rest : joined(all, rest)), slices };
}

type SlicedTraffic = {
  readonly namespaces: number;
  readonly requestsPerSecond: number;
  readonly regimeOf: RegimeOf;
  readonly seconds: number;
};

function segment(regime: Regime, requestsPerSecond: number, seconds: number): Segment {
  return { regime: { ...regime, requestsPerSecond, recall: noRecall }, seconds };
}

function sliceOf(counters: Counters): SliceCounters {
  const keys = Object.keys(noSliceCounters()) as (keyof SliceCounters)[];
  return Object.fromEntries(keys.map((key) => [key, counters[key]])) as SliceCounters;
}

const noRecall = { step: 0, worse: 0, better: 0 };

function joined(a: Bin, b: Bin): Bin {
  return { ...a, counters: addCounters(a.counters, b.counters), failing: [...new Set([...a.failing, ...b.failing])] };
}

const harmonics = new Map<number, number>();

/** Zipf's law with exponent 1. */
function zipfShare(rank: number, namespaces: number): number {
  const known = harmonics.get(namespaces);
  const sum = known ?? Array.from({ length: namespaces }, (_, index) => 1 / (index + 1)).reduce((a, b) => a + b, 0);
  harmonics.set(namespaces, sum);
  return 1 / rank / sum;
}
