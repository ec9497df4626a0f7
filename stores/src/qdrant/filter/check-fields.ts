// Which declared fields a collection can't be filtered by, and which of them no index serves.
import { type Field, type FieldType, type Filterable, fieldsOf } from "#config/filterable.ts";
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

export function checkFields(filterable: Filterable, { indexes, limits }: Known): FieldFindings {
  const fields = fieldsOf(filterable);
  const unindexed = fields.filter(({ name, type }) => !serving[type].includes(indexes.get(name) ?? ""));
  return {
    filterFaults: unindexed.flatMap((field) => faultOf(field, { indexes, limits }) ?? []),
    unindexed: unindexed.map(({ name }) => name),
  };
}

function faultOf({ name, type }: Field, { indexes, limits }: Known): string | undefined {
  const [wanted] = serving[type];
  const held = indexes.get(name);
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
