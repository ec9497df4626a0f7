// Sends announcements after the write they tell of. A message that can't be sent is logged: it never stops the loop.
import type { Announcement } from "#core/model/decision.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import type { Clock } from "#ports/clock.ts";
import type { Cluster } from "#ports/cluster.ts";
import { faultFields, type Logger } from "#telemetry/logger.ts";
import type { Metrics } from "#telemetry/metrics.ts";
import { within } from "#timing/deadline.ts";

type EventRecorderOptions = {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly deadlineMs: number;
};

/** Objects for which a single message is remembered; forgetting one costs a repeated message. */
const maxRemembered = 1000;

/** `record` sends each announcement; `recordOnce` only when its reason was not sent for this version of the object, or for `about`. */
export function makeEventRecorder(options: EventRecorderOptions) {
  const { cluster, clock, log, metrics, deadlineMs } = options;
  const recordedAt = new Map<string, string>();

  const record = async (
    meta: MigrationMeta,
    announcements: readonly Announcement[],
    signal: AbortSignal,
  ): Promise<void> => {
    for (const announcement of announcements) {
      const { type, reason, severity } = announcement;
      log[type === "Warning" ? "warn" : "info"](
        { migration: `${meta.namespace}/${meta.name}`, reason, severity },
        announcement.message,
      );
      try {
        await within({ clock, deadlineMs, signal, about: "event" }, (signal) =>
          cluster.announce(meta, announcement, signal),
        );
        metrics.count("retriever_announcements_total", { type, severity: severity ?? "none" });
      } catch (fault) {
        if (!signal.aborted) log.warn({ reason, ...faultFields(fault) }, "event not sent");
      }
    }
  };

  const recordOnce = async (
    meta: MigrationMeta,
    announcement: Announcement,
    signal: AbortSignal,
    about = meta.resourceVersion,
  ): Promise<boolean> => {
    const key = `${meta.uid}/${announcement.reason}`;
    if (recordedAt.get(key) === about) return false;
    if (recordedAt.size >= maxRemembered) recordedAt.clear();
    recordedAt.set(key, about);
    await record(meta, [announcement], signal);
    return true;
  };

  return { record, recordOnce };
}
