// What an API server left out of what it was sent: it prunes fields that its CustomResourceDefinition doesn't name. Pure.

const mostNamed = 5;

/** Paths that were sent and aren't kept, the outermost of each, at most five: `status.guard.idleSeconds`. */
export function droppedFields(sent: unknown, kept: unknown, path: string): readonly string[] {
  if (typeof sent !== "object" || sent === null) return kept === undefined ? [path] : [];
  if (typeof kept !== "object" || kept === null) return [path];
  return Object.entries(sent)
    .filter(([, value]) => value !== undefined)
    .flatMap(([key, value]) =>
      droppedFields(
        value,
        Object.hasOwn(kept, key) ? (kept as Record<string, unknown>)[key] : undefined,
        `${path}.${key}`,
      ),
    )
    .slice(0, mostNamed);
}
