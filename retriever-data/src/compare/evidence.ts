// What must hold before a run may conclude anything: look-ups find what scans name, no id is held twice, and the counts
// of what was read add up.
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import { makeHashId } from "@retriever/stores/chunks/element-hash.ts";
import { errorsOf } from "@retriever/stores/errors.ts";
import { plural } from "@retriever/stores/values/plural.ts";
import { type IdSet, makeIdSet } from "#core/id-set.ts";
import { without } from "#core/leftover-ids.ts";
import type { DoubledIds, RunState } from "#core/run-state.ts";
import type { Confirmed } from "./confirm.ts";
import { namedByScan, type PassContext } from "./passes.ts";
import { onBoth, storeNames } from "./run-deps.ts";

const incomparable = errorsOf("RETR_VERIFY_NOT_COMPARABLE");
const doubled = errorsOf("RETR_VERIFY_DUPLICATE_IDS");
const shownIds = 5;

/**
 * A chunk that a look-up didn't find, though what was read says that the store has it, is either gone by now or can't
 * be found at all: another scan tells. Rejects with RETR_VERIFY_NOT_COMPARABLE for the second.
 */
export async function checkUnfound(context: PassContext, confirmed: readonly Confirmed[]): Promise<void> {
  const { state, signal } = context;
  const hashId = makeHashId(state.seed);
  const left = { source: makeIdSet(state.wanted.source), destination: makeIdSet(state.wanted.destination) };
  const isLeft = (set: IdSet, id: string): boolean => {
    const words = new Int32Array(4);
    const bytes = Buffer.from(id);
    hashId(bytes, 0, bytes.length, words);
    return set.has(words[0] as number, words[1] as number);
  };
  await onBoth(signal, async (name, either) => {
    const other = name === "source" ? "destination" : "source";
    const unfound = confirmed.map(({ pair }) => pair).filter((pair) => pair[name] === null);
    // What only the other store held when it was read isn't expected here.
    const expected = unfound.filter(({ id }) => isLeft(left[name], id) || !isLeft(left[other], id));
    if (expected.length === 0) return;
    const ids = new Set(expected.map(({ id }) => id));
    const named = await namedByScan({ ...context, signal: either }, name, ids);
    if (named.length > 0) throw incomparable(unfindable(name, named));
  });
}

function unfindable(name: StoreName, ids: readonly string[]): string {
  const what = `${ids.length} ${plural(ids.length, "id")}`;
  return (
    `chunk_id: the ${name} gives ${what} when it is read through that no search by chunk_id finds there (${shown(ids)}); ` +
    "store chunk_id as text or whole numbers, with an index of that type"
  );
}

/** Throws RETR_VERIFY_DUPLICATE_IDS when a store holds an id more than once. */
export function checkDoubled({ doubled: held }: Pick<RunState, "doubled">): void {
  const parts = storeNames.filter((name) => held[name].count > 0).map((name) => doubledIn(name, held[name]));
  if (parts.length > 0) throw doubled(`chunk_id: expected each value once, ${parts.join(", ")}`);
}

function doubledIn(name: StoreName, { count, ids }: DoubledIds): string {
  if (count === 1) return `the ${name} holds ${shown(ids)} more than once`;
  return `the ${name} holds ${count} of them more than once (${shown(ids)}${count > shownIds ? " and others" : ""})`;
}

function shown(ids: readonly string[]): string {
  return ids
    .slice(0, shownIds)
    .map((id) => JSON.stringify(id.slice(0, 200)))
    .join(", ");
}

/** Every chunk that one store has more than the other must have been left over. Throws RETR_VERIFY_NOT_COMPARABLE. */
export function checkCounts({ totals, wanted }: Pick<RunState, "totals" | "wanted">): void {
  const { source, destination } = totals;
  const pairs = (a: Int32Array, b: Int32Array): number => without(a, b).length / 2;
  const explained = pairs(wanted.source, wanted.destination) - pairs(wanted.destination, wanted.source);
  if (source.read - destination.read === explained) return;
  throw incomparable(
    `the counts don't add up: of the source ${source.read} ${plural(source.read, "chunk was", "chunks were")} read and of the destination ${destination.read}, ` +
      `and ${Math.abs(explained)} explain the difference; verify again while nothing is written`,
  );
}
