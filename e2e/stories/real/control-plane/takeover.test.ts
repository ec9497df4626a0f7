// What a dead leader costs: real operators with the production lease on a real API server, killed without warning.
import { type ChildProcess, spawn } from "node:child_process";
import { on, once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "#support/eventually.ts";
import { type KubeClient, makeKubeClient } from "#support/kube/client.ts";
import { installDefinitions } from "#support/kube/definitions.ts";
import { noteFigure, seconds } from "../figures.ts";
import { givenCluster } from "../given-cluster.ts";
import { installOperatorRights } from "../install.ts";

const must = { takeoverSeconds: 20 };
const pairs = 5;
const roundsPerPair = 2;
const namespace = "default";
const startDeadlineMs = 60_000;
const main = join(import.meta.dirname, "../../../../operator/src/main.ts");

let client: KubeClient;
const running = new Set<ChildProcess>();
beforeAll(async () => {
  client = makeKubeClient(givenCluster().adminKubeconfig);
  await installDefinitions(client);
  await installOperatorRights(client);
});
afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  await client.close();
});

/** A replica that has nothing to do but to lead or to wait; resolves when it has begun to. */
async function startReplica(lease: string, name: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [main], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      RETRIEVER_KUBECONFIG: givenCluster().operatorKubeconfig,
      RETRIEVER_NAMESPACES: namespace,
      RETRIEVER_LISTEN: "127.0.0.1:0",
      RETRIEVER_LEASE_NAME: lease,
      POD_NAMESPACE: namespace,
      POD_NAME: name,
    },
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  const lines = createInterface({ input: child.stdout });
  const signal = AbortSignal.timeout(startDeadlineMs);
  for await (const [line] of on(lines, "line", { signal, close: ["close"] })) {
    if (String(line).includes('"starting"')) return child;
  }
  throw new Error(`${name} ended before it began`);
}

async function holderOf(lease: string): Promise<string> {
  const object = await client.get(`/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${lease}`);
  const { holderIdentity = "" } = (object?.["spec"] ?? {}) as { readonly holderIdentity?: string };
  return holderIdentity.split("_")[0] ?? "";
}

/** Waits until one of these holds the lease. */
function held(lease: string, names: readonly string[]): Promise<string> {
  return eventually(`${lease} is held by ${names.join(" or ")}`, async () => {
    const holder = await holderOf(lease);
    return names.includes(holder) ? holder : false;
  });
}

/** Kills the leader of a pair and starts another replica in its place, again and again; seconds without a leader. */
async function playPair(lease: string): Promise<number[]> {
  const replicas = new Map<string, ChildProcess>();
  const add = async (name: string) => void replicas.set(name, await startReplica(lease, name));
  await add(`${lease}-a`);
  await add(`${lease}-b`);
  const took: number[] = [];
  for (let round = 0; round < roundsPerPair; round += 1) {
    const leader = await held(lease, [...replicas.keys()]);
    const victim = replicas.get(leader);
    replicas.delete(leader);
    const killedAt = performance.now();
    victim?.kill("SIGKILL");
    await held(lease, [...replicas.keys()]);
    took.push(seconds(performance.now() - killedAt));
    await add(`${lease}-${round}`);
  }
  for (const child of replicas.values()) {
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }
  return took;
}

it("a leader that is killed is followed within 20 s, ten times out of ten", { timeout: 300_000 }, async () => {
  const leases = Array.from({ length: pairs }, (_, index) => `takeover-${index}`);
  const took = (await Promise.all(leases.map(playPair))).flat();
  noteFigure("K4", "takeovers", took);
  expect(took).toHaveLength(pairs * roundsPerPair);
  expect(Math.max(...took)).toBeLessThanOrEqual(must.takeoverSeconds);
});
