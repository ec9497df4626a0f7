// Wires what leaves the cluster: the administrator's sinks, and the notifier that carries messages to them.
import { makeSinks } from "#adapters/sinks/sinks.ts";
import type { Settings } from "#config.ts";
import { Notifier } from "#notify/notifier.ts";
import { parseSinks, type SinkConfig } from "#notify/sinks-file.ts";
import type { Clock } from "#ports/clock.ts";
import { readSettingsFile } from "#settings-file.ts";
import type { Logger } from "#telemetry/logger.ts";
import type { Metrics } from "#telemetry/metrics.ts";

type SinkSettings = Pick<Settings, "sinks" | "apiDeadlineMs" | "resyncMs">;
type MessagingOptions = {
  readonly settings: SinkSettings;
  readonly clock: Pick<Clock, "now">;
  readonly metrics: Pick<Metrics, "count">;
  readonly log: Pick<Logger, "warn">;
};

/** An incident is said again at every resync; two may fail before a sink that forgets it does. */
const leastIncidentMs = 300_000;

/** A notifier for the sinks of the file. Throws ROP_SETTINGS_INVALID when the file can't be used. */
export async function openNotifier({ settings, clock, metrics, log }: MessagingOptions): Promise<Notifier> {
  const configs = await readSinks(settings);
  const known = new Set(configs.map(({ name }) => name));
  return new Notifier({
    sinks: openSinks(configs, settings, clock),
    report: (sink, error) => {
      // A migration may name any sink: only those of the file become a label.
      const label = known.has(sink) ? sink : "unknown";
      metrics.count("retriever_sink_messages_total", { sink: label, result: error === null ? "done" : "failed" });
      if (error !== null) log.warn({ sink, error }, "message not delivered");
    },
  });
}

/** The sinks of the file that the settings name. */
export async function readSinks({ sinks }: Pick<Settings, "sinks">): Promise<readonly SinkConfig[]> {
  return sinks === "" ? [] : parseSinks(await readSettingsFile(sinks, "sinks"));
}

export function openSinks(sinks: readonly SinkConfig[], settings: SinkSettings, clock: Pick<Clock, "now">) {
  const incidentLastsMs = Math.max(leastIncidentMs, 3 * settings.resyncMs);
  return makeSinks({ sinks, deadlineMs: settings.apiDeadlineMs, incidentLastsMs, clock });
}
