// When the cutover was, where the status doesn't say it, or says it too late.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { Context } from "../model/context.ts";
import { instantMs, isPastCutover } from "../model/status-readings.ts";
import { answeredStatuses } from "../pods/pods.ts";

/**
 * The instant before which no pod served from the destination. A status of an earlier version has the time at which the
 * last pod did; one that was restored from a backup has none, but is itself older than the cutover that pods tell of.
 */
export function dateCutover(c: Context): Pick<MigrationStatus, "cutoverAt"> {
  const { cutoverAt, revision } = c.status;
  const revised = instantMs(revision?.at);
  if (revision === undefined || revised === undefined || !(isPastCutover(c.status) || isServedUnknown(c))) return {};
  const known = instantMs(cutoverAt);
  return known !== undefined && known <= revised ? {} : { cutoverAt: revision.at };
}

/** A pod serves from the destination by an epoch that this status never decided. */
function isServedUnknown({ meta, status, observation }: Context): boolean {
  return answeredStatuses(observation).some(
    ({ config }) => config.migrationUid === meta.uid && config.epoch > status.epoch && config.primary === "destination",
  );
}
