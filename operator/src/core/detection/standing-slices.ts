// Slices that stand by themselves: what they count is no part of the lines over all traffic.
import type { DetectionState, HarmLineName } from "@retriever/crds/status/harm-status.ts";
import { type Counters, noSliceCounters, type SliceCounters } from "@retriever/sidecar/contract/evidence.ts";
import type { Bin } from "./new-bins.ts";

/** Lines that are judged by slice as well. */
export const sharedLines: readonly HarmLineName[] = [
  "score",
  "latency",
  "mismatch",
  "recall",
  "content",
  "shadowErrors",
  "liveErrors",
  "emptyAnswers",
  "liveLatency",
  "severe",
];

export type SliceCounts = ReadonlyMap<number, SliceCounters>;

/**
 * The slices that stand by themselves, as long as they are the minority: whoever can write queries for one namespace must
 * not move all. Where most of the traffic is harmed it isn't one namespace's affair.
 */
export function standingSlices({ lines }: DetectionState, { counters }: Bin, counts: SliceCounts): readonly number[] {
  const standing = new Set(lines.flatMap(({ slice, clock }) => (slice === null || clock === undefined ? [] : [slice])));
  const requests = [...standing].reduce((sum, slice) => sum + (counts.get(slice)?.requests ?? 0), 0);
  return requests * 2 > counters.requests ? [] : [...standing];
}

const sliceFields = Object.keys(noSliceCounters()).filter(
  (key): key is Exclude<keyof SliceCounters, "latencyBuckets" | "shadowLatencyBuckets"> => !key.endsWith("Buckets"),
);

/** All traffic less that of some slices. */
export function withoutSlices(all: Counters, slices: readonly number[], counts: SliceCounts): Counters {
  const taken = slices.flatMap((slice) => counts.get(slice) ?? []);
  if (taken.length === 0) return all;
  const rest = { ...all };
  for (const slice of taken) {
    for (const key of sliceFields) {
      rest[key] = Math.max(0, rest[key] - slice[key]);
    }
    for (const key of ["latencyBuckets", "shadowLatencyBuckets"] as const) {
      rest[key] = rest[key].map((count, bucket) => Math.max(0, count - (slice[key][bucket] ?? 0)));
    }
  }
  return rest;
}
