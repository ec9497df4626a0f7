// What the stories of one file share: stores on this machine's address among the pods, and the operator in the cluster.
// Opened before the first story, closed after the last one.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { containerdSocketOf, hostAddress, operatorAccount } from "#cluster/layout.ts";
import { type Dataset, loadDataset } from "#dataset/read.ts";
import { type KubeClient, makeKubeClient } from "#kube/client.ts";
import { loadPgvector, type Postgres, startPostgres } from "#stores/postgres.ts";
import { type Qdrant, startQdrant } from "#stores/qdrant.ts";
import { loadQdrant } from "#stores/qdrant-rest.ts";
import { eventually } from "#stories/eventually.ts";
import { givenCluster } from "./given-cluster.ts";
import { type RealPod, realPods } from "./pods.ts";
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
  /** The pod that leads now. */
  readonly leader: () => Promise<RealPod>;
  /** SIGKILL to the process in a pod's container, as by a machine that is short of memory. */
  readonly killContainer: (pod: RealPod) => Promise<void>;
  readonly close: () => Promise<void>;
};

const run = promisify(execFile);

/** Opens a stage on the given cluster; `name` is of the stories' table. */
export async function openStage(name: string): Promise<Stage> {
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
    const stores = await openStores(`real_${name.replaceAll("-", "_")}`, closers);
    await installRelease(given);
    const leader = () => leadingPod(client);
    await leader();
    return { client, folder, ...stores, leader, killContainer: (pod) => killContainer(folder, pod), close };
  } catch (fault) {
    await close();
    throw fault;
  }
}

async function openStores(table: string, closers: (() => Promise<unknown>)[]) {
  const whole = loadDataset();
  const dataset = { ...whole, chunks: whole.chunks.slice(0, chunks) };
  const postgres = await startPostgres();
  closers.push(postgres.close);
  await loadPgvector(postgres.connectionString, { schema: "public", table, index: "none" }, dataset);
  const qdrant = await startQdrant({ address: hostAddress, apiKey });
  closers.push(qdrant.close);
  await loadQdrant(qdrant, collection, dataset);
  return { dataset, table, postgres, qdrant };
}

async function leadingPod(client: KubeClient): Promise<RealPod> {
  return eventually("an operator leads", async () => {
    const lease = await client.get(`/apis/coordination.k8s.io/v1/namespaces/${system}/leases/${release}`);
    const { holderIdentity = "" } = (lease?.["spec"] ?? {}) as { readonly holderIdentity?: string };
    return (await realPods(client, system, release)).find(({ name }) => holderIdentity.startsWith(`${name}_`));
  });
}

async function killContainer(folder: string, { containerId }: RealPod): Promise<void> {
  const address = ["--address", containerdSocketOf({ folder }), "--namespace", "k8s.io"];
  await run("ctr", [...address, "tasks", "kill", "--signal", "SIGKILL", containerId], { timeout: 10_000 });
}
