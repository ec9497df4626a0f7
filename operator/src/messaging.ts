// Wires what leaves the cluster: the administrator's sinks, and the notifier that carries messages to them.
import { makeHttpSinks } from "#adapters/sinks/http-sinks.ts";
import type { Settings } from "#config.ts";
import { Notifier } from "#notify/notifier.ts";
import { parseSinks } from "#notify/sinks-file.ts";
import { readSettingsFile } from "#settings-file.ts";
import type { Logger } from "#telemetry/logger.ts";
import type { Metrics } from "#telemetry/metrics.ts";

type MessagingOptions = {
  readonly settings: Pick<Settings, "sinks" | "apiDeadlineMs">;
  readonly metrics: Pick<Metrics, "count">;
  readonly log: Pick<Logger, "warn">;
};

/** A notifier for the sinks of the file. Throws ROP_SETTINGS_INVALID when the file can't be used. */
export async function openNotifier({ settings, metrics, log }: MessagingOptions): Promise<Notifier> {
  const sinks = settings.sinks === "" ? [] : parseSinks(await readSettingsFile(settings.sinks, "sinks"));
  const known = new Set(sinks.map(({ name }) => name));
  return new Notifier({
    sinks: makeHttpSinks({ sinks, deadlineMs: settings.apiDeadlineMs }),
    report: (sink, error) => {
      // A migration may name any sink: only those of the file become a label.
      const label = known.has(sink) ? sink : "unknown";
      metrics.count("retriever_sink_messages_total", { sink: label, result: error === null ? "done" : "failed" });
      if (error !== null) log.warn({ sink, error }, "message not delivered");
    },
  });
}
