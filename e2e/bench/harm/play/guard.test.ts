// The shortened play of a guard decides as the operator does at every reconcile.
import type { Bin } from "@retriever/operator/core/detection/new-bins.ts";
import { addCounters, type Counters, noCounters } from "@retriever/sidecar/contract/evidence.ts";
import { expect, it } from "vitest";
import { playGuard, startSeconds } from "./guard.ts";
import { planOf } from "./setting.ts";

const baseline = { requests: 10_000, errorShare: 0, emptyShare: 0, p95Ms: 100, mismatchShare: 0, requestsPerSecond: 6 };

/** Three pods, of whose samples a fifth is slow. */
function aBin(at: number, latencyBetter: readonly number[]): Bin {
  const pods = latencyBetter.map((better): Counters => {
    return { ...noCounters(), requests: 20, answered: 20, latencyWorse: 4, latencyBetter: better };
  });
  const parts = new Map(pods.map((counters, group) => [group, { counters, slices: new Map() }]));
  return {
    at: startSeconds + at,
    counters: pods.reduce(addCounters, noCounters()),
    slices: new Map(),
    failing: [],
    parts,
  };
}

const play = (latencyBetter: readonly number[]) =>
  playGuard({ plan: planOf(), baseline, seconds: 7200, phase: 0, draw: (at) => aBin(at, latencyBetter) }).act;

it("a destination is left that one pod of three alone says is no worse than the source", () => {
  expect(play([0, 0, 0])).toBe("Rollback");
  expect(play([0, 0, 12])).toBe("Rollback");
});

it("a destination is kept that most of the pods say is no worse than the source", () => {
  expect(play([4, 4, 0])).toBe("None");
});
