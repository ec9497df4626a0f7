// Wires what is heard of alerts: the sources that are asked, and the webhook that only wakes.
import { type CanaryArrivals, makeCanaryArrivals } from "#adapters/alertmanager/canary-arrivals.ts";
import { openWebhook } from "#adapters/alertmanager/webhook.ts";
import type { CalledAlert } from "#adapters/alertmanager/webhook-body.ts";
import { type HttpAlertSources, makeHttpAlertSources } from "#adapters/prometheus/http-alert-sources.ts";
import { parseSources } from "#adapters/prometheus/sources-file.ts";
import type { Settings } from "#config.ts";
import type { Loop } from "#controller/loop.ts";
import type { Listener } from "#http/listener.ts";
import type { Clock } from "#ports/clock.ts";
import { readSettingsFile } from "#settings-file.ts";
import type { Metrics } from "#telemetry/metrics.ts";

type AlertingOptions = {
  readonly settings: Pick<Settings, "prometheus" | "webhookListen" | "webhookTokenFile">;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, "count">;
};

type Alerting = {
  readonly sources: HttpAlertSources;
  /** Opens the webhook where one is configured; its port, undefined otherwise. */
  readonly listen: (loop: Pick<Loop, "wakeTarget">) => Promise<number | undefined>;
  readonly close: () => Promise<void>;
};

/** Of one request to a Prometheus or an Alertmanager. */
const deadlineMs = 3000;

/** Throws ROP_SETTINGS_INVALID when the file of sources can't be used. */
export async function openAlerting({ settings, clock, metrics }: AlertingOptions): Promise<Alerting> {
  const { prometheus, webhookListen: listen, webhookTokenFile: tokenFile } = settings;
  const arrivals = makeCanaryArrivals(clock);
  const sources = makeHttpAlertSources({
    sources: prometheus === "" ? [] : parseSources(await readSettingsFile(prometheus, "prometheus")),
    deadlineMs,
    canaryArrivedAt: listen === "" ? undefined : arrivals.arrivedAt,
    report: (source, kind, result) => metrics.count("retriever_alert_source_reads_total", { source, kind, result }),
  });
  let webhook: Listener | undefined;
  return {
    sources,
    listen: async (loop) => {
      if (listen === "") return undefined;
      const report = (result: string) => metrics.count("retriever_alert_webhook_calls_total", { result });
      webhook = await openWebhook({ listen, tokenFile, report, take: (alerts) => take(alerts, arrivals, loop) });
      return webhook.port;
    },
    close: async () => {
      await Promise.all([webhook?.close(), sources.close()]);
    },
  };
}

/** Wakes each workload once. What is said of it is read anew from the source. */
function take(alerts: readonly CalledAlert[], arrivals: CanaryArrivals, loop: Pick<Loop, "wakeTarget">): boolean {
  arrivals.note(alerts);
  const workloads = new Map(
    alerts.map(({ namespace, target }) => [`${namespace}/${target}`, { namespace, name: target }]),
  );
  return [...workloads.values()].map((workload) => loop.wakeTarget(workload)).every((isRunning) => isRunning);
}
