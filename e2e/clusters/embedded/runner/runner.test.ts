// The pod runner over the embedded API: rollouts, volumes the kubelet's way, restarts, frozen pods, termination.
import { mkdtemp, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { request } from "undici";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { badRequest } from "../api/model/failure.ts";
import { type KubeObject, listOf, textOf, valueAt } from "../api/model/json.ts";
import type { DirectCall } from "../api/start-api.ts";
import { type EmbeddedCluster, startEmbeddedCluster } from "../start-embedded-cluster.ts";
import { isReady } from "./pod/pod-shape.ts";

const standIn = fileURLToPath(new URL("../test/stand-in-sidecar.ts", import.meta.url));
const wait = { timeout: 60_000, interval: 20 };
const apps = { group: "apps", version: "v1", plural: "deployments", namespace: "default", name: "search-api" } as const;
const configMaps = { group: "", version: "v1", plural: "configmaps", namespace: "default" } as const;
const contentType = "application/merge-patch+json";

let cluster: EmbeddedCluster;
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "embedded-cluster-"));
});

afterEach(async () => {
  await cluster.close();
  await rm(directory, { recursive: true });
});

async function start(real = false): Promise<void> {
  const runner = { probeEveryMs: 50, restartBackoffMs: 50 };
  const command = real ? {} : { sidecarCommand: [process.execPath, standIn] };
  cluster = await startEmbeddedCluster({ directory, runner: { ...runner, ...command } });
}

function direct(call: DirectCall): KubeObject {
  return cluster.api.direct(call) as KubeObject;
}

function base(collection: string): void {
  const data = {
    "retriever.json": JSON.stringify({ primary: { kind: "qdrant", url: "http://127.0.0.1:9", collection } }),
  };
  direct({ verb: "create", ...configMaps, body: { metadata: { name: "base" }, data } });
}

function deployment(replicas: number) {
  const sidecar = {
    name: "retriever-sidecar",
    image: "retriever-sidecar",
    args: ["serve", "--config", "/etc/retriever"],
    ports: [
      { name: "retrieve", containerPort: 7080 },
      { name: "admin", containerPort: 7090 },
    ],
    env: [
      { name: "RETRIEVER_CONFIG", value: "/etc/retriever" },
      { name: "RETRIEVER_POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      { name: "RETRIEVER_POD_UID", valueFrom: { fieldRef: { fieldPath: "metadata.uid" } } },
      { name: "GREETING", value: "I am $(RETRIEVER_POD_NAME)" },
    ],
    volumeMounts: [{ name: "config", mountPath: "/etc/retriever" }],
  };
  const sources = [{ configMap: { name: "base" } }, { configMap: { name: "overlay", optional: true } }];
  const spec = {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: "app", image: "app" }, sidecar],
    volumes: [{ name: "config", projected: { sources } }],
  };
  const template = { metadata: { labels: { app: "search" } }, spec };
  const body = {
    metadata: { name: apps.name },
    spec: { replicas, selector: { matchLabels: { app: "search" } }, template },
  };
  direct({ verb: "create", ...apps, name: "", body });
}

function pods(): readonly KubeObject[] {
  return cluster.api.store.list("/pods", "default");
}

function names(): readonly string[] {
  return pods().map((pod) => pod.metadata.name);
}

async function ready(count: number): Promise<readonly KubeObject[]> {
  await expect.poll(() => pods().filter(isReady).length, wait).toBe(count);
  return pods();
}

type Seen = {
  readonly files: Record<string, string>;
  readonly env: Record<string, string>;
  readonly args: readonly string[];
  readonly pid: number;
};

async function seen(pod: KubeObject): Promise<Seen> {
  const address = `http://${textOf(valueAt(pod, "status", "podIP"))}:7090/seen`;
  const reply = await request(address, { signal: AbortSignal.timeout(2000), reset: true });
  return (await reply.body.json()) as Seen;
}

function restarts(pod: string): unknown {
  const found = pods().find((one) => one.metadata.name === pod);
  return valueAt(listOf(valueAt(found, "status", "containerStatuses"))[1], "restartCount");
}

function first(list: readonly KubeObject[]): KubeObject {
  const [one] = list;
  if (one === undefined) throw new Error("no pod is running");
  return one;
}

describe("pods of a Deployment", () => {
  it("run with their own address, environment, and the volume's host path for the mount path", async () => {
    await start();
    base("a");
    deployment(2);
    const list = await ready(2);
    const addresses = new Set(list.map((pod) => valueAt(pod, "status", "podIP")));
    expect(addresses.size).toBe(2);
    const pod = first(list);
    const { env, args, files } = await seen(pod);
    expect(env).toMatchObject({ RETRIEVER_POD_UID: pod.metadata.uid, GREETING: `I am ${pod.metadata.name}` });
    expect(env["RETRIEVER_CONFIG"]).toMatch(/\/volumes\/config$/);
    expect(args).toEqual(["serve", "--config", env["RETRIEVER_CONFIG"]]);
    expect(Object.keys(files)).toEqual(["retriever.json"]);
    expect(await readlink(join(env["RETRIEVER_CONFIG"] ?? "", "retriever.json"))).toBe("..data/retriever.json");
  });

  it("follow replicas up and down, and the Deployment's status follows them", async () => {
    await start();
    base("a");
    deployment(1);
    await ready(1);
    direct({ verb: "patch", ...apps, contentType, body: { spec: { replicas: 3 } } });
    await ready(3);
    direct({ verb: "patch", ...apps, contentType, body: { spec: { replicas: 0 } } });
    await expect.poll(names, wait).toEqual([]);
    expect(direct({ verb: "get", ...apps })["status"]).toMatchObject({ replicas: 0, observedGeneration: 3 });
  });

  it("are replaced one by one when the template changes, and never fewer than asked serve", async () => {
    await start();
    base("a");
    deployment(2);
    const before = new Set((await ready(2)).map((pod) => pod.metadata.name));
    let fewest = Number.POSITIVE_INFINITY;
    const unsubscribe = cluster.api.store.subscribe(() => {
      const serving = pods().filter((pod) => pod.metadata.deletionTimestamp === undefined && isReady(pod)).length;
      fewest = Math.min(fewest, serving);
    });
    direct({
      verb: "patch",
      ...apps,
      contentType,
      body: { spec: { template: { metadata: { annotations: { roll: "1" } } } } },
    });
    await expect
      .poll(() => names().filter((name) => !before.has(name)).length === 2 && names().length === 2, wait)
      .toBe(true);
    unsubscribe();
    expect(fewest).toBeGreaterThanOrEqual(2);
  });

  it("go with their Deployment", async () => {
    await start();
    base("a");
    deployment(1);
    await ready(1);
    direct({ verb: "delete", ...apps });
    await expect.poll(names, wait).toEqual([]);
  });

  it("wait in Pending for a ConfigMap that is not there yet", async () => {
    await start();
    deployment(1);
    await expect
      .poll(() => JSON.stringify(pods()[0]?.["status"] ?? {}), wait)
      .toContain('configmap \\"base\\" not found');
    expect(valueAt(first(pods()), "status", "phase")).toBe("Pending");
    base("a");
    await ready(1);
  });

  it("that are refused leave their reason in the Deployment's conditions", async () => {
    await start();
    const release = cluster.api.admission((attempt) => {
      if (attempt.resource === "pods") throw badRequest("no room");
    });
    deployment(1);
    await expect
      .poll(() => direct({ verb: "get", ...apps })["status"], wait)
      .toMatchObject({
        conditions: expect.arrayContaining([expect.objectContaining({ type: "ReplicaFailure", message: "no room" })]),
      });
    release();
  });
});

describe("volumes", () => {
  const annotate = (pod: string, value: string) =>
    direct({
      verb: "patch",
      group: "",
      version: "v1",
      plural: "pods",
      namespace: "default",
      name: pod,
      contentType,
      body: { metadata: { annotations: { "retriever.dev/config-epoch": value } } },
    });

  it("show a new ConfigMap within a second of the pod's annotation, and not before", async () => {
    await start();
    base("a");
    deployment(2);
    const [nudged, left] = await ready(2);
    if (nudged === undefined || left === undefined) throw new Error("expected two pods");
    direct({
      verb: "create",
      ...configMaps,
      body: { metadata: { name: "overlay" }, data: { "migration.json": "{}" } },
    });
    annotate(nudged.metadata.name, "1");
    await expect
      .poll(async () => Object.keys((await seen(nudged)).files), { timeout: 1000, interval: 20 })
      .toContain("migration.json");
    expect(Object.keys((await seen(left)).files)).toEqual(["retriever.json"]);
    direct({ verb: "delete", ...configMaps, name: "overlay" });
    annotate(nudged.metadata.name, "2");
    await expect
      .poll(async () => Object.keys((await seen(nudged)).files), { timeout: 1000, interval: 20 })
      .toEqual(["retriever.json"]);
  });

  it("of a stalled pod never change, annotation or not", async () => {
    await start();
    base("a");
    deployment(2);
    const [stalled, other] = await ready(2);
    if (stalled === undefined || other === undefined) throw new Error("expected two pods");
    cluster.runner.stallVolumes(stalled.metadata.name);
    direct({
      verb: "create",
      ...configMaps,
      body: { metadata: { name: "overlay" }, data: { "migration.json": "{}" } },
    });
    annotate(stalled.metadata.name, "1");
    annotate(other.metadata.name, "1");
    await expect.poll(async () => Object.keys((await seen(other)).files), wait).toContain("migration.json");
    expect(Object.keys((await seen(stalled)).files)).toEqual(["retriever.json"]);
  });
});

describe("trouble", () => {
  it("a killed process is restarted in the same pod and counted", async () => {
    await start();
    base("a");
    deployment(1);
    const { name } = first(await ready(1)).metadata;
    cluster.runner.kill(name);
    await expect.poll(() => restarts(name), wait).toBe(1);
    await ready(1);
    expect(names()).toEqual([name]);
    expect(cluster.runner.logs(name).match(/started/g)).toHaveLength(2);
  });

  it("a frozen process loses readiness and gets it back when thawed, without a restart", async () => {
    await start();
    base("a");
    deployment(1);
    const { name } = first(await ready(1)).metadata;
    cluster.runner.freeze(name);
    await ready(0);
    cluster.runner.thaw(name);
    await ready(1);
    expect(restarts(name)).toBe(0);
  });

  it("a frozen process that is deleted is killed after its grace period", async () => {
    await start();
    base("a");
    deployment(1);
    const pod = first(await ready(1));
    const { pid } = await seen(pod);
    cluster.runner.freeze(pod.metadata.name);
    direct({ verb: "delete", ...apps });
    await expect.poll(names, wait).toEqual([]);
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });

  it("closing the cluster ends every process", async () => {
    await start();
    base("a");
    deployment(2);
    const pids = await Promise.all((await ready(2)).map(async (pod) => (await seen(pod)).pid));
    await cluster.close();
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });
});

describe("the real sidecar", () => {
  it("becomes ready in a pod and says which pod it is", async () => {
    await start(true);
    base("chunks");
    deployment(1);
    const pod = first(await ready(1));
    const reply = await request(`http://${textOf(valueAt(pod, "status", "podIP"))}:7090/v1/status`, {
      signal: AbortSignal.timeout(2000),
      reset: true,
    });
    expect(await reply.body.json()).toMatchObject({ podUid: pod.metadata.uid, podName: pod.metadata.name });
  });
});
