// Leaving out: what is to be true of a fleet has to be true without the third of it that shows the most, and the third that
// shows the least, so that no pod moves all and none hides what the others suffer.
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import type { PodObservation } from "../model/workload.ts";
import { boundWeights, mostLiars, noWeights, scaleCounters, soundCounters, weightOf } from "./fair-share.ts";

export type Share = {
  readonly bad: number;
  readonly n: number;
  /** Bad with the stores exchanged; left out: nobody asks. */
  readonly opposite?: number;
};

type Thirds<T> = { readonly worst: readonly T[]; readonly middle: readonly T[]; readonly best: readonly T[] };

/** Parts of a fleet by their share of bad ones; with fewer than three nothing is left out. */
export function thirdsOf<T extends Share>(parts: readonly T[]): Thirds<T> {
  const sorted = parts.toSorted((a, b) => shareOf(b) - shareOf(a) || b.n - a.n);
  const most = mostLiars(sorted.length);
  return {
    worst: sorted.slice(0, most),
    middle: sorted.slice(most, sorted.length - most),
    best: sorted.slice(sorted.length - most),
  };
}

export function sumShares(parts: readonly Share[]): Share {
  return parts.reduce<Share>(
    (sum, part) => {
      const opposite = part.opposite === undefined ? {} : { opposite: (sum.opposite ?? 0) + part.opposite };
      return { bad: sum.bad + part.bad, n: sum.n + part.n, ...opposite };
    },
    { bad: 0, n: 0 },
  );
}

function shareOf({ bad, n }: Share): number {
  return n > 0 ? bad / n : 0;
}

export type PodCount = {
  readonly name: string;
  readonly counters: Counters;
  /** The same with requests and samples cut alike, so that how many were sampled stays what the pod tells. */
  readonly even?: Counters;
};

/** What each pod that is in the epoch has counted since it is, or in its newest part; none weighs too much. */
export function countsByPod(
  serving: readonly PodObservation[],
  epoch: number,
  part?: { readonly seconds: number; readonly offsetSeconds: number },
): readonly PodCount[] {
  const told = serving.flatMap(({ name, status }) => {
    const evidence = status.ok && status.value.evidence.epoch === epoch ? status.value.evidence : undefined;
    const counters =
      part === undefined
        ? evidence?.counters
        : evidence?.windows.find((one) => one.seconds === part.seconds && one.offsetSeconds === part.offsetSeconds)
            ?.counters;
    return counters === undefined ? [] : [{ name, counters: soundCounters(counters) }];
  });
  const factors = boundWeights(told.map(({ counters }) => weightOf(counters)));
  return told.map(({ name, counters }, index) => {
    const factor = factors[index] ?? noWeights;
    const alike = Math.min(factor.requests, factor.samples);
    return {
      name,
      counters: scaleCounters(counters, factor),
      even: scaleCounters(counters, { ...factor, requests: alike, samples: alike }),
    };
  });
}
