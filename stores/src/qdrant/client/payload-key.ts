// A field's place as Qdrant writes it.
import type { FieldPath } from "#config/chunk-fields.ts";

/** What Qdrant takes, and prints, without quotes around it. */
const bareKey = /^[\p{L}\p{N}_-]+$/u;

/** `a."b c"`, in filters, indexes and what an answer is to hold. No step of a field holds a dot, a quote or a backslash. */
export function keyOf(path: readonly string[]): string {
  return path.map((step) => (bareKey.test(step) ? step : `"${step}"`)).join(".");
}

/** The steps of what `keyOf` made. */
export function stepsOfKey(key: string): string[] {
  return key.split(".").map((step) => step.replaceAll('"', ""));
}

/** Keys of the fields that there are, each once. */
export function keysOf(paths: readonly (FieldPath | null)[]): string[] {
  return [...new Set(paths.flatMap((path) => (path === null ? [] : keyOf(path))))];
}
