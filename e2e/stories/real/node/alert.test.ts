// A story of the alert: a real Prometheus on this machine scrapes real pods, with the chart's records and a rule that the
// administrator pinned, and the operator in the cluster goes back when it fires.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hostAddress, operatorAccount } from "#clusters/real/layout.ts";
import { alertSpec, degradedMs } from "#stories/alerts/alert-stage.ts";
import { eventually } from "#support/eventually.ts";
import { makeKubeClient } from "#support/kube/client.ts";
import { ensure } from "#support/kube/definitions.ts";
import { findBinaries } from "#support/prometheus/binaries.ts";
import { type Monitoring, startMonitoring } from "#support/prometheus/monitoring.ts";
import { forSeconds } from "#support/prometheus/rules.ts";
import { conditionOf } from "#support/world/migration-status.ts";
import { noteFigure, seconds } from "../figures.ts";
import { givenCluster } from "../given-cluster.ts";
import { type Play, startPlay } from "../play.ts";
import { openStage, type Stage } from "../stage.ts";

const must = { firingToIntentSeconds: 10 };
const { namespace: system } = operatorAccount;
const configMapName = "prometheus-of-the-stories";
const configMaps = `/api/v1/namespaces/${system}/configmaps`;

const binaries = findBinaries();
const missing = "missing" in binaries ? binaries.missing : undefined;
if (missing !== undefined) {
  process.stderr.write(`\nSKIPPED, the story with a real Prometheus: ${missing}\n\n`);
  // In CI a missing peer is a failure.
  if (process.env["CI"] === "1") it("Prometheus and Alertmanager are there", () => expect.fail(missing));
}

let directory: string | undefined;
let monitoring: Monitoring;
let stage: Stage;
beforeAll(async () => {
  if ("missing" in binaries) return;
  directory = await mkdtemp(join(tmpdir(), "retriever-real-alert-"));
  monitoring = await startMonitoring({ binaries, directory, address: hostAddress });
  await tellOperator(monitoring);
  stage = await openStage("alert", [`prometheus.configMapName=${configMapName}`]);
}, 240_000);
afterAll(async () => {
  await stage?.client.remove(`${configMaps}/${configMapName}`);
  await stage?.close();
  await monitoring?.close();
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

/** The administrator's file of sources, where the chart looks for it. */
async function tellOperator({ prometheusUrl: url, alertmanagerUrl, pinnedRule }: Monitoring): Promise<void> {
  const client = makeKubeClient(givenCluster().adminKubeconfig);
  const source = { name: "monitoring", url, alertmanagers: [{ url: alertmanagerUrl }], pinnedRules: [pinnedRule] };
  const data = { "prometheus.yaml": JSON.stringify({ prometheus: [source] }) };
  await ensure(client, "/api/v1/namespaces", { metadata: { name: system } });
  await client.create(configMaps, { metadata: { name: configMapName }, data });
  await client.close();
}

async function scrape(play: Play): Promise<void> {
  const pods = await play.pods();
  await monitoring.follow(pods.map(({ ip }) => ({ ip, target: play.name, namespace: play.namespace })));
}

describe.skipIf(missing !== undefined)("on a real kubelet, a migration", { timeout: 400_000 }, () => {
  it("that listens to a Prometheus goes back when the administrator's pinned rule fires there in the guard", async () => {
    const play = await startPlay(stage, "alerted");
    await scrape(play);
    await play.migrate(alertSpec);
    const armed = await play.reach("Guard");
    expect(conditionOf(armed, "AlertsArmed")).toMatchObject({ status: "True", reason: "Armed" });
    await play.destination.degrade.slow(degradedMs);
    const { rollback } = await eventually(
      "it goes back",
      async () => [await play.status()].find((status) => status.rollback !== undefined),
      { deadlineMs: 120_000, describe: async () => (await play.status()).message },
    );
    expect(rollback).toMatchObject({ reason: "HarmAlert", from: "Guard", actor: null });
    expect(rollback?.causes.join("; ")).toContain("fires in Prometheus monitoring");
    const firing = await eventually("Prometheus tells of its firing", () => monitoring.firingOf(play.name));
    const took = seconds(Date.parse(rollback?.at ?? "") - firing.firingAt);
    noteFigure("K1", play.name, took);
    expect(took).toBeLessThanOrEqual(must.firingToIntentSeconds);
    expect(firing.firingAt - firing.activeAt).toBeGreaterThanOrEqual(forSeconds * 1000);
    await play.reach("RolledBack");
    await play.allServeFrom(armed.source?.digest);
    await play.settled();
    expect(await play.writesDuringResync()).toEqual([]);
    expect((await play.load.stop()).failuresByReason).toEqual({});
    await play.close();
  });
});
