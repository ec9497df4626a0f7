// A row of counts of a toy sidecar: every counter of the contract has its place in it.
import { type Counters, noCounters } from "@retriever/sidecar/contract/evidence.ts";

type Histogram = "latencyBuckets" | "shadowLatencyBuckets";
type Plain = Exclude<keyof Counters, Histogram>;

const plainFields = Object.keys(noCounters()).filter((key): key is Plain => !key.endsWith("Buckets"));
const buckets = noCounters().latencyBuckets.length;
const firstBucket: Readonly<Record<Histogram, number>> = {
  latencyBuckets: plainFields.length,
  shadowLatencyBuckets: plainFields.length + buckets,
};
export const rowWidth = plainFields.length + 2 * buckets;

/** Place of a field in a row. */
export const fieldPlace = Object.fromEntries(plainFields.map((field, index) => [field, index])) as Readonly<
  Record<Plain, number>
>;

export type Row = Float64Array;

/** A row of zeros. */
export function emptyRow(): Row {
  return new Float64Array(rowWidth);
}

/** Adds to a bucket of a row. */
export function addToBucket(row: Row, histogram: Histogram, bucket: number, count: number): void {
  const place = firstBucket[histogram] + bucket;
  row[place] = (row[place] ?? 0) + count;
}

/** What came to a row of running sums since another one. */
export function countersBetween(before: Row, until: Row): Counters {
  const difference = (place: number): number => (until[place] ?? 0) - (before[place] ?? 0);
  const counters = noCounters();
  for (const [place, field] of plainFields.entries()) counters[field] = difference(place);
  for (const histogram of Object.keys(firstBucket) as Histogram[]) {
    counters[histogram] = counters[histogram].map((_, bucket) => difference(firstBucket[histogram] + bucket));
  }
  return counters;
}
