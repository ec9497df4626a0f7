// The ports that an observation reads through.
import type { AlertSources } from "#ports/alert-sources.ts";
import type { Clock } from "#ports/clock.ts";
import type { Cluster } from "#ports/cluster.ts";
import type { Jobs, Reports } from "#ports/jobs.ts";
import type { Sidecars } from "#ports/sidecars.ts";

import type { SilentPods } from "./silent-pods.ts";

export type ObserveDeps = {
  readonly cluster: Cluster;
  readonly sidecars: Sidecars;
  readonly jobs: Jobs;
  readonly reports: Pick<Reports, "isReady" | "readSync">;
  /** Absent: there is no source but Sidecars. */
  readonly alertSources?: AlertSources | undefined;
  /** What earlier passes know of pods that don't answer; absent: each pass asks all. */
  readonly silentPods?: SilentPods;
  readonly clock: Clock;
  /** Of each single read, in ms. */
  readonly deadlineMs: number;
  /** proved (the default): the admission policy is read. trusted: the administrator does without. */
  readonly actIdentity?: "proved" | "trusted";
  /** optional (the default): without the right to list them there are no policies. required: then nothing starts. */
  readonly migrationPolicies?: "required" | "optional";
};
