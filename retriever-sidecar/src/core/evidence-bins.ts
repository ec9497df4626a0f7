// The epoch's counters by bins of ten seconds of the wall clock, for a reader that takes each of them once. Memory is fixed.
import { binSeconds, type Evidence, type EvidenceBin, maxBins } from "#contract/evidence.ts";
import { addToRows, countersAt, type Increment, rowWidth } from "./counter-row.ts";
import { makeSliceTable } from "./evidence-slices.ts";

type EvidenceBins = {
  readonly add: (increment: Increment, wallMs: number, namespace: string | undefined) => void;
  /** The closed bins from epoch second `from` on; null: none of them. */
  readonly read: (wallMs: number, from: number | null) => Pick<Evidence, "closedAt" | "openAt" | "open" | "bins">;
  /** Start of the bin that is counted into, epoch seconds. */
  readonly openAt: () => number;
};

/** The closed ones that are kept, and the open one. */
const slots = maxBins + 1;
/** Most text that one answer spends on bins, characters; the reader's limit for a whole answer is 1 MiB. */
const maxAnswerChars = 500_000;
/** Most characters of a bin's own counters. */
const charsOfBin = 1500;

/** Bins from `openAt` on: no bin before it is counted into, whatever the wall clock says. */
export function makeEvidenceBins(openAt: number): EvidenceBins {
  const cells = new Float64Array(rowWidth * slots);
  const startOfSlot = new Float64Array(slots).fill(-1);
  const slices = makeSliceTable(slots);
  let open = openAt;
  // A reader has been told that earlier bins are closed, so a clock that steps back goes on in the newest one.
  const advance = (wallMs: number): void => {
    open = Math.max(open, Math.floor(wallMs / (binSeconds * 1000)) * binSeconds);
  };
  const openSlot = (): number => {
    const slot = slotOf(open);
    if (startOfSlot[slot] !== open) {
      cells.fill(0, slot * rowWidth, (slot + 1) * rowWidth);
      slices.clear(slot);
      startOfSlot[slot] = open;
    }
    return slot;
  };
  const binAt = (at: number): EvidenceBin[] => {
    const slot = slotOf(at);
    if (startOfSlot[slot] !== at) return [];
    return [{ at, counters: countersAt(cells, slot * rowWidth), slices: slices.read(slot) }];
  };
  return {
    add: (increment, wallMs, namespace) => {
      advance(wallMs);
      const slot = openSlot();
      addToRows(cells, [slot * rowWidth], increment);
      if (namespace !== undefined) slices.add(namespace, increment, slot);
    },
    read: (wallMs, from) => {
      advance(wallMs);
      const counted = startOfSlot[slotOf(open)] === open ? { open: countersAt(cells, slotOf(open) * rowWidth) } : {};
      if (from === null) return { closedAt: open, openAt: open, ...counted, bins: [] };
      const oldest = Math.max(Math.ceil(from / binSeconds) * binSeconds, open - maxBins * binSeconds, 0);
      const count = Math.max(0, (open - oldest) / binSeconds);
      const closed = Array.from({ length: count }, (_, index) => binAt(oldest + index * binSeconds)).flat();
      return { ...counted, ...asMuchAsFits(closed, open) };
    },
    openAt: () => open,
  };
}

function slotOf(at: number): number {
  return (at / binSeconds) % slots;
}

/** The oldest ones that fit. Where some don't, the answer says it is closed before them, so that the reader asks for them next. */
function asMuchAsFits(bins: readonly EvidenceBin[], closedAt: number): Pick<Evidence, "closedAt" | "openAt" | "bins"> {
  let left = maxAnswerChars;
  const tooMuch = bins.findIndex((bin) => {
    left -= charsOf(bin);
    return left < 0;
  });
  const next = bins[tooMuch];
  const openAt = closedAt;
  return next === undefined
    ? { closedAt, openAt, bins: [...bins] }
    : { closedAt: next.at, openAt, bins: bins.slice(0, tooMuch) };
}

function charsOf({ slices }: EvidenceBin): number {
  return slices.reduce((sum, each) => sum + JSON.stringify(each).length, charsOfBin);
}
