// How the example of a field is put into a manifest. Pure; the page and the tests share it.
import type { z } from "zod";
import { parseShape } from "#faults.ts";
import type { SchemaField } from "./schema-fields.ts";

type Fields = Readonly<Record<string, unknown>>;

/** One document of all the fields' examples. */
export function exampleDocument(fields: readonly SchemaField[]): Fields {
  const shown = fields.filter(({ taken }) => taken !== undefined);
  return withValues({}, Object.fromEntries(shown.map(({ path, taken }) => [path, taken])));
}

/** A document with everything that the field needs beside it, and nothing that it can't stand beside. */
export function documentFor(field: SchemaField, fields: readonly SchemaField[], document: Fields): Fields {
  const missing = fields.filter((other) => isNeededBy(other, field) && valueAt(document, other.path) === undefined);
  return withValues(document, {
    ...Object.fromEntries(missing.map(({ path, taken }) => [path, taken])),
    ...field.beside,
  });
}

/** Whether a field is required in one of the objects around another. */
function isNeededBy({ path, required, variant }: SchemaField, field: SchemaField): boolean {
  const object = path.slice(0, path.lastIndexOf(".") + 1);
  return required && path !== field.path && variant === field.variant && field.path.startsWith(object);
}

/** The words in which the schema of `root` refuses the field's wrong value; undefined when it takes it. */
export function refusalOf(schema: z.ZodType, root: string, field: SchemaField): string | undefined {
  const document = withValues({}, { ...field.beside, [field.path]: field.refused });
  const { faults } = parseShape(schema, document[root], root);
  return faults.find(({ path }) => path === faultPath(field.path))?.message;
}

/** Path as a fault names it: an item of a list is its first. */
export function faultPath(path: string): string {
  return path.replaceAll("[]", "[0]");
}

/** A document (`{ spec }` or `{ status }`) with the values at their paths; undefined takes a field away. */
export function withValues(document: Fields, values: Fields): Fields {
  return Object.entries(values).reduce<unknown>(
    (whole, [path, value]) => placed(whole, path.split("."), value),
    document,
  ) as Fields;
}

/** The value at a path of a document; in a list, of its first item. */
export function valueAt(document: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((value, name) => {
    const inner = (value as Fields | undefined)?.[name.replace("[]", "")];
    return name.endsWith("[]") ? (inner as readonly unknown[] | undefined)?.[0] : inner;
  }, document);
}

function placed(whole: unknown, [name, ...rest]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value;
  const fields = (whole ?? {}) as Fields;
  if (name.endsWith("[]")) {
    const key = name.slice(0, -2);
    const [first, ...others] = (fields[key] ?? []) as readonly unknown[];
    return { ...fields, [key]: [placed(first, rest, value), ...others] };
  }
  const { [name]: old, ...kept } = fields;
  const next = placed(old, rest, value);
  return next === undefined ? kept : { ...fields, [name]: next };
}
