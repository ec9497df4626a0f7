// `make quickstart`: docs/quick-start.md from the application to the end of its migration, on the embedded cluster, with
// the times that the page's reader has. BREAK=1 breaks the destination in the guard. The last line is one JSON object.
import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { Client } from "pg";
import { startEmbeddedCluster } from "#clusters/embedded/start-embedded-cluster.ts";
import { startPostgres } from "#stores/postgres.ts";
import { startQdrant } from "#stores/qdrant.ts";
import { eventually } from "#support/eventually.ts";
import { type KubeClient, makeKubeClient } from "#support/kube/client.ts";
import { installDefinitions } from "#support/kube/definitions.ts";
import { runToEnd } from "#support/process/run-to-end.ts";
import { endOnSignals, startProcess } from "#support/process/start-process.ts";
import { retrieverOffline } from "#support/world/command-line.ts";
import { finalPhases, followMigration, type MigrationHandle } from "#support/world/migration-handle.ts";
import { startRestartable } from "#support/world/operator-process.ts";
import { endpointsOf, podsOf } from "#support/world/pods.ts";
import {
  application,
  applicationObjects,
  folder,
  migrationObject,
  name,
  namespace,
  type Stores,
  textOf,
} from "./example.ts";

const address = "127.0.0.47";
const replicas = 2;
const mostSeconds = 15 * 60;
const started = performance.now();
const secondsPassed = (): number => Math.round((performance.now() - started) / 1000);
const say = (line: string): void => void process.stdout.write(`${String(secondsPassed()).padStart(4)} s  ${line}\n`);

endOnSignals();
const breaks = (process.env["BREAK"] ?? "") !== "";
const resources = new AsyncDisposableStack();

async function startStores(): Promise<Stores & { readonly fail: () => Promise<unknown> }> {
  const [postgres, qdrant] = await Promise.all([startPostgres(address), startQdrant({ address })]);
  resources.defer(postgres.close);
  resources.defer(qdrant.close);
  const client = new Client({ connectionString: postgres.connectionString });
  await client.connect();
  await client.query(textOf("seed.sql"));
  await client.end();
  await runToEnd(process.execPath, [join(folder, "seed.mjs")], { env: { QDRANT_URL: qdrant.url } });
  say("both stores hold 2,000 chunks");
  return { postgresUrl: postgres.connectionString, qdrantUrl: qdrant.url, fail: qdrant.degrade.refuse };
}

async function startCluster(): Promise<{ readonly client: KubeClient; readonly kubeconfig: string }> {
  const directory = await mkdtemp(join(tmpdir(), "retriever-quickstart-"));
  await mkdir(join(directory, "cluster"));
  const cluster = await startEmbeddedCluster({ directory: join(directory, "cluster") });
  resources.defer(cluster.close);
  const kubeconfig = cluster.api.kubeconfigPath("admin");
  const client = makeKubeClient(kubeconfig);
  resources.defer(client.close);
  await client.create("/api/v1/namespaces", { metadata: { name: namespace } });
  await installDefinitions(client);
  const operator = await startRestartable({
    kubeconfig: cluster.api.kubeconfigPath("operator"),
    namespaces: [namespace],
    logFile: join(directory, "operator.log"),
  });
  resources.defer(async () => void (await operator.stop()));
  say(`cluster and operator run; logs in ${directory}`);
  return { client, kubeconfig };
}

/** The pods, and beside each the application's own process. */
async function startApplication(client: KubeClient, stores: Stores): Promise<void> {
  for (const { path, object } of applicationObjects(stores)) await client.create(path, object);
  const pods = await eventually("every pod is ready", async () => {
    const objects = await client.list(`/api/v1/namespaces/${namespace}/pods`);
    const ready = podsOf(objects, application).filter((pod) => pod.ready);
    return ready.length === replicas ? ready : undefined;
  });
  for (const url of endpointsOf(pods)) {
    const env = { ...process.env, RETRIEVER_URL: new URL(url).origin, RATE: "10" };
    const app = await startProcess({
      command: process.execPath,
      args: [join(folder, "app.mjs")],
      env,
      readLine: (line) => (line.includes("Text of chunk") ? true : undefined),
    });
    resources.defer(async () => void (await app.stop()));
  }
  say(`the application asks ${replicas} sidecars, and gets texts`);
}

type Person = { readonly kubeconfig: string; readonly migration: MigrationHandle };

/** Promotes when it is time, and breaks the destination in the guard where that is asked. Resolves with the last status. */
async function attend({ kubeconfig, migration }: Person, stores: { readonly fail: () => Promise<unknown> }) {
  const done = new Set<string>();
  const once = async (what: string, act: () => Promise<unknown>): Promise<void> => {
    if (done.has(what)) return;
    done.add(what);
    say(what);
    await act();
  };
  const promote = ["promote", name, "--namespace", namespace, "--reason", "tried it", "--kubeconfig", kubeconfig];
  let last = "";
  for (;;) {
    const status: MigrationStatus = await migration.status();
    const line = `${status.phase}: ${status.message}`;
    if (status.phase !== last) say(line);
    last = status.phase;
    if (finalPhases.has(status.phase)) return status;
    if (secondsPassed() > mostSeconds) throw new Error(`after ${mostSeconds} s still ${line}`);
    const awaits = status.phase === "AwaitingCutover" && status.message.includes("create a Promote act");
    if (awaits) await once("kubectl-retriever promote", () => retrieverOffline(promote));
    if (breaks && status.phase === "Guard") await once("the destination refuses every connection", stores.fail);
    await delay(1000);
  }
}

async function run(): Promise<{ readonly phase: string; readonly causes: readonly string[] }> {
  const [stores, { client, kubeconfig }] = await Promise.all([startStores(), startCluster()]);
  await startApplication(client, stores);
  const { path, object } = migrationObject(stores);
  await client.create(path, object);
  say("the migration is created");
  const { phase, rollback } = await attend(
    { kubeconfig, migration: followMigration(client, { namespace, name }) },
    stores,
  );
  return { phase, causes: rollback?.causes ?? [] };
}

const expected = breaks ? "RolledBack" : "Completed";
const end = await run().catch((error: unknown) => ({ phase: String(error), causes: [] }));
await resources.disposeAsync();
process.stdout.write(`${JSON.stringify({ ...end, seconds: secondsPassed(), most: mostSeconds })}\n`);
process.exitCode = end.phase === expected ? 0 : 1;
