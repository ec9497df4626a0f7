// Payload indexes: they speed nothing up here, but without one order_by and facet are refused, as Qdrant refuses them.
// An index knows which values are of its type and how they are ordered.
import { parseDatetime } from "./datetime.ts";
import { ShapeFault } from "./fault.ts";
import { isInteger, type Json, JsonObject, toDouble } from "./json-value.ts";

const types = ["keyword", "integer", "float", "geo", "text", "bool", "datetime", "uuid"] as const;
type IndexType = (typeof types)[number];

export type PayloadIndex = { readonly type: IndexType; readonly params: JsonObject | undefined };

/** `field_schema` of an index: a type's name or an object with `type`. */
export function parsePayloadIndex(value: Json): PayloadIndex {
  const named = value instanceof JsonObject ? value.get("type") : value;
  const type = types.find((candidate) => candidate === named);
  if (type === undefined) throw new ShapeFault("data did not match any variant of untagged enum PayloadFieldSchema");
  if (!(value instanceof JsonObject)) return { type, params: undefined };
  const principal = type === "datetime" || type === "integer" || type === "float";
  return {
    type,
    params: new JsonObject([
      ...value,
      ...(principal && !value.has("is_principal") ? [["is_principal", null] as const] : []),
    ]),
  };
}

/** Where the value stands for `order_by`; undefined when the index can't order it. Times are microseconds since 1970. */
export function orderValue({ type }: PayloadIndex, value: Json): number | undefined {
  if (type === "integer") return isInteger(value) ? Number(value) : undefined;
  if (type === "float") return toDouble(value);
  return type === "datetime" && typeof value === "string" ? parseDatetime(value) : undefined;
}

export function canOrder({ type }: PayloadIndex): boolean {
  return type === "integer" || type === "float" || type === "datetime";
}

export function canFacet({ type }: PayloadIndex): boolean {
  return type === "keyword" || type === "integer" || type === "bool" || type === "uuid";
}

/** Whether the value is of the index's type: only such points count in the collection's description. */
export function isIndexed(index: PayloadIndex, value: Json): boolean {
  switch (index.type) {
    case "keyword":
    case "text":
    case "uuid":
      return typeof value === "string";
    case "bool":
      return typeof value === "boolean";
    case "geo":
      return value instanceof JsonObject && value.has("lon") && value.has("lat");
    default:
      return orderValue(index, value) !== undefined;
  }
}
