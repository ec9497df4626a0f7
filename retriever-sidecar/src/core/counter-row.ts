// Counters as rows of numbers: many spans lie in one array, and counting allocates nothing.
import { type Counters, latencyEdgesMs, noCounters } from "#contract/evidence.ts";

type Plain = Exclude<keyof Counters, "latencyBuckets" | "shadowLatencyBuckets">;
/** What one event adds. `latencyMs` and `shadowMs` (the shadow's own) also count into their buckets. */
export type Increment = Partial<Record<Exclude<Plain, "latencySumMs">, number>> & {
  readonly latencyMs?: number;
  readonly shadowMs?: number;
};

const plainFields = Object.keys(noCounters()).filter((key): key is Plain => !key.endsWith("Buckets"));
const placeOf = new Map<string, number>(plainFields.map((field, index) => [field, index]));
const latencySumPlace = placeOf.get("latencySumMs") ?? 0;
const bucketCount = latencyEdgesMs.length + 1;
const latencyStart = plainFields.length;
const shadowStart = latencyStart + bucketCount;

/** Numbers in a row. */
export const rowWidth = shadowStart + bucketCount;

/** Adds to the rows that begin at `starts`. */
export function addToRows(cells: Float64Array, starts: readonly number[], increment: Increment): void {
  // Keys, not entries: an array for each field would be made at every request.
  for (const key of Object.keys(increment) as (keyof Increment)[]) {
    const value = increment[key] ?? 0;
    if (key === "latencyMs") {
      addAt(cells, starts, latencySumPlace, value);
      addAt(cells, starts, latencyStart + bucketOf(value), 1);
    } else if (key === "shadowMs") addAt(cells, starts, shadowStart + bucketOf(value), 1);
    else addAt(cells, starts, placeOf.get(key), value);
  }
}

/** Place of a latency among the contract's buckets. */
export function bucketOf(latencyMs: number): number {
  const edge = latencyEdgesMs.findIndex((upper) => latencyMs <= upper);
  return edge === -1 ? latencyEdgesMs.length : edge;
}

function addAt(cells: Float64Array, starts: readonly number[], place: number | undefined, value: number): void {
  if (place === undefined) return;
  for (const start of starts) cells[start + place] = (cells[start + place] ?? 0) + value;
}

/** Adds the row that begins at `start` to `sum`, a single row. */
export function addRow(sum: Float64Array, cells: Float64Array, start: number): void {
  for (let place = 0; place < rowWidth; place += 1) sum[place] = (sum[place] ?? 0) + (cells[start + place] ?? 0);
}

/** The row that begins at `start`. */
export function countersAt(cells: Float64Array, start: number): Counters {
  const counters = noCounters();
  for (const [place, field] of plainFields.entries()) counters[field] = cells[start + place] ?? 0;
  counters.latencyBuckets = [...cells.subarray(start + latencyStart, start + shadowStart)];
  counters.shadowLatencyBuckets = [...cells.subarray(start + shadowStart, start + rowWidth)];
  return counters;
}
