// Which declared fields a collection can't be filtered by, and which of them no index serves.
import { type Field, type FieldType, type Filterable, fieldsOf, type PlaceOf } from "#config/filterable.ts";
import type { FieldFindings } from "#filter/findings.ts";
import type { CollectionInfo } from "../client/collection.ts";

type Known = Pick<CollectionInfo, "indexes" | "limits">;

/** Qdrant's words for the indexes that serve a type's filters; the first is the one to create. */
const serving: Readonly<Record<FieldType, readonly [string, ...string[]]>> = {
  keyword: ["keyword", "uuid"],
  integer: ["integer"],
  float: ["float"],
  boolean: ["bool"],
  moment: ["datetime"],
};

export function checkFields(filterable: Filterable, { indexes, limits }: Known, placeOf: PlaceOf): FieldFindings {
  const indexOf = ({ name }: Field): string | undefined => indexes.get(placeOf(name).join("."));
  const unindexed = fieldsOf(filterable).filter((field) => !serving[field.type].includes(indexOf(field) ?? ""));
  return {
    filterFaults: unindexed.flatMap((field) => faultOf(field, indexOf(field), limits) ?? []),
    unindexed: unindexed.map(({ name }) => name),
  };
}

function faultOf({ name, type }: Field, held: string | undefined, limits: Known["limits"]): string | undefined {
  const [wanted] = serving[type];
  if (!limits.searchesUnindexed) {
    const instead = held === undefined ? "" : ` instead of ${held}`;
    return `${name}: strict mode of the collection refuses a filter on it without an index: create one of type ${wanted}${instead}`;
  }
  // It holds whole numbers only, and a range by it finds no other.
  if (type === "float" && held === "integer") {
    return `${name}: its index of type integer hides numbers with a fraction: create one of type float`;
  }
  return undefined;
}
