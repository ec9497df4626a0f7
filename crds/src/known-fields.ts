// What another version wrote, read as far as this one knows its fields. Pure.
import type { z } from "zod";

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
  const issues = error?.issues ?? [];
  return issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [],
  );
}

function remove(value: unknown, path: readonly PropertyKey[]): void {
  const parent = path.slice(0, -1).reduce<unknown>((inner, key) => Reflect.get(inner as object, key), value);
  Reflect.deleteProperty(parent as object, path.at(-1) ?? "");
}
