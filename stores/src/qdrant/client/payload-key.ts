// A field's place as Qdrant writes it.
import type { FieldPath } from "#config/chunk-fields.ts";

/** `a.b`, in filters, indexes and what an answer is to hold. */
export function keyOf(path: FieldPath): string {
  return path.join(".");
}

/** Keys of the fields that there are, each once. */
export function keysOf(paths: readonly (FieldPath | null)[]): string[] {
  return [...new Set(paths.flatMap((path) => (path === null ? [] : keyOf(path))))];
}
