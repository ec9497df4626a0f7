// Whether two stores can hold the same data at all, as they describe themselves.

import type { Fault } from "@retriever/stores/errors.ts";
import type { StoreDescription, VerifyLevel } from "@retriever/stores/ports/chunk-store.ts";
import { plural } from "@retriever/stores/values/plural.ts";

const idsAlone = "--level ids compares which chunks there are all the same";

/** Why the stores can't be compared; undefined when they can. What a store doesn't report is no reason. */
export function whyIncomparable(
  source: StoreDescription,
  destination: StoreDescription,
  level: VerifyLevel,
): Fault | undefined {
  if (source.own !== undefined && source.own.digest === destination.own?.digest) {
    return refuse(`both stores are ${source.own.label}, by an alias of it: name another collection`);
  }
  if (differ(source.dimension, destination.dimension)) {
    return refuse(`dimension: the source has ${source.dimension}, the destination ${destination.dimension}`);
  }
  // Which chunks there are doesn't depend on when they were written, nor on how their vectors are compared.
  const fault =
    level === "ids" ? undefined : (whyUndated(source, destination) ?? whyRankedOtherwise(source, destination));
  if (fault !== undefined) return fault;
  if (level === "vector" && !source.isLookUpCheap && !destination.isLookUpCheap) {
    return refuse(
      "level vector: expected an index on chunk_id in one store at least, to look chunks up by (in Postgres on a column of text, numbers or UUIDs)",
    );
  }
  return undefined;
}

function whyUndated(source: StoreDescription, destination: StoreDescription): Fault | undefined {
  if (source.isDated !== false && destination.isDated !== false) return undefined;
  const name = source.isDated === false ? "source" : "destination";
  return refuse(`updatedAt: the ${name} doesn't say when a chunk was written (fields.updatedAt); ${idsAlone}`);
}

function whyRankedOtherwise(source: StoreDescription, destination: StoreDescription): Fault | undefined {
  if (source.metric === null || destination.metric === null) {
    const [name, metric] = source.metric === null ? ["source", source] : ["destination", destination];
    return refuse(`metric: expected cosine, dot or l2, the ${name} has ${metric.metricName}; ${idsAlone}`);
  }
  if (source.metric === destination.metric) return undefined;
  const both = `the source has ${source.metricName}, the destination ${destination.metricName}`;
  return refuse(`metric: ${both}; make the destination with the source's, as both rank chunks by it; ${idsAlone}`);
}

function differ(a: number | null, b: number | null): boolean {
  return a !== null && b !== null && a !== b;
}

/**
 * Why no level below `vector` can call the stores equal: the destination has more chunks that no search finds. Undefined
 * where it hasn't, or where a store doesn't say.
 */
export function whyVectorless(
  { vectorless: own }: StoreDescription,
  { vectorless: other }: StoreDescription,
): Fault | undefined {
  if (own === undefined || other === undefined || other <= own) return undefined;
  return refuse(
    `vectors: of the destination ${other} ${plural(other, "chunk has", "chunks have")} none, of the source ${own}, and no search finds them: give them theirs (--level vector names them)`,
  );
}

/** Whether the ids of the two are of different kinds, so that look-ups must find a common one first. */
export function haveForeignIds(source: StoreDescription, destination: StoreDescription): boolean {
  return source.idKind !== null && destination.idKind !== null && source.idKind !== destination.idKind;
}

/** For two stores with foreign ids of which none of some was found in the other. */
export function foreignIds(source: StoreDescription, destination: StoreDescription): Fault {
  const [a, b] = [source, destination].map(({ idKind, someIds }) => `${idKind} (such as ${someIds[0]?.slice(0, 80)})`);
  return refuse(`chunk ids: the source's are ${a}, the destination's ${b}, and none of some was found in the other`);
}

/** For a store none of whose chunks has `updated_at`, while the other's have. */
export function undated(store: "source" | "destination"): Fault {
  return refuse(`updated_at: no chunk of the ${store} has it, those of the other store do`);
}

/** For a store whose configured name leads to another place than when the run began; undefined: it isn't told any more. */
export function movedAway(store: "source" | "destination", label: string | undefined): Fault {
  const now = label === undefined ? "where isn't told" : `to ${label}`;
  return refuse(`the ${store}'s name is an alias that was pointed elsewhere while it was read, ${now}: verify anew`);
}

function refuse(message: string): Fault {
  return { code: "RETR_VERIFY_NOT_COMPARABLE", message };
}
