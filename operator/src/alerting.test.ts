// The webhook through the loop: a call makes one reconcile of each migration of the workload, and nothing else.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeLoop } from "#controller/loop.ts";
import { makeMetrics } from "#telemetry/metrics.ts";
import { until } from "#test/api-server.ts";
import { FakeClock } from "#test/fakes/fake-clock.ts";
import { FakeCluster } from "#test/fakes/fake-cluster.ts";
import { FakeEventSource } from "#test/fakes/fake-event-source.ts";
import { openAlerting } from "./alerting.ts";

const place = { namespace: "search", target: "search-api" };
const token = "token-of-the-webhook";

let folder: string;
const closing: (() => Promise<void>)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "retriever-alerting-"));
  closing.push(() => rm(folder, { recursive: true }));
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function arrange() {
  const clock = new FakeClock();
  const metrics = makeMetrics({ processMetrics: false });
  const events = new FakeEventSource(new FakeCluster(), clock);
  events.targets.set("search/search-api", [{ namespace: "search", name: "docs-to-qdrant" }]);
  const woken: string[] = [];
  const loop = makeLoop({
    events,
    reconcile: async ({ namespace, name }) => {
      woken.push(`${namespace}/${name}`);
      return { kind: "idle" };
    },
    clock,
    random: () => 0.5,
    metrics,
    concurrency: 1,
    resyncMs: 60_000,
  });
  closing.push(loop.stop);
  const webhookTokenFile = join(folder, "token");
  await writeFile(webhookTokenFile, token);
  const settings = { prometheus: "", webhookListen: "127.0.0.1:0", webhookTokenFile };
  const alerting = await openAlerting({ settings, clock, metrics });
  closing.push(alerting.close);
  const port = await alerting.listen(loop);
  const call = async (target: string, bearer = token) => {
    const labels = { alertname: "RETR_DUAL_VARIANCE_HIGH", ...place, target };
    const body = JSON.stringify({ version: "4", alerts: [{ status: "firing", labels }] });
    const headers = { authorization: `Bearer ${bearer}` };
    return (await fetch(`http://127.0.0.1:${port}/v1/alerts`, { method: "POST", body, headers })).status;
  };
  return { loop, woken, call, metrics };
}

describe("a call of the webhook", () => {
  test("woken at the migrations of the workload it names, once the loop runs", async () => {
    const { loop, woken, call, metrics } = await arrange();
    expect(await call("search-api")).toBe(503);
    loop.start();
    expect(await call("other")).toBe(200);
    expect(woken).toEqual([]);
    expect(await call("search-api")).toBe(200);
    await until(() => woken.length === 1, "the reconcile");
    expect(await call("search-api", "another-token-than-it")).toBe(401);
    expect(woken).toEqual(["search/docs-to-qdrant"]);
    const counted = await metrics.render();
    expect(counted).toContain('retriever_alert_webhook_calls_total{result="taken"} 2');
    expect(counted).toContain('retriever_alert_webhook_calls_total{result="unauthorized"} 1');
    expect(counted).toContain('retriever_alert_webhook_calls_total{result="notLeading"} 1');
  });
});

describe("the file of sources", () => {
  test("that isn't there stops the start with the setting's name", async () => {
    const settings = { prometheus: join(folder, "none"), webhookListen: "", webhookTokenFile: "" };
    const opened = openAlerting({ settings, clock: new FakeClock(), metrics: makeMetrics({ processMetrics: false }) });
    await expect(opened).rejects.toThrow("--prometheus: its file can't be read (ENOENT)");
  });
});
