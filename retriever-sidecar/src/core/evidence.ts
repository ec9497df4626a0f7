// Evidence: the counters of one epoch, as totals since its activation, as a ring of one-second buckets for windows over
// the last 900 s, and as closed bins. Memory is fixed; times are passed in.
import { type Evidence, type EvidenceWindow, keptSeconds } from "#contract/evidence.ts";
import { addRow, addToRows, countersAt, type Increment, rowWidth } from "./counter-row.ts";
import { makeEvidenceBins } from "./evidence-bins.ts";

type Span = { readonly seconds: number; readonly offsetSeconds: number };
/** What is asked for; `binsFrom`: the epoch second from which on closed bins are, left out or null: none. */
export type EvidenceQuery = { readonly spans: readonly Span[]; readonly binsFrom?: number | null };
/** One moment on both clocks of the process. */
export type Instant = { readonly monotonicMs: number; readonly wallMs: number };

export type EvidenceLog = {
  readonly epoch: number;
  /** `namespace`: of the request, if it has one. */
  readonly add: (increment: Increment, now: Instant, namespace?: string) => void;
  readonly read: (now: Instant, asked: EvidenceQuery) => Evidence;
  /** Start of the bin that is counted into; the next epoch's log must not begin before it. */
  readonly openBinAt: () => number;
};

/** Starts counting at `activatedAtMs` of a monotonic clock, in no bin before `openBinAt`. */
export function makeEvidenceLog(epoch: number, activatedAtMs: number, openBinAt = 0): EvidenceLog {
  const bins = makeEvidenceBins(openBinAt);
  // The totals, then the ring.
  const cells = new Float64Array(rowWidth * (1 + keptSeconds));
  const secondOfSlot = new Float64Array(keptSeconds).fill(-1);
  let newest = Math.floor(activatedAtMs / 1000);

  const startAt = (atMs: number): number => {
    newest = Math.max(newest, Math.floor(atMs / 1000));
    const slot = newest % keptSeconds;
    const start = rowWidth * (1 + slot);
    if (secondOfSlot[slot] !== newest) cells.fill(0, start, start + rowWidth);
    secondOfSlot[slot] = newest;
    return start;
  };
  const sumOf = (from: number, to: number): Float64Array => {
    const sum = new Float64Array(rowWidth);
    for (let slot = 0; slot < keptSeconds; slot += 1) {
      const second = secondOfSlot[slot] ?? -1;
      if (second >= from && second <= to) addRow(sum, cells, rowWidth * (1 + slot));
    }
    return sum;
  };
  return {
    epoch,
    add: (increment, { monotonicMs, wallMs }, namespace) => {
      addToRows(cells, [0, startAt(monotonicMs)], increment);
      bins.add(increment, wallMs, namespace);
    },
    read: ({ monotonicMs, wallMs }, { spans, binsFrom = null }) => ({
      epoch,
      sinceSeconds: Math.max(0, monotonicMs - activatedAtMs) / 1000,
      counters: countersAt(cells, 0),
      windows: spans.map((span) => readWindow(span, monotonicMs, activatedAtMs, sumOf)),
      ...bins.read(wallMs, binsFrom),
    }),
    openBinAt: bins.openAt,
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
  return { ...span, coveredSeconds: Math.max(0, endMs - startMs) / 1000, counters: countersAt(sumOf(from, to), 0) };
}
