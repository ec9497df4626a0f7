// Payload indexes as far as they change what a filter finds: an index of integers takes 42.0 for 42, one of UUIDs knows no case.
import { parseDatetime } from "./datetime.ts";
import { isInteger, type Json, type JsonObject, toDouble } from "./json.ts";
import { readPointId } from "./point-id.ts";

export const indexTypes = ["keyword", "integer", "float", "bool", "datetime", "uuid"] as const;
export type IndexType = (typeof indexTypes)[number];
/** By path; the parameters as they were given. */
export type Indexes = ReadonlyMap<string, { readonly type: IndexType; readonly params?: JsonObject | undefined }>;

/** The 64-bit integer that an index of integers keeps a value as; undefined for all others. */
export function indexedInteger(value: Json): bigint | undefined {
  const double = toDouble(value);
  if (double === undefined || !Number.isInteger(double)) return undefined;
  const whole = isInteger(value) ? BigInt(value) : BigInt(double);
  return BigInt.asIntN(64, whole) === whole ? whole : undefined;
}

export function uuidOf(value: Json): string | undefined {
  const id = typeof value === "string" ? readPointId(value) : undefined;
  return typeof id === "string" ? id : undefined;
}

const held: Readonly<Record<IndexType, (value: Json) => boolean>> = {
  keyword: (value) => typeof value === "string",
  integer: (value) => indexedInteger(value) !== undefined,
  float: (value) => toDouble(value) !== undefined,
  bool: (value) => typeof value === "boolean",
  datetime: (value) => typeof value === "string" && parseDatetime(value) !== undefined,
  uuid: (value) => uuidOf(value) !== undefined,
};

/** Whether an index of the type keeps the value. */
export function isIndexed(type: IndexType, value: Json): boolean {
  return held[type](value);
}
