// Counters of single namespaces, bin by bin. Namespaces come from requests, so their number is bounded: whoever sends a new
// one with each request can't push out a namespace that has more than 1 in 64 of the requests.
import {
  type EvidenceBin,
  latencyEdgesMs,
  maxCountedSlices,
  noSliceCounters,
  type SliceCounters,
} from "#contract/evidence.ts";
import { bucketOf, type Increment } from "./counter-row.ts";

type Slice = {
  /** Requests of the epoch, or more: a namespace inherits those of the one whose place it takes. */
  seen: number;
  /** `width` numbers a bin: whole ones are exact up to 16 million, which is more than ten seconds bring. */
  readonly counts: Float32Array;
};
type SliceTable = {
  /** Only a request makes a place for its namespace; a sample of one that has none is left out. */
  readonly add: (namespace: string, increment: Increment, slot: number) => void;
  /** Sets a bin to zero. */
  readonly clear: (slot: number) => void;
  /** The namespaces of which something was counted in a bin. */
  readonly read: (slot: number) => EvidenceBin["slices"];
};

type Plain = Exclude<keyof SliceCounters, "latencyBuckets" | "shadowLatencyBuckets">;
const fields = Object.keys(noSliceCounters()).filter((key): key is Plain => !key.endsWith("Buckets"));
const bucketCount = latencyEdgesMs.length + 1;
const shadowStart = fields.length + bucketCount;
const width = shadowStart + bucketCount;

/** For bins at `slots` places. Keeps the busiest namespaces as Metwally's Space-Saving does. */
export function makeSliceTable(slots: number): SliceTable {
  const slices = new Map<string, Slice>();
  const enter = (namespace: string): Slice => {
    if (slices.size < maxCountedSlices) {
      const slice = { seen: 0, counts: new Float32Array(slots * width) };
      slices.set(namespace, slice);
      return slice;
    }
    const [idlest, slice] = leastSeen(slices);
    slices.delete(idlest);
    slice.counts.fill(0);
    slices.set(namespace, slice);
    return slice;
  };
  return {
    add: (namespace, increment, slot) => {
      const requests = increment.requests ?? 0;
      const slice = slices.get(namespace) ?? (requests > 0 ? enter(namespace) : undefined);
      if (slice === undefined) return;
      slice.seen += requests;
      const start = slot * width;
      for (const [place, field] of fields.entries()) addAt(slice.counts, start + place, valueOf(increment, field));
      const { latencyMs, shadowMs } = increment;
      if (latencyMs !== undefined) addAt(slice.counts, start + fields.length + bucketOf(latencyMs), 1);
      if (shadowMs !== undefined) addAt(slice.counts, start + shadowStart + bucketOf(shadowMs), 1);
    },
    clear: (slot) => {
      for (const { counts } of slices.values()) counts.fill(0, slot * width, (slot + 1) * width);
    },
    read: (slot) => [...slices].flatMap(([namespace, slice]) => sliceAt(namespace, slice, slot)),
  };
}

/** A loop: whoever sends a new namespace with each request makes it run each time. */
function leastSeen(slices: ReadonlyMap<string, Slice>): readonly [string, Slice] {
  let least: readonly [string, Slice] | undefined;
  for (const each of slices) if (least === undefined || each[1].seen < least[1].seen) least = each;
  if (least === undefined) throw new RangeError("expected at least one namespace");
  return least;
}

function addAt(counts: Float32Array, place: number, value: number): void {
  if (value > 0) counts[place] = (counts[place] ?? 0) + value;
}

function valueOf(increment: Increment, field: Plain): number {
  const value = increment[field] ?? 0;
  return field === "shadowErrors" ? value + (increment.shadowTimeouts ?? 0) : value;
}

function sliceAt(namespace: string, { counts }: Slice, slot: number): EvidenceBin["slices"] {
  const row = counts.subarray(slot * width, (slot + 1) * width);
  if (row.every((value) => value === 0)) return [];
  const counters = noSliceCounters();
  for (const [place, field] of fields.entries()) counters[field] = row[place] ?? 0;
  counters.latencyBuckets = [...row.subarray(fields.length, shadowStart)];
  counters.shadowLatencyBuckets = [...row.subarray(shadowStart)];
  return [{ namespace, counters }];
}
