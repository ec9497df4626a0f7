// What an example of a field is, and how it is put into a manifest. Pure; the pages and the tests share it.
import { describe } from "./faults.ts";
import type { SchemaField } from "./schema-fields.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A value that is taken, one that is refused and what is expected instead, and what has to stand beside both. */
export type FieldExample = readonly [accepted: unknown, refused: unknown, expected: string, beside?: Fields];

/** Examples by path. Where the kinds of a store disagree, `qdrant:spec…` goes before `spec…`. */
export type FieldExamples = Readonly<Record<string, FieldExample>>;

/** The example of a field; undefined when nobody has written one. */
export function exampleOf(
  examples: FieldExamples,
  field: Pick<SchemaField, "path" | "variant">,
): FieldExample | undefined {
  return examples[`${field.variant}:${field.path}`] ?? examples[field.path];
}

/** The words of the refusal. */
export function refusalOf([, refused, expected]: FieldExample): string {
  return `received ${describe(refused)}, expected ${expected}`;
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
