// What a verification of `sync` may remove of that which only the destination has.
import type { Difference } from "@retriever/sidecar/contract/verify-report.ts";
import { faultOf } from "@retriever/stores/errors.ts";
import { readMoment } from "@retriever/stores/values/time.ts";
import type { NamedStores } from "#config/open-stores.ts";
import type { CommandDeps } from "#verify/verify.ts";
import type { SyncOptions } from "./options.ts";
import { hasLeave, type SyncState } from "./status.ts";
import type { Removable } from "./verify-all.ts";

type Removing = {
  readonly named: NamedStores;
  /** As the configuration names them now. Throws what reading it throws. */
  readonly renamed: () => NamedStores;
  readonly options: Pick<SyncOptions, "deletesExtra">;
  readonly deps: Pick<CommandDeps, "clock">;
  readonly state: Pick<SyncState, "removals" | "seen" | "checked">;
};

/**
 * Of one verification. With leave, before the destination is served, all of it goes. Otherwise the application may write
 * there alone: then only a chunk goes that this process saw in the source in the very version that the destination has.
 */
export function removalsOf(sync: Removing, note: (text: string) => void) {
  const { state, deps } = sync;
  let removable: Removable = "none";
  return {
    mayRemove: (): Removable => {
      removable = decide(sync, note);
      state.removals.isRemoving = removable === "all";
      return removable;
    },
    /** Asked before each batch. */
    goesOn: (): boolean => removable === "seen" || hasLeave(state.removals, deps.clock.monotonicMs()),
    wasSeen: ({ id, destinationUpdatedAt }: Difference): boolean =>
      destinationUpdatedAt !== null && state.seen.has(id, readMoment(destinationUpdatedAt)),
    removedAsSeen: (): number => state.checked.removedAsSeen,
    onRemoved: (count: number): void => {
      state.checked.removed += count;
      if (removable === "seen") state.checked.removedAsSeen += count;
    },
  };
}

/** The configuration is read anew: what a process was started with says nothing of who is served now. */
function decide({ deps, options, state, named, renamed }: Removing, note: (text: string) => void): Removable {
  if (!options.deletesExtra) return "none";
  try {
    const { source, destination, servesDestination } = renamed();
    const isSame = source.identity.digest === named.source.identity.digest;
    if (!isSame || destination.identity.digest !== named.destination.identity.digest) {
      note("the configuration names other stores by now: nothing is removed");
      return "none";
    }
    // A mounted configuration is the cluster's of up to a minute ago, or of when the node was last reached.
    if (!servesDestination && hasLeave(state.removals, deps.clock.monotonicMs())) return "all";
    const why = servesDestination ? "the destination is served by now" : "nobody gives leave to remove";
    note(`${why}: nothing is removed but what this process saw in the source as the destination has it`);
    return "seen";
  } catch (error) {
    note(`the configuration can't be read, so that nothing is removed: ${faultOf(error).message}`);
    return "none";
  }
}
