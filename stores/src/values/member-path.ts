// A path into a JSON object: each step leads into a member. A member whose own name holds a dot is never meant, as in
// Qdrant's filters.

type Members = Readonly<Record<string, unknown>>;

/** The value at a path; undefined where there is none. */
export function valueAt(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const step of path) {
    if (!isObject(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

/** The object with another value at a path; null where something stands in the way that is no object. */
export function withValueAt(
  document: Members,
  [step = "", ...rest]: readonly string[],
  value: unknown,
): Members | null {
  if (rest.length === 0) return { ...document, [step]: value };
  const inner = (Object.hasOwn(document, step) ? document[step] : null) ?? {};
  const changed = isObject(inner) ? withValueAt(inner, rest, value) : null;
  return changed === null ? null : { ...document, [step]: changed };
}

/** A number in a spelling of its own (`exact-json.ts`) is frozen and no object. */
function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !Object.isFrozen(value);
}
