// Work on many chunks, of which an answer may be larger than any that is taken: then on halves of them. Pure.
import { RetrieverError } from "#errors.ts";

/** Rejects as `run` does, for one item as well. */
export async function inHalves<Item, Found>(
  items: readonly Item[],
  run: (some: readonly Item[]) => Promise<readonly Found[]>,
): Promise<Found[]> {
  try {
    return [...(await run(items))];
  } catch (error) {
    if (items.length < 2 || !(error instanceof RetrieverError && error.isTooLarge)) throw error;
    const middle = items.length >> 1;
    return [...(await inHalves(items.slice(0, middle), run)), ...(await inHalves(items.slice(middle), run))];
  }
}
