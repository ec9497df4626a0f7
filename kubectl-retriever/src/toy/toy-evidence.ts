// What a toy sidecar has counted: running sums per second, so that any window is one subtraction. It holds exactly
// the seconds that the real ring holds.

import type { Span } from "@retriever/operator/core/time/evidence-spans.ts";
import { type Counters, type Evidence, noCounters } from "@retriever/sidecar/contract/evidence.ts";

type Plain = Exclude<keyof Counters, "latencyBuckets">;

const plainFields = Object.keys(noCounters()).filter((key): key is Plain => key !== "latencyBuckets");
const firstBucket = plainFields.length;
const width = firstBucket + noCounters().latencyBuckets.length;
/** The longest span, the second before it that a window subtracts, and as much as may be taken back. */
const keptSeconds = 901 + 120;

/** Place of a field in a row; `bucket` is added to the place of the first latency bucket. */
export const fieldPlace = Object.fromEntries(plainFields.map((field, index) => [field, index])) as Readonly<
  Record<Plain, number>
>;

export type Row = Float64Array;

/** A row of zeros. */
export function emptyRow(): Row {
  return new Float64Array(width);
}

const nothing = emptyRow();

/** Adds to a latency bucket of a row. */
export function addToBucket(row: Row, bucket: number, count: number): void {
  row[firstBucket + bucket] = (row[firstBucket + bucket] ?? 0) + count;
}

export type ToyEvidence = {
  /** Counts what happened in a second; seconds come in order and without a gap. */
  readonly add: (second: number, row: Row) => void;
  /** Forgets what was counted after a second, at most two minutes back. */
  readonly rewind: (second: number) => void;
  readonly read: (epoch: number, nowMs: number, spans: readonly Span[]) => Evidence;
};

/** Begins to count at an instant, in epoch ms. */
export function makeToyEvidence(activatedAtMs: number): ToyEvidence {
  const sums = new Float64Array(width * keptSeconds);
  let first: number | undefined;
  let last = 0;

  const sumUntil = (second: number): Row => {
    if (first === undefined || second < first) return nothing;
    const slot = Math.min(second, last) % keptSeconds;
    return sums.subarray(slot * width, (slot + 1) * width);
  };
  return {
    add: (second, row) => {
      const before = first === undefined ? nothing : sumUntil(last);
      first ??= second;
      last = second;
      const start = (second % keptSeconds) * width;
      for (let place = 0; place < width; place += 1) {
        sums[start + place] = (before[place] ?? 0) + (row[place] ?? 0);
      }
    },
    rewind: (second) => {
      if (first !== undefined && second < first) first = undefined;
      last = Math.min(last, second);
    },
    read: (epoch, nowMs, spans) => ({
      epoch,
      sinceSeconds: Math.max(0, nowMs - activatedAtMs) / 1000,
      counters: toCounters(sumUntil(last), undefined),
      windows: spans.map((span) => {
        const to = Math.floor(nowMs / 1000) - span.offsetSeconds;
        const from = to - span.seconds + 1;
        const startMs = Math.max(from * 1000, activatedAtMs);
        const endMs = Math.min((to + 1) * 1000, nowMs);
        const counters = toCounters(sumUntil(to), sumUntil(from - 1));
        return { ...span, coveredSeconds: Math.max(0, endMs - startMs) / 1000, counters };
      }),
    }),
  };
}

function toCounters(until: Row, before: Row | undefined): Counters {
  const difference = (place: number): number => (until[place] ?? 0) - (before?.[place] ?? 0);
  const counters = noCounters();
  for (const [place, field] of plainFields.entries()) counters[field] = difference(place);
  counters.latencyBuckets = counters.latencyBuckets.map((_, bucket) => difference(firstBucket + bucket));
  return counters;
}
