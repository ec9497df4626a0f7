// Whether the destination holds a chunk as new as the source's, by their moments. Pure.
import { wholeUnits } from "@retriever/stores/chunks/moment-unit.ts";
import { type MomentPrecision, oddMoments } from "@retriever/stores/ports/chunk-store.ts";

/** What stores hold moments by: they cut the rest off. */
const coarse = ["millisecond", "second", "day"] as const satisfies readonly MomentPrecision[];

/**
 * `held`: the destination's moment; null: it has the chunk without one; undefined: it lacks the chunk. One that can't be
 * read counts as held, since which is newer isn't known.
 */
export function isHeldExactly(at: number | null, held: number | null | undefined): boolean {
  if (held === undefined) return false;
  if (at === null) return true;
  if (held === null) return false;
  return wholeUnits(held, "microsecond") >= wholeUnits(at, "microsecond") || held === oddMoments.unreadable;
}

/**
 * Likewise; a whole unit that the source's moment lies in is that moment in a store that holds no more of it, and so is any
 * part of the unit that the destination declares.
 */
export function isHeld(at: number | null, held: number | null | undefined, declared?: MomentPrecision): boolean {
  if (isHeldExactly(at, held)) return true;
  if (typeof at !== "number" || typeof held !== "number") return false;
  if (declared !== undefined && wholeUnits(at, declared) === wholeUnits(held, declared)) return true;
  return coarse.some((unit) => isWhole(held, unit) && wholeUnits(at, unit) === wholeUnits(held, unit));
}

function isWhole(ms: number, unit: (typeof coarse)[number]): boolean {
  return ms % { millisecond: 1, second: 1000, day: 86_400_000 }[unit] === 0;
}
