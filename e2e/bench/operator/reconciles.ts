// The operator's reconciles as the API sees them: which migrations were read, and when it was last asked anything for one.
import type { EmbeddedApi } from "#clusters/embedded/api/start-api.ts";

export type Reconciles = {
  /** How many different migrations were read. */
  readonly migrations: () => number;
  /** Since the last request, of a reconcile or beside them, or since the beginning. */
  readonly quietMs: () => number;
  /** From the first request of a reconcile to the last one; NaN before there were any. */
  readonly tookMs: () => number;
  readonly close: () => void;
};

const oneMigration = /\/retrievermigrations\/[^/]+$/;
/** Whether the report of one that is over is kept is asked beside the reconciles, in no hurry. */
const acts = /\/migrationacts$/;

/** Begins to watch. Watches, their lists over all namespaces, and leases are no reconciles. */
export function watchReconciles(api: EmbeddedApi): Reconciles {
  const seen = new Set<string>();
  let askedAt = performance.now();
  let firstAt = Number.NaN;
  let lastAt = Number.NaN;
  const close = api.faults.add({
    match: ({ path, verb }) => {
      if (verb === "watch" || !path.includes("/namespaces/") || path.includes("/leases")) return false;
      askedAt = performance.now();
      const isMigration = oneMigration.test(path);
      if (!isMigration && !acts.test(path)) return false;
      lastAt = askedAt;
      if (Number.isNaN(firstAt)) firstAt = lastAt;
      if (verb === "get" && isMigration) seen.add(path);
      return false;
    },
    outcome: "reset",
  });
  return {
    migrations: () => seen.size,
    quietMs: () => performance.now() - askedAt,
    tookMs: () => lastAt - firstAt,
    close,
  };
}
