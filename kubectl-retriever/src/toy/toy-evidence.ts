// What a toy sidecar has counted: running sums per second, so that any window is one subtraction. It holds exactly
// the seconds that the real ring holds.

import type { Span } from "@retriever/operator/core/time/evidence-spans.ts";
import type { Evidence, EvidenceBin } from "@retriever/sidecar/contract/evidence.ts";
import { ToyBins } from "./toy-bins.ts";
import { countersBetween, emptyRow, type Row, rowWidth } from "./toy-row.ts";

/** The longest span, the second before it that a window subtracts, and as much as may be taken back. */
const keptSeconds = 901 + 120;

const nothing = emptyRow();

/** What one answer is about. */
type EvidenceQuestion = {
  readonly epoch: number;
  /** The pod's own clock, and the wall clock, ms. */
  readonly elapsedMs: number;
  readonly nowMs: number;
  readonly spans: readonly Span[];
  /** Where the bins begin, epoch seconds. */
  readonly binsFrom: number;
};

/** A second of a pod. */
type ServedSecond = {
  /** Its end by the wall clock, epoch ms. */
  readonly nowMs: number;
  readonly row: Row;
  readonly slices: EvidenceBin["slices"];
};

/** Counts of one configuration. Seconds are those of the pod's own clock, which never jumps. */
export class ToyEvidence {
  readonly #sums = new Float64Array(rowWidth * keptSeconds);
  readonly #activatedAtMs: number;
  #bins = new ToyBins();
  #first: number | undefined;
  #last = 0;

  constructor(activatedAtMs: number) {
    this.#activatedAtMs = activatedAtMs;
  }

  clone(): ToyEvidence {
    const copy = new ToyEvidence(this.#activatedAtMs);
    copy.#sums.set(this.#sums);
    copy.#bins = this.#bins.clone();
    copy.#first = this.#first;
    copy.#last = this.#last;
    return copy;
  }

  /** Counts what happened in a second; seconds come in order and without a gap. */
  add(second: number, { nowMs, row, slices }: ServedSecond): void {
    const before = this.#first === undefined ? nothing : this.#sumUntil(this.#last);
    this.#bins.add(second, { nowMs, slices, before });
    this.#first ??= second;
    this.#last = second;
    const start = (second % keptSeconds) * rowWidth;
    for (let place = 0; place < rowWidth; place += 1) {
      this.#sums[start + place] = (before[place] ?? 0) + (row[place] ?? 0);
    }
  }

  /** Forgets what was counted after a second, at most two minutes back. */
  rewind(second: number): void {
    if (this.#first !== undefined && second < this.#first) this.#first = undefined;
    this.#last = Math.min(this.#last, second);
    this.#bins.rewind(second);
  }

  read({ epoch, elapsedMs, nowMs, spans, binsFrom }: EvidenceQuestion): Evidence {
    const sums = this.#sumUntil(this.#last);
    return {
      epoch,
      sinceSeconds: Math.max(0, elapsedMs - this.#activatedAtMs) / 1000,
      counters: countersBetween(nothing, sums),
      ...this.#bins.read(binsFrom, nowMs, sums),
      windows: spans.map((span) => {
        const to = Math.floor(elapsedMs / 1000) - span.offsetSeconds;
        const from = to - span.seconds + 1;
        // A second is called by its end.
        const coveredMs = to * 1000 - Math.max((from - 1) * 1000, this.#activatedAtMs);
        const counters = countersBetween(this.#sumUntil(from - 1), this.#sumUntil(to));
        return { ...span, coveredSeconds: Math.max(0, coveredMs) / 1000, counters };
      }),
    };
  }

  #sumUntil(second: number): Row {
    if (this.#first === undefined || second < this.#first) return nothing;
    const slot = Math.min(second, this.#last) % keptSeconds;
    return this.#sums.subarray(slot * rowWidth, (slot + 1) * rowWidth);
  }
}
