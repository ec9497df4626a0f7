// The bins of a toy sidecar: where the running sums stood when each began, so that a bin is one subtraction.

import {
  addToSlice,
  binSeconds,
  type EvidenceBin,
  keptSeconds,
  maxBins,
  noSliceCounters,
  type SliceCounters,
} from "@retriever/sidecar/contract/evidence.ts";
import { countersBetween, type Row } from "./toy-row.ts";

type Bin = {
  /** Epoch seconds of the wall clock. */
  readonly at: number;
  /** The first second of the pod's own clock that counts into it. */
  readonly first: number;
  /** The sums before that second. */
  readonly before: Row;
  /** What the namespaces counted in each second. */
  readonly slices: { readonly second: number; readonly slices: Slices }[];
  /** What it answers with, known once the next one has begun. */
  answer?: EvidenceBin;
};
type Slices = EvidenceBin["slices"];

type Second = {
  readonly nowMs: number;
  readonly slices: Slices;
  readonly before: Row;
};

const binMs = binSeconds * 1000;
/** As many as are answered, the open one, and as many as may be taken back. */
const mostBins = maxBins + 1 + 120 / binSeconds;

/** Bins of the wall clock over seconds of the pod's own clock. A second belongs to one bin, whatever the wall clock does. */
export class ToyBins {
  #bins: Bin[] = [];
  /** The newest bin that is open: never an earlier one again, or a bin would change after it was read. */
  #open = 0;

  clone(): ToyBins {
    const copy = new ToyBins();
    // Only the newest one may still change.
    copy.#bins = this.#bins.map((bin, index) => (index < this.#bins.length - 1 ? bin : reopened(bin)));
    copy.#open = this.#open;
    return copy;
  }

  /** A second is about to be counted; `nowMs` is its end by the wall clock, `before` the sums until then. */
  add(second: number, { nowMs, slices, before }: Second): void {
    const at = Math.max(this.#open, binAt(nowMs - 1));
    this.#open = Math.max(at, binAt(nowMs));
    if (this.#bins.at(-1)?.at !== at) this.#bins.push({ at, first: second, before: before.slice(), slices: [] });
    if (slices.length > 0) this.#bins.at(-1)?.slices.push({ second, slices });
    if (this.#bins.length > mostBins) this.#bins.shift();
  }

  /** Forgets what was counted after a second. */
  rewind(second: number): void {
    this.#bins = this.#bins.filter(({ first }) => first <= second);
    const last = this.#bins.pop();
    this.#open = last?.at ?? 0;
    if (last !== undefined) this.#bins.push(reopened(last, second));
  }

  /** The closed ones that begin at `from` or later; `sums` are those of now. */
  read(from: number, nowMs: number, sums: Row): { readonly closedAt: number; readonly bins: EvidenceBin[] } {
    this.#open = Math.max(this.#open, binAt(nowMs));
    const closedAt = this.#open;
    const oldest = Math.max(from, closedAt - keptSeconds);
    const bins: EvidenceBin[] = [];
    for (const [index, bin] of this.#bins.entries()) {
      if (bin.at >= oldest && bin.at < closedAt) bins.push(answerOf(bin, this.#bins[index + 1]?.before, sums));
    }
    return { closedAt, bins: bins.filter(({ counters }) => counters.requests > 0) };
  }
}

/** The same bin, not answered with yet, as it was at the end of a second. */
function reopened({ at, first, before, slices }: Bin, until = Number.POSITIVE_INFINITY): Bin {
  return { at, first, before, slices: slices.filter(({ second }) => second <= until) };
}

function answerOf(bin: Bin, until: Row | undefined, sums: Row): EvidenceBin {
  if (bin.answer !== undefined) return bin.answer;
  const answer = { at: bin.at, counters: countersBetween(bin.before, until ?? sums), slices: sumOf(bin.slices) };
  if (until !== undefined) bin.answer = answer;
  return answer;
}

function sumOf(seconds: Bin["slices"]): Slices {
  const sums = new Map<string, SliceCounters>();
  for (const { namespace, counters } of seconds.flatMap(({ slices }) => slices)) {
    const sum = sums.get(namespace) ?? noSliceCounters();
    sums.set(namespace, sum);
    addToSlice(sum, counters);
  }
  return [...sums].map(([namespace, counters]) => ({ namespace, counters }));
}

function binAt(ms: number): number {
  return Math.floor(ms / binMs) * binSeconds;
}
