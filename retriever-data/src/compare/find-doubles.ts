// Finds ids that a store holds more than once where its scan doesn't give them one after the other. Where both stores hold
// an id twice the comparison alone wouldn't notice: what both hold cancels out.
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import { errorsOf } from "@retriever/stores/errors.ts";
import { mostLookedUp } from "@retriever/stores/ports/chunk-store.ts";
import { addFoundDoubled, type RunState, restartBy } from "#core/run-state.ts";
import { SeenIds } from "#core/seen-ids.ts";
import { deadline, withRetries } from "./retry.ts";
import { type Both, type Descriptions, type RunDeps, storeNames } from "./run-deps.ts";

const tooMany = errorsOf("RETR_VERIFY_NOT_COMPARABLE");

/** Ids that are looked up because they may have come before; a filter that is too full for the store names more. */
const mostCandidates = 200_000;
const lookUpDeadlineMs = 60_000;

/** One store's ids as a pass gives them. */
export type IdWatch = {
  readonly seen: SeenIds;
  readonly candidates: Set<string>;
};

/** For the first pass. Null: a store's own scan sees doubles, so that they can't cancel out. */
export function watchIds(both: Descriptions): Both<IdWatch> | null {
  if (both.source.seesDoubles === true || both.destination.seesDoubles === true) return null;
  const watch = (name: StoreName): IdWatch => ({ seen: new SeenIds(both[name].count), candidates: new Set() });
  return { source: watch("source"), destination: watch("destination") };
}

/** A filter isn't kept in checkpoints: a first pass that was interrupted is read from the beginning. */
export function rereadForDoubles(state: RunState): boolean {
  const { step, parts, sides } = state;
  if (step !== "table" || parts > 1 || storeNames.every((name) => sides[name].cursor === null)) return false;
  restartBy(state, state.momentPrecision);
  return true;
}

type Asking = { readonly state: RunState; readonly deps: RunDeps; readonly signal: AbortSignal };

/** Looks up what may have come before, and counts what did. Rejects with RETR_VERIFY_NOT_COMPARABLE for too many. */
export async function countDoubles({ state, deps, signal }: Asking, name: StoreName, { candidates }: IdWatch) {
  if (candidates.size >= mostCandidates) {
    throw tooMany(
      `the ${name} holds too many chunks to find ids that it holds more than once: compare by parts, --partition 0/8 and so on`,
    );
  }
  const ids = [...candidates];
  const doubled = new Set<string>();
  for (let start = 0; start < ids.length; start += mostLookedUp) {
    const some = ids.slice(start, start + mostLookedUp);
    const ask = () => deps.stores[name].lookUp(some, "ids", deadline(signal, lookUpDeadlineMs));
    const known = new Set<string>();
    for (const { id } of await withRetries(ask, deps, signal)) {
      if (known.has(id)) doubled.add(id);
      known.add(id);
    }
  }
  addFoundDoubled(state.doubled[name], doubled);
}

/** Notes an id that may have come before. */
export function noteCandidate({ candidates }: IdWatch, id: string): void {
  if (candidates.size < mostCandidates) candidates.add(id);
}
