// What stories share: stores on this machine's address among the pods, and the operator in the cluster.
// Opened before the first story of a file, closed after its last one.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { containerdSocketOf, hostAddress, operatorAccount } from "#clusters/real/layout.ts";
import { loadPgvector, type Postgres, startPostgres } from "#stores/postgres.ts";
import { type Qdrant, startQdrant } from "#stores/qdrant.ts";
import { loadQdrant } from "#stores/qdrant-rest.ts";
import { type Dataset, loadDataset } from "#support/dataset/read.ts";
import { eventually } from "#support/eventually.ts";
import { type KubeClient, makeKubeClient } from "#support/kube/client.ts";
import type { Pod } from "#support/world/pods.ts";
import { givenCluster } from "./given-cluster.ts";
import { realPods } from "./pods.ts";
import { installRelease, release } from "./release.ts";

export const collection = "chunks";
const apiKey = "key-of-the-stories-destination";
const chunks = 100;
const { namespace: system } = operatorAccount;

export type Stage = {
  readonly client: KubeClient;
  /** Folder of the cluster: logs, control socket. */
  readonly folder: string;
  readonly dataset: Dataset;
  readonly table: string;
  readonly postgres: Postgres;
  readonly qdrant: Qdrant;
  /** The operator's pods. */
  readonly operators: () => Promise<readonly Pod[]>;
  /** The one of them that leads now. */
  readonly leader: () => Promise<Pod>;
  /**
   * Sends a signal to the process in a pod's container: SIGKILL as by a machine that is short of memory, SIGSTOP and
   * SIGCONT as by one that was asleep.
   */
  readonly signal: (pod: Pod, signal: "SIGKILL" | "SIGSTOP" | "SIGCONT") => Promise<void>;
  readonly close: () => Promise<void>;
};

const run = promisify(execFile);

/** Opens a stage on the given cluster; `name` is of the stories' table. `settings` are further values of the chart. */
export async function openStage(name: string, settings: readonly string[] = []): Promise<Stage> {
  const given = givenCluster();
  const { adminKubeconfig, folder } = given;
  if (folder === undefined) throw new Error("these stories need a cluster of their own");
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    const client = makeKubeClient(adminKubeconfig);
    closers.push(client.close);
    const table = `real_${name.replaceAll("-", "_")}`;
    const stores = { ...(await openStores()), table };
    await loadPgvector(stores.postgres.connectionString, { schema: "public", table, index: "none" }, stores.dataset);
    await installRelease(given, settings);
    const operators = () => realPods(client, system, release);
    const leader = () => leadingPod(client, operators);
    await leader();
    const signal: Stage["signal"] = (pod, name) => signalContainer(folder, pod, name);
    return { client, folder, ...stores, operators, leader, signal, close };
  } catch (fault) {
    await close();
    throw fault;
  }
}

type Stores = Pick<Stage, "dataset" | "postgres" | "qdrant">;
let stores: Promise<Stores> | undefined;

/** The files share them, as they share their process; they end with it. */
function openStores(): Promise<Stores> {
  stores ??= startStores();
  return stores;
}

async function startStores(): Promise<Stores> {
  const whole = loadDataset();
  const dataset = { ...whole, chunks: whole.chunks.slice(0, chunks) };
  const [postgres, qdrant] = await Promise.all([startPostgres(), startQdrant({ address: hostAddress, apiKey })]);
  await loadQdrant(qdrant, collection, dataset);
  return { dataset, postgres, qdrant };
}

async function leadingPod(client: KubeClient, operators: Stage["operators"]): Promise<Pod> {
  return eventually("an operator leads", async () => {
    const lease = await client.get(`/apis/coordination.k8s.io/v1/namespaces/${system}/leases/${release}`);
    const { holderIdentity = "" } = (lease?.["spec"] ?? {}) as { readonly holderIdentity?: string };
    return (await operators()).find(({ name }) => holderIdentity.startsWith(`${name}_`));
  });
}

async function signalContainer(folder: string, { containerId }: Pod, signal: string): Promise<void> {
  const address = ["--address", containerdSocketOf({ folder }), "--namespace", "k8s.io"];
  await run("ctr", [...address, "tasks", "kill", "--signal", signal, containerId], { timeout: 10_000 });
}
