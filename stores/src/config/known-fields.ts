// What another version wrote, read as far as this one knows its fields. Pure.
import type { z } from "zod";

/** Of one object: no version of any document has as many. */
const mostKeys = 1000;
/** One round finds all; a branch of a union that is only then looked at may have more. */
const mostRounds = 4;

/** A value without the fields its schema doesn't know, and their paths; no value where what it does know is damaged. */
export function parseKnown<T>(
  schema: z.ZodType<T>,
  input: unknown,
): { readonly data: T | undefined; readonly unknown: readonly string[] } {
  const unknown: string[] = [];
  const value = structuredClone(input);
  for (let round = 0; round < mostRounds; round += 1) {
    const { data, error } = schema.safeParse(value);
    if (data !== undefined) return { data, unknown };
    for (const path of unknownFields(error)) {
      remove(value, path);
      unknown.push(path.join("."));
    }
  }
  return { data: undefined, unknown };
}

/** Paths of the fields that a schema refused only because it doesn't know them. */
export function unknownFields(error: z.ZodError | undefined): (readonly PropertyKey[])[] {
  return (error?.issues ?? []).flatMap(unknownIn);
}

function unknownIn(issue: z.core.$ZodIssue): (readonly PropertyKey[])[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => [...issue.path, key]);
  if (issue.code !== "invalid_union") return [];
  // The form that was meant is the one in which nothing else is wrong.
  const meant = issue.errors.map((form) => form.map(unknownIn)).find((form) => form.every((paths) => paths.length > 0));
  return (meant ?? []).flat().map((path) => [...issue.path, ...path]);
}

/**
 * Keys of `input` that a schema left out of `output`, dotted, each once for all elements of a list. For a schema that
 * drops unknown keys without a word.
 */
export function leftOutOf(input: unknown, output: unknown): string[] {
  return [...new Set(leftOutBelow(input, output, ""))];
}

function leftOutBelow(input: unknown, output: unknown, path: string): string[] {
  if (Array.isArray(input)) {
    const kept: readonly unknown[] = Array.isArray(output) ? output : [];
    return input.flatMap((each, index) => leftOutBelow(each, kept[index], `${path}[]`));
  }
  if (!isObject(input) || !isObject(output)) return [];
  const keys = Object.keys(input);
  return keys.slice(0, mostKeys).flatMap((key) => {
    const place = path === "" ? key : `${path}.${key}`;
    if (!Object.hasOwn(output, key)) return [place];
    return leftOutBelow(Reflect.get(input, key), Reflect.get(output, key), place);
  });
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function remove(value: unknown, path: readonly PropertyKey[]): void {
  const parent = path.slice(0, -1).reduce<unknown>((inner, key) => Reflect.get(inner as object, key), value);
  Reflect.deleteProperty(parent as object, path.at(-1) ?? "");
}
