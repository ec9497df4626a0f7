// What a toy sidecar has counted: running sums per second, so that any window is one subtraction. It holds exactly
// the seconds that the real ring holds.

import type { Span } from "@retriever/operator/core/time/evidence-spans.ts";
import { type Counters, type Evidence, noCounters } from "@retriever/sidecar/contract/evidence.ts";

type Plain = Exclude<keyof Counters, "latencyBuckets" | "shadowLatencyBuckets">;

const plainFields = Object.keys(noCounters()).filter((key): key is Plain => !key.endsWith("Buckets"));
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

/** Counts of one configuration. Seconds are those of the pod's own clock, which never jumps. */
export class ToyEvidence {
  readonly #sums = new Float64Array(width * keptSeconds);
  readonly #activatedAtMs: number;
  #first: number | undefined;
  #last = 0;

  constructor(activatedAtMs: number) {
    this.#activatedAtMs = activatedAtMs;
  }

  clone(): ToyEvidence {
    const copy = new ToyEvidence(this.#activatedAtMs);
    copy.#sums.set(this.#sums);
    copy.#first = this.#first;
    copy.#last = this.#last;
    return copy;
  }

  /** Counts what happened in a second; seconds come in order and without a gap. */
  add(second: number, row: Row): void {
    const before = this.#first === undefined ? nothing : this.#sumUntil(this.#last);
    this.#first ??= second;
    this.#last = second;
    const start = (second % keptSeconds) * width;
    for (let place = 0; place < width; place += 1) {
      this.#sums[start + place] = (before[place] ?? 0) + (row[place] ?? 0);
    }
  }

  /** Forgets what was counted after a second, at most two minutes back. */
  rewind(second: number): void {
    if (this.#first !== undefined && second < this.#first) this.#first = undefined;
    this.#last = Math.min(this.#last, second);
  }

  read(epoch: number, elapsedMs: number, spans: readonly Span[]): Evidence {
    return {
      epoch,
      sinceSeconds: Math.max(0, elapsedMs - this.#activatedAtMs) / 1000,
      counters: toCounters(this.#sumUntil(this.#last), undefined),
      closedAt: 0,
      bins: [],
      windows: spans.map((span) => {
        const to = Math.floor(elapsedMs / 1000) - span.offsetSeconds;
        const from = to - span.seconds + 1;
        // A second is called by its end.
        const coveredMs = to * 1000 - Math.max((from - 1) * 1000, this.#activatedAtMs);
        const counters = toCounters(this.#sumUntil(to), this.#sumUntil(from - 1));
        return { ...span, coveredSeconds: Math.max(0, coveredMs) / 1000, counters };
      }),
    };
  }

  #sumUntil(second: number): Row {
    if (this.#first === undefined || second < this.#first) return nothing;
    const slot = Math.min(second, this.#last) % keptSeconds;
    return this.#sums.subarray(slot * width, (slot + 1) * width);
  }
}

function toCounters(until: Row, before: Row | undefined): Counters {
  const difference = (place: number): number => (until[place] ?? 0) - (before?.[place] ?? 0);
  const counters = noCounters();
  for (const [place, field] of plainFields.entries()) counters[field] = difference(place);
  counters.latencyBuckets = counters.latencyBuckets.map((_, bucket) => difference(firstBucket + bucket));
  return counters;
}
