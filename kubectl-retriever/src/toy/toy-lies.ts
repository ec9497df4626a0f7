// What a pod says that doesn't count what it serves: a broken sidecar, or a program that only looks like one.
import { type Counters, type Evidence, noCounters } from "@retriever/sidecar/contract/evidence.ts";

/** Healthy: a billion good requests. Failing: a billion failed ones. Anything: whatever the contract admits. */
type Claim = "Healthy" | "Failing" | "Anything";
/** What is told instead of some counters; `at` tells one span from another. */
export type Distortion = (counters: Counters, at: number) => Counters;

const many = 1e9;
const most = 1e15;

const told: Readonly<Record<Claim, Distortion>> = {
  Healthy: () => ({ ...noCounters(), requests: many, answered: many, overlapSum: many }),
  Failing: () => {
    const live = { requests: many, errors: many, failedChecked: many, failedWorse: many };
    return { ...noCounters(), ...live, answered: many, scoreWorse: many, latencyWorse: many, mismatch: many };
  },
  Anything: (_counters, at) => {
    let state = at;
    // Of any order of magnitude.
    const next = (): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor(most ** (state / 2_147_483_648)) - 1;
    };
    const empty = noCounters();
    const plain = Object.fromEntries(Object.keys(empty).map((key) => [key, next()]));
    const { latencyBuckets, shadowLatencyBuckets } = empty;
    return {
      ...empty,
      ...plain,
      latencyBuckets: latencyBuckets.map(next),
      shadowLatencyBuckets: shadowLatencyBuckets.map(next),
    };
  },
};

export function distortionOf(claim: Claim): Distortion {
  return told[claim];
}

/** The evidence with other counters in it. */
export function distort(evidence: Evidence, distortion: Distortion): Evidence {
  const { counters, windows, bins, open } = evidence;
  return {
    ...evidence,
    counters: distortion(counters, 0),
    windows: windows.map((window) => ({ ...window, counters: distortion(window.counters, window.seconds) })),
    ...(open === undefined ? {} : { open: distortion(open, 0) }),
    bins: bins.map((bin) => ({ ...bin, counters: distortion(bin.counters, bin.at) })),
  };
}
