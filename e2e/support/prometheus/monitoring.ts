// A real Prometheus and Alertmanager that watch the pods of stories, with the rules that the chart ships.
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { request } from "undici";
import { z } from "zod";
import { freePort } from "#support/free-port.ts";
import { patienceMs } from "#support/patience.ts";
import { namespace as usualNamespace } from "../world/application-manifests.ts";
import type { Binaries } from "./binaries.ts";
import { administratorsRule, quickRules } from "./rules.ts";
import { startTool } from "./tool-process.ts";

type MonitoringOptions = {
  readonly binaries: Binaries;
  readonly directory: string;
  /** Address of this machine to listen on. Default 127.0.0.1. */
  readonly address?: string;
  /** Where the operator tells its metrics; absent: they aren't scraped. */
  readonly operatorAddress?: string;
  /** Where Alertmanager calls the operator; absent: nowhere. */
  readonly webhook?: { readonly url: string; readonly tokenFile: string };
};

type Firing = {
  /** When its condition began to hold, epoch ms. */
  readonly activeAt: number;
  /** First firing sample, epoch ms. */
  readonly firingAt: number;
};

/** `namespace`: by default the one of all embedded stories. */
type Followed = { readonly ip: string; readonly target: string; readonly namespace?: string };

export type Monitoring = {
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
  /** The administrator's rule as the operator's file of sources pins it. */
  readonly pinnedRule: { readonly alert: string; readonly group: string; readonly file: string };
  /** Scrapes these pods from now on, each with its target. */
  readonly follow: (pods: readonly Followed[]) => Promise<void>;
  readonly writeRules: (text: string) => Promise<void>;
  /** The alert's first firing of a target; undefined while there is none. */
  readonly firingOf: (target: string) => Promise<Firing | undefined>;
  /** Samples of a query, every 5 s of the last hour; what is no number isn't counted. */
  readonly countSamples: (text: string) => Promise<number>;
  readonly close: () => Promise<void>;
};

const adminPort = 7090;

/** Starts both; resolves when they are ready. */
export async function startMonitoring(options: MonitoringOptions): Promise<Monitoring> {
  const { binaries, directory, webhook, operatorAddress, address: host = "127.0.0.1" } = options;
  await mkdir(directory, { recursive: true });
  const file = (name: string) => join(directory, name);
  const [prometheusPort, alertmanagerPort] = [await freePort(host), await freePort(host)];
  const prometheusUrl = `http://${host}:${prometheusPort}`;
  const alertmanagerUrl = `http://${host}:${alertmanagerPort}`;
  await writeFile(file("rules.yml"), await quickRules());
  await writeFile(file("targets.json"), "[]");
  await writeFile(file("prometheus.yml"), prometheusConfig(`${host}:${alertmanagerPort}`, operatorAddress));
  await writeFile(file("alertmanager.yml"), alertmanagerConfig(webhook));
  const alertmanager = await startTool({
    command: binaries.alertmanager,
    args: [
      `--config.file=${file("alertmanager.yml")}`,
      `--storage.path=${file("alertmanager")}`,
      `--web.listen-address=${host}:${alertmanagerPort}`,
      "--cluster.listen-address=",
    ],
    logFile: file("alertmanager.log"),
    readyUrl: `${alertmanagerUrl}/-/ready`,
  });
  const prometheus = await startTool({
    command: binaries.prometheus,
    args: [
      `--config.file=${file("prometheus.yml")}`,
      `--storage.tsdb.path=${file("prometheus")}`,
      `--web.listen-address=${host}:${prometheusPort}`,
    ],
    logFile: file("prometheus.log"),
    readyUrl: `${prometheusUrl}/-/ready`,
  }).catch(async (fault: unknown) => {
    await alertmanager.close();
    throw fault;
  });
  let followed: Promise<void> = Promise.resolve();
  return {
    prometheusUrl,
    alertmanagerUrl,
    pinnedRule: { ...administratorsRule, file: file("rules.yml") },
    follow: (pods) => {
      // One after the other: the newest list stays.
      followed = followed.then(() => replace(file("targets.json"), JSON.stringify(pods.map(targetOf))));
      return followed;
    },
    writeRules: async (text) => {
      await replace(file("rules.yml"), text);
      prometheus.reload();
    },
    firingOf: (target) => firingOf(prometheusUrl, target),
    countSamples: (text) => countSamples(prometheusUrl, text),
    close: async () => {
      await Promise.all([prometheus.close(), alertmanager.close()]);
    },
  };
}

/** Whoever reads it meanwhile sees the old file or the new one. */
async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

/** What the chart's PodMonitor makes of a pod. */
function targetOf({ ip, target, namespace = usualNamespace }: Followed): object {
  return { targets: [`${ip}:${adminPort}`], labels: { namespace, target } };
}

function prometheusConfig(alertmanager: string, operator: string | undefined): string {
  return JSON.stringify({
    global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
    rule_files: ["rules.yml"],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
    scrape_configs: [
      { job_name: "sidecars", file_sd_configs: [{ files: ["targets.json"], refresh_interval: "5s" }] },
      ...(operator === undefined ? [] : [{ job_name: "operator", static_configs: [{ targets: [operator] }] }]),
    ],
  });
}

function alertmanagerConfig(webhook: MonitoringOptions["webhook"]): string {
  const authorization = { credentials_file: webhook?.tokenFile };
  const call = { url: webhook?.url, send_resolved: true, http_config: { authorization } };
  const matchers = [`alertname=~"${administratorsRule.alert}|RETR_ALERT_CANARY"`];
  const route = { matchers, receiver: "operator", group_wait: "0s", group_interval: "1s", repeat_interval: "1m" };
  return JSON.stringify({
    route: { receiver: "nobody", group_by: ["alertname", "namespace", "target"], ...(webhook && { routes: [route] }) },
    receivers: [{ name: "nobody" }, ...(webhook ? [{ name: "operator", webhook_configs: [call] }] : [])],
  });
}

const answerSchema = z.object({
  data: z.object({
    result: z.array(z.object({ values: z.array(z.tuple([z.number(), z.string()])).default([]) })),
  }),
});

async function firingOf(prometheusUrl: string, target: string): Promise<Firing | undefined> {
  const labels = `alertname="${administratorsRule.alert}",target="${target}"`;
  const [firing, pending] = await Promise.all([
    query(prometheusUrl, `ALERTS{${labels},alertstate="firing"}[1h]`),
    query(prometheusUrl, `ALERTS{${labels},alertstate="pending"}[1h]`),
  ]);
  const [firingAt] = instantsOf(firing);
  if (firingAt === undefined) return undefined;
  // Back over every evaluation that found it pending, to the first one without a gap.
  let activeAt = firingAt;
  for (const at of instantsOf(pending).toReversed()) if (at <= activeAt && activeAt - at <= longestGapMs) activeAt = at;
  return { firingAt, activeAt };
}

/** Evaluations are a second apart; one may be lost. */
const longestGapMs = 2500;

/** Epoch ms of samples, oldest first. */
function instantsOf(samples: readonly (readonly [seconds: number, value: string])[]): number[] {
  return samples.map(([seconds]) => Math.round(seconds * 1000)).toSorted((a, b) => a - b);
}

async function query(prometheusUrl: string, text: string): Promise<readonly [number, string][]> {
  return ask(`${prometheusUrl}/api/v1/query?query=${encodeURIComponent(text)}`);
}

async function countSamples(prometheusUrl: string, query: string): Promise<number> {
  const now = Date.now() / 1000;
  const range = new URLSearchParams({ query, start: `${now - 3600}`, end: `${now}`, step: "5" });
  const samples = await ask(`${prometheusUrl}/api/v1/query_range?${range.toString()}`);
  return samples.filter(([, value]) => value !== "NaN").length;
}

async function ask(url: string): Promise<readonly [number, string][]> {
  const { body } = await request(url, { signal: AbortSignal.timeout(patienceMs(5000)) });
  return answerSchema.parse(await body.json()).data.result.flatMap(({ values }) => values);
}
