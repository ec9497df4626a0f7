// A status as an API server stores it.

/**
 * The value with U+FFFD for each half of a character, which is what an API server stores: a status that was written with
 * one would be read as another, and be written again in every pass. The same value where there is none.
 */
export function storable<T>(value: T): T {
  return isStorable(value) ? value : wellFormed(value);
}

/** Nearly always; nothing is made anew to find out. */
function isStorable(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  for (const part of Array.isArray(value) ? value : Object.values(value)) if (!isStorable(part)) return false;
  return true;
}

function wellFormed<T>(value: T): T {
  if (typeof value === "string") return value.toWellFormed() as T;
  const changed = Object.entries(value as object).map(([key, one]) => [key, storable<unknown>(one)] as const);
  return (Array.isArray(value) ? changed.map(([, one]) => one) : Object.fromEntries(changed)) as T;
}
