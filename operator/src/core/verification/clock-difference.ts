// How far the clocks that date writes may be from the operator's: what is compared since an instant begins so much earlier.
import type { Context } from "../model/context.ts";
import { newestUpdateMs, storeViews } from "../pods/pods.ts";

/** Taken where no store has told its newest `updated_at`: what is compared begins a day earlier. */
const unknownSeconds = 86_400;

/**
 * The newest `updated_at` of each store as each pod tells it against the operator's clock, the largest of all: one odd pod
 * widens what is compared, and never narrows it. Undefined where none tells.
 * A writer that is late by so much dates its newest write at least so far back; in a store that rests it is longer, and
 * costs nothing: nothing lies between. One that is ahead shows that clocks differ, so that others may be as late.
 */
export function clockDifferenceSeconds({ observation, now }: Context): number | undefined {
  const differences = (["source", "destination"] as const).flatMap((store) => {
    return storeViews(observation, store).flatMap((view) => {
      const dated = newestUpdateMs([view]);
      return dated === null ? [] : [Math.abs(now - dated) / 1000];
    });
  });
  return differences.length === 0 ? undefined : Math.max(...differences);
}

/** The difference to reckon with: as it is now, or as it was when the operator dated the cutover, by another clock perhaps. */
export function reckonedDifferenceSeconds(c: Context): number {
  const known = [clockDifferenceSeconds(c), c.status.clockDifferenceSeconds].filter((one) => one !== undefined);
  return known.length === 0 ? unknownSeconds : Math.max(...known);
}
