// Which declared fields a collection can't be filtered by, and which of them no index serves.
import { type Field, type FieldType, type Filterable, fieldsOf, type PlaceOf } from "#config/filterable.ts";
import type { FieldFindings } from "#filter/findings.ts";
import type { CollectionInfo } from "../client/collection.ts";
import { keyOf } from "../client/payload-key.ts";

type Known = Pick<CollectionInfo, "indexes" | "limits" | "rangeless">;

/** Qdrant's words for the indexes that serve a type's filters; the first is the one to create. */
const serving: Readonly<Record<FieldType, readonly [string, ...string[]]>> = {
  keyword: ["keyword", "uuid"],
  integer: ["integer"],
  float: ["float"],
  boolean: ["bool"],
  moment: ["datetime"],
};
/** Those of the same JSON values, which serve nothing and say nothing against the type. */
const alike: Readonly<Record<FieldType, readonly string[]>> = {
  keyword: ["text", "datetime"],
  integer: ["float"],
  float: [],
  boolean: [],
  moment: ["keyword", "text"],
};

export function checkFields(
  filterable: Filterable,
  { indexes, limits, rangeless }: Known,
  placeOf: PlaceOf,
): FieldFindings {
  const heldBy = ({ name, type }: Field): Held => {
    const key = keyOf(placeOf(name));
    const index = indexes.get(key);
    // Integers are compared by ranges.
    const isRangeless = type === "integer" && rangeless.has(key);
    return { index, isServing: serving[type].includes(index ?? "") && !isRangeless };
  };
  const unindexed = fieldsOf(filterable).filter((field) => !heldBy(field).isServing);
  return {
    filterFaults: unindexed.flatMap((field) => faultOf(field, heldBy(field).index, limits) ?? []),
    unindexed: unindexed.map(({ name }) => name),
  };
}

type Held = { readonly index: string | undefined; readonly isServing: boolean };

function faultOf({ name, type }: Field, held: string | undefined, limits: Known["limits"]): string | undefined {
  const [wanted] = serving[type];
  // It holds whole numbers only, and a range by it finds no other.
  if (type === "float" && held === "integer") {
    return `${name}: its index of type integer hides numbers with a fraction: create one of type float`;
  }
  if (held !== undefined && ![...serving[type], ...alike[type]].includes(held)) {
    return `${name}: its index of type ${held} says that it holds no ${type}: declare it otherwise, or create an index of type ${wanted}`;
  }
  if (!limits.searchesUnindexed) {
    const instead = held === undefined ? "" : held === wanted ? " with range: true" : ` instead of ${held}`;
    return `${name}: strict mode of the collection refuses a filter on it without an index: create one of type ${wanted}${instead}`;
  }
  return undefined;
}
