// Whether a chunk that a report names is left to do after a repair, by what both stores hold at its end. Pure.
import type { DifferenceKind } from "@retriever/sidecar/contract/verify-report.ts";
import { oddMoments } from "@retriever/stores/ports/chunk-store.ts";
import { readMoment } from "@retriever/stores/values/time.ts";
import { isLater, isSameMoment } from "#core/moment-unit.ts";
import type { Pair } from "#core/pair.ts";
import { type RepairPlan, reportedFrom } from "./plan.ts";

type IsOpen = (pair: Pair, kind: DifferenceKind | null) => boolean;

/**
 * What was to be brought over is done where both hold the same, or the written store holds something newer. A chunk that
 * has left the store it was to come from is lost, and not done: unless the written store has one that is no older. What only
 * the written store has was to stay, or is done once it is gone.
 */
export function makeIsOpen(plan: RepairPlan): IsOpen {
  const { from, to } = plan;
  const wanted = new Map(plan.writes.map((difference) => [difference.id, difference]));
  const doomed = new Set(plan.removals.map(({ id }) => id));
  return (pair, kind) => {
    const [there, held] = [pair[from.name], pair[to.name]];
    const difference = wanted.get(pair.id);
    if (difference === undefined) return doomed.has(pair.id) && there === null && held !== null;
    if (there === null) return !isNotOlder(plan, held?.updatedAtMs ?? null, momentOf(reportedFrom(plan, difference)));
    return kind !== null && !(kind === "stale" && isNotOlder(plan, held?.updatedAtMs ?? null, there.updatedAtMs));
  };
}

/** Of nothing, or of what can't be read, it can't be said. */
function isNotOlder({ momentPrecision }: RepairPlan, held: number | null, there: number | null): boolean {
  if (held === null || there === null) return false;
  if (held === oddMoments.unreadable || there === oddMoments.unreadable) return false;
  return isLater(held, there, momentPrecision) || isSameMoment(held, there, momentPrecision);
}

function momentOf(text: string | null): number | null {
  const moment = text === null ? Number.NaN : readMoment(text);
  return Number.isNaN(moment) ? null : moment;
}
