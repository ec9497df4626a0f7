// Whether one store can be filled from the other, and what a person has to know of both before it is done.
import { RetrieverError } from "@retriever/stores/errors.ts";
import type { ChunkStore, ChunkWriter, StoreDescription } from "@retriever/stores/ports/chunk-store.ts";
import { deadline } from "#compare/retry.ts";
import type { Both } from "#compare/run-deps.ts";
import type { NamedStores } from "#config/open-stores.ts";
import { whyIncomparable } from "#core/comparable.ts";

/** For reading what a store says of itself. */
export const inspectDeadlineMs = 60_000;

type Inspected = { readonly both: Both<StoreDescription>; readonly cautions: readonly string[] };
type Stores = {
  readonly named: NamedStores;
  readonly stores: Both<ChunkStore>;
  readonly writers: Both<ChunkWriter>;
};

/** Rejects for two stores that can't hold the same, and for a destination that can't be written. */
export async function inspectStores({ named, stores, writers }: Stores, signal: AbortSignal): Promise<Inspected> {
  const limit = deadline(signal, inspectDeadlineMs);
  const [source, destination] = await Promise.all([stores.source.describe(limit), stores.destination.describe(limit)]);
  const fault = whyIncomparable(source, destination, named.areDated ? "vector" : "ids");
  if (fault !== undefined) throw new RetrieverError(fault);
  if (!destination.isLookUpCheap) {
    const message =
      "the destination has no index by which a chunk id is found, so that each batch would read all of it: create one (a unique index on a column of text, numbers or UUIDs, a keyword index of the collection)";
    throw new RetrieverError({ code: "RETR_COPY_REFUSED", message });
  }
  const cautions = await Promise.all([
    writers.source.inspect("copy", limit),
    writers.destination.inspect("fill", limit),
  ]);
  return { both: { source, destination }, cautions: cautions.flat() };
}
