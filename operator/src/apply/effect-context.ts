// What an effect is carried out with.
import type { MigrationMeta } from "#core/model/migration.ts";
import type { Clock } from "#ports/clock.ts";
import type { Cluster } from "#ports/cluster.ts";
import type { Jobs, Reports } from "#ports/jobs.ts";

/** One effect under way. */
export type EffectContext = {
  readonly cluster: Cluster;
  readonly clock: Pick<Clock, "elapsed">;
  readonly jobs: Jobs;
  readonly reports: Pick<Reports, "fetch">;
  readonly isOnRecord: (migrationUid: string, actUid: string) => boolean;
  readonly meta: MigrationMeta;
  readonly target: { readonly namespace: string; readonly name: string };
  readonly signal: AbortSignal;
};
