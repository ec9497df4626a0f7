// The stage of stories about alerts: a world whose operator asks a real Prometheus, and pods that it scrapes.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Play, startPlay } from "#stories/embedded/play.ts";
import { openStage, type Stage } from "#stories/embedded/stage.ts";
import { anyTime, longGuard, type StorySpec } from "#stories/embedded/story-migration.ts";
import { freePort } from "#support/free-port.ts";
import type { Binaries } from "#support/prometheus/binaries.ts";
import { type Monitoring, startMonitoring } from "#support/prometheus/monitoring.ts";
import { administratorsRule, forSeconds } from "#support/prometheus/rules.ts";

export type AlertStage = {
  readonly stage: Stage;
  readonly monitoring: Monitoring;
  readonly webhookUrl: string;
  /** Starts an application whose pods are scraped. */
  readonly play: (name: string) => Promise<Play>;
  readonly close: () => Promise<void>;
};

type AlertStageOptions = {
  readonly name: string;
  readonly binaries: Binaries;
  /** Whether Alertmanager wakes the operator; otherwise it only looks by itself. */
  readonly webhook: boolean;
};

const ratePerSecond = 8;
/** Slower than the source by this is bad by the migration's own limit, whatever else this machine does. */
const limitMs = 1500;
/** How late the destination's answers are once it is degraded. */
export const degradedMs = 2500;
const never = { maxBadShare: 1 } as const;
const skip = { policy: "Skip" } as const;

/**
 * The operator's own evaluation finds nothing by these limits: what rolls back is the alert of the Prometheus alone.
 * Windows are long enough for the operator to look every 5 s, as it does by default.
 */
export const alertSpec: StorySpec = {
  checklist: { parity: skip, approvals: skip, window: skip, staging: skip, smokeTests: skip },
  metrics: { source: "monitoring" },
  stages: [{ sampleRate: 1, minDuration: "1s", minSamples: 10 }],
  gates: { window: "10s", minDwell: "1s" },
  thresholds: {
    ...anyTime,
    scoreDelta: never,
    latencyDelta: { limitMs, ...never },
    mismatch: { maxIncrease: 1, ceiling: 1 },
    shadowErrors: never,
    livePrimary: { maxP95IncreaseMs: 60_000, maxErrorIncrease: 1, maxEmptyIncrease: 1 },
  },
  cutover: { hold: false, ackTimeout: "2m", validationTimeout: "5m" },
  guard: longGuard,
  rollback: { alert: administratorsRule.alert, window: "20s", sustainedFor: `${forSeconds}s` },
};

/** Starts it all; on a fault in the middle, what had started is closed again. */
export async function openAlertStage({ name, binaries, webhook }: AlertStageOptions): Promise<AlertStage> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    const directory = await mkdtemp(join(tmpdir(), `retriever-${name}-`));
    closers.push(() => rm(directory, { recursive: true, force: true }));
    const tokenFile = join(directory, "token");
    await writeFile(tokenFile, randomBytes(24).toString("hex"));
    const address = `127.0.0.1:${await freePort("127.0.0.1")}`;
    const webhookUrl = `http://${address}/v1/alerts`;
    const operatorAddress = `127.0.0.1:${await freePort("127.0.0.1")}`;
    const monitoring = await startMonitoring({
      binaries,
      directory,
      operatorAddress,
      ...(webhook ? { webhook: { url: webhookUrl, tokenFile } } : {}),
    });
    closers.push(monitoring.close);
    const sources = join(directory, "sources.json");
    const { prometheusUrl: url, alertmanagerUrl, pinnedRule } = monitoring;
    const source = { name: "monitoring", url, alertmanagers: [{ url: alertmanagerUrl }], pinnedRules: [pinnedRule] };
    await writeFile(sources, JSON.stringify({ prometheus: [source] }));
    const stage = await openStage(name, {
      RETRIEVER_PROMETHEUS: sources,
      RETRIEVER_LISTEN: operatorAddress,
      // As it is by default: a stage's own, much shorter one would make the operator look all the time.
      RETRIEVER_RESYNC_MS: "60000",
      ...(webhook ? { RETRIEVER_WEBHOOK_LISTEN: address, RETRIEVER_WEBHOOK_TOKEN_FILE: tokenFile } : {}),
    });
    closers.push(stage.close);
    return { stage, monitoring, webhookUrl, play: makePlays(stage, monitoring), close };
  } catch (fault) {
    await close();
    throw fault;
  }
}

function makePlays(stage: Stage, monitoring: Monitoring): AlertStage["play"] {
  const plays: Play[] = [];
  return async (name) => {
    const play = await startPlay(stage, name, { ratePerSecond });
    plays.push(play);
    await monitoring.follow(plays.flatMap((one) => one.pods().map(({ ip }) => ({ ip, target: one.name }))));
    return play;
  };
}
