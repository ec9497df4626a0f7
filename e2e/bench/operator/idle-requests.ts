// What of a process's API requests isn't its watches' or its lease's. Pure.

/** Lists that begin a watch or make good for a lost event, and the lease: they don't grow with the migrations. */
const background: ReadonlySet<string> = new Set([
  "watch retrievermigrations",
  "watch migrationacts",
  "watch configmaps",
  "list retrievermigrations",
  "list migrationacts",
  "list configmaps",
  "get leases",
  "create leases",
  "update leases",
]);

export type RequestCounts = ReadonlyMap<string, number>;

/** How many more there are now than before, of each kind that has grown. */
export function grownBetween(before: RequestCounts, after: RequestCounts): Map<string, number> {
  const grown = [...after].map(([kind, count]) => [kind, count - (before.get(kind) ?? 0)] as const);
  return new Map(grown.filter(([, count]) => count > 0));
}

/** Requests that aren't background, of all kinds together. */
export function beyondBackground(counts: RequestCounts): number {
  let sum = 0;
  for (const [kind, count] of counts) if (!background.has(kind)) sum += count;
  return sum;
}
