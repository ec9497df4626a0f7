// The fields that requests may filter by, as the base declares them: by name, with the type of their values.
import { z } from "zod";

const fieldTypes = ["keyword", "integer", "float", "boolean", "moment"] as const;
export type FieldType = (typeof fieldTypes)[number];

/** A declared field. */
export type Field = {
  /** As in requests: steps joined by dots, of which those behind the first lead into objects. */
  readonly name: string;
  readonly type: FieldType;
  /** Declared as a list; only such a field takes `contains`. */
  readonly isList: boolean;
};

/** Digits alone would be a place in a list to Postgres and a key to Qdrant. */
const fieldName = z
  .string()
  .max(128)
  .regex(/^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)*$/, "expected a field name like lang or meta.lang");
/** `text` is another word for `keyword`. */
const words = [...fieldTypes, "text"] as const;
const word = z.enum([...words, ...words.map((type) => `${type}[]` as const)]);

export const filterableSchema = z
  .record(fieldName, word)
  .refine((fields) => Object.keys(fields).length <= 64, "expected at most 64 fields");
/** What is declared, as it stands in the base. */
export type Filterable = Readonly<Record<string, z.infer<typeof word>>>;

/** A field by the name that a request gives it; undefined: it isn't declared. */
export function fieldOf(filterable: Filterable, name: string): Field | undefined {
  const declared = Object.hasOwn(filterable, name) ? filterable[name] : undefined;
  if (declared === undefined) return undefined;
  const type = declared.replace("[]", "");
  return { name, type: type === "text" ? "keyword" : (type as FieldType), isList: declared.endsWith("[]") };
}

/** All of them. */
export function fieldsOf(filterable: Filterable): Field[] {
  return Object.keys(filterable).flatMap((name) => fieldOf(filterable, name) ?? []);
}

/** Where a store keeps a field: a column or payload key, and the keys below it. */
export type PlaceOf = (name: string) => readonly [string, ...string[]];

/** Where the name itself says. */
export function placeByName(name: string): readonly [string, ...string[]] {
  const [first = "", ...rest] = name.split(".");
  return [first, ...rest];
}
