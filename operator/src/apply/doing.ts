// What an effect gets to work with.
import type { MigrationMeta } from "#core/model/migration.ts";
import type { Cluster } from "#ports/cluster.ts";
import type { Jobs, Reports } from "#ports/jobs.ts";

/** One effect under way. */
export type Doing = {
  readonly cluster: Cluster;
  readonly jobs: Jobs;
  readonly reports: Pick<Reports, "fetch">;
  readonly meta: MigrationMeta;
  readonly target: { readonly namespace: string; readonly name: string };
  readonly signal: AbortSignal;
};
