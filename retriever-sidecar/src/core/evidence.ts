// Evidence: the counters of one epoch, as totals since its activation and as a ring of one-second buckets for windows over
// the last 900 s. Memory is fixed; times are passed in.
import { type Counters, type Evidence, type EvidenceWindow, latencyEdgesMs, noCounters } from "#contract/evidence.ts";

type Plain = Exclude<keyof Counters, "latencyBuckets" | "shadowLatencyBuckets">;
/** What one event adds. `latencyMs` also counts into its bucket. */
export type Increment = Partial<Record<Exclude<Plain, "latencySumMs">, number>> & { readonly latencyMs?: number };
export type Span = { readonly seconds: number; readonly offsetSeconds: number };

export type EvidenceLog = {
  readonly epoch: number;
  readonly add: (increment: Increment, atMs: number) => void;
  readonly read: (nowMs: number, spans: readonly Span[]) => Evidence;
};

const ringSeconds = 900;
const plainFields = Object.keys(noCounters()).filter((key): key is Plain => !key.endsWith("Buckets"));
const fieldIndex = new Map(plainFields.map((field, index) => [field, index]));
const width = plainFields.length + latencyEdgesMs.length + 1;
const latencySumIndex = fieldIndex.get("latencySumMs") ?? 0;

/** Starts counting at `activatedAtMs` of a monotonic clock. */
export function makeEvidenceLog(epoch: number, activatedAtMs: number): EvidenceLog {
  const totals = new Float64Array(width);
  const ring = new Float64Array(width * ringSeconds);
  const secondOfSlot = new Float64Array(ringSeconds).fill(-1);
  let newest = Math.floor(activatedAtMs / 1000);

  const slotAt = (atMs: number): Float64Array => {
    newest = Math.max(newest, Math.floor(atMs / 1000));
    const slot = newest % ringSeconds;
    const bucket = ring.subarray(slot * width, (slot + 1) * width);
    if (secondOfSlot[slot] !== newest) bucket.fill(0);
    secondOfSlot[slot] = newest;
    return bucket;
  };
  const sumOf = (from: number, to: number): Float64Array => {
    const sum = new Float64Array(width);
    for (let slot = 0; slot < ringSeconds; slot += 1) {
      const second = secondOfSlot[slot] ?? -1;
      if (second >= from && second <= to) addInto(sum, ring.subarray(slot * width, (slot + 1) * width));
    }
    return sum;
  };
  return {
    epoch,
    add: (increment, atMs) => {
      applyIncrement([totals, slotAt(atMs)], increment);
    },
    read: (nowMs, spans) => ({
      epoch,
      sinceSeconds: Math.max(0, nowMs - activatedAtMs) / 1000,
      counters: toCounters(totals),
      windows: spans.map((span) => readWindow(span, nowMs, activatedAtMs, sumOf)),
      closedAt: 0,
      bins: [],
    }),
  };
}

/** A window holds whole seconds; the newest one is the second that is running. Adjacent spans share no second. */
function readWindow(
  span: Span,
  nowMs: number,
  activatedAtMs: number,
  sumOf: (from: number, to: number) => Float64Array,
): EvidenceWindow {
  const to = Math.floor(nowMs / 1000) - span.offsetSeconds;
  const from = to - span.seconds + 1;
  const startMs = Math.max(from * 1000, activatedAtMs);
  const endMs = Math.min((to + 1) * 1000, nowMs);
  return { ...span, coveredSeconds: Math.max(0, endMs - startMs) / 1000, counters: toCounters(sumOf(from, to)) };
}

type Rows = readonly [Float64Array, Float64Array];

function applyIncrement([totals, bucket]: Rows, increment: Increment): void {
  // Keys, not entries: an array for each field would be made at every request.
  for (const key of Object.keys(increment) as (keyof Increment)[]) {
    const value = increment[key] ?? 0;
    const index = key === "latencyMs" ? latencySumIndex : fieldIndex.get(key);
    addAt(totals, index, value);
    addAt(bucket, index, value);
    if (key !== "latencyMs") continue;
    const counted = bucketIndexOf(value);
    addAt(totals, counted, 1);
    addAt(bucket, counted, 1);
  }
}

function bucketIndexOf(latencyMs: number): number {
  const edge = latencyEdgesMs.findIndex((upper) => latencyMs <= upper);
  return plainFields.length + (edge === -1 ? latencyEdgesMs.length : edge);
}

function addAt(row: Float64Array, index: number | undefined, value: number): void {
  if (index !== undefined) row[index] = (row[index] ?? 0) + value;
}

function addInto(sum: Float64Array, row: Float64Array): void {
  for (let index = 0; index < width; index += 1) addAt(sum, index, row[index] ?? 0);
}

function toCounters(row: Float64Array): Counters {
  const counters = noCounters();
  for (const [index, field] of plainFields.entries()) counters[field] = row[index] ?? 0;
  counters.latencyBuckets = [...row.subarray(plainFields.length)];
  return counters;
}
