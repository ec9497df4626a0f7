// The windows of an epoch, kept as sums in the status: an operator that restarts goes on where the last one stopped.
import type { DispersionState } from "@retriever/crds/status/migration-status.ts";
import { addWindow, dispersionOf, noWindows } from "./dispersion.ts";

/** Totals of one gate since the epoch began. */
export type GateCount = { readonly gate: string; readonly bad: number; readonly n: number };

type DispersionInput = {
  readonly epoch: number;
  readonly counts: readonly GateCount[];
  /** Epoch ms. */
  readonly now: number;
  /** `gates.window` of the plan. A late look makes the window longer, which can only deflate more. */
  readonly windowSeconds: number;
};

/** Sums of fractions may fall by as much without anything having happened. */
const rounding = 1e-6;

type GateWindows = DispersionState["gates"][number];

/** Closes the open window when its time is up. The same object as long as nothing was learnt: idle time writes nothing. */
export function foldDispersion(previous: DispersionState | undefined, input: DispersionInput): DispersionState {
  const openedAt = new Date(input.now).toISOString();
  if (previous === undefined || previous.epoch !== input.epoch) {
    return { epoch: input.epoch, openedAt, gates: input.counts.map((count) => openWindow(count)) };
  }
  const elapsedMs = input.now - Date.parse(previous.openedAt);
  if (elapsedMs >= 0 && elapsedMs < input.windowSeconds * 1000) return previous;
  const known = new Map(previous.gates.map((gate) => [gate.gate, gate]));
  if (input.counts.every((count) => isUnchanged(known.get(count.gate), count))) return previous;
  return {
    epoch: input.epoch,
    openedAt,
    gates: input.counts.map((count) => closeWindow(known.get(count.gate), count)),
  };
}

/** Dispersion of a gate; null until it has seen enough windows. */
export function dispersionOfGate(state: DispersionState | undefined, gate: string): number | null {
  const found = state?.gates.find((one) => one.gate === gate);
  return found === undefined ? null : dispersionOf(found);
}

function openWindow({ gate, bad, n }: GateCount): GateWindows {
  return { gate, openBad: bad, openN: n, ...noWindows };
}

function isUnchanged(before: GateWindows | undefined, { bad, n }: GateCount): boolean {
  return before !== undefined && before.openBad === bad && before.openN === n;
}

/** Counts that fell (a record cut short) open a new window without closing the old one. */
function closeWindow(before: GateWindows | undefined, count: GateCount): GateWindows {
  if (before === undefined) return openWindow(count);
  const bad = count.bad - before.openBad;
  const n = count.n - before.openN;
  const { gate, windows, bad: allBad, n: all, squares } = before;
  const sums = { windows, bad: allBad, n: all, squares };
  const isCutShort = bad < -rounding || bad > n + rounding;
  const next = isCutShort ? sums : addWindow(sums, Math.min(n, Math.max(0, bad)), n);
  return { gate, openBad: count.bad, openN: count.n, ...next };
}
