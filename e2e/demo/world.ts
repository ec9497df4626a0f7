// Everything the demo runs on: stores with real data, an embedded cluster, the real operator, and a folder for logs.
import { mkdir, mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { type Dataset, loadDataset } from "#dataset/read.ts";
import { type EmbeddedCluster, startEmbeddedCluster } from "#embedded/start-embedded-cluster.ts";
import { type KubeClient, makeKubeClient } from "#kube/client.ts";
import { loadPgvector, type Postgres, startPostgres } from "#stores/postgres.ts";
import { namespace } from "./manifests.ts";
import { type OperatorProcess, startOperator } from "./operator-process.ts";

const manifests = join(import.meta.dirname, "../../crds/manifests");
const crdFiles = ["retriever.dev_retrievermigrations.yaml", "retriever.dev_migrationacts.yaml"];

/** Table of the source. */
export const table = "vector_chunks";

export type World = {
  readonly directory: string;
  readonly dataset: Dataset;
  readonly postgres: Postgres;
  readonly cluster: EmbeddedCluster;
  readonly client: KubeClient;
  readonly operator: OperatorProcess;
  readonly adminKubeconfig: string;
  readonly close: () => Promise<void>;
};

/** Starts it all; on a fault in the middle, what had started is closed again. */
export async function startWorld(say: (line: string) => void): Promise<World> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const directory = await mkdtemp(join(tmpdir(), "retriever-demo-"));
    const dataset = loadDataset();
    const postgres = await startPostgres("127.0.0.2");
    closers.push(postgres.close);
    await loadPgvector(postgres.connectionString, { schema: "public", table }, dataset);
    say(
      `source: ${dataset.chunks.length} chunks of dimension ${dataset.dim} in pgvector (${postgres.kind === "pglite" ? "PGlite" : "PGVECTOR_URL"})`,
    );
    await mkdir(join(directory, "cluster"));
    const cluster = await startEmbeddedCluster({
      directory: join(directory, "cluster"),
      // Changes that nobody announces (a base edited by Git) arrive late; here within seconds, on a kubelet within a minute.
      runner: { volumeRefreshMs: 2000 },
    });
    closers.push(cluster.close);
    const adminKubeconfig = cluster.api.kubeconfigPath("admin");
    const client = makeKubeClient(adminKubeconfig);
    closers.push(client.close);
    await installResources(client);
    const operator = startOperator({
      kubeconfig: cluster.api.kubeconfigPath("operator"),
      namespace,
      logFile: join(directory, "operator.log"),
    });
    closers.push(operator.stop);
    say(`cluster: embedded, ${cluster.api.url}; logs in ${directory}`);
    return { directory, dataset, postgres, cluster, client, operator, adminKubeconfig, close };
  } catch (fault) {
    await close();
    throw fault;
  }
}

/** Namespace and custom resource definitions, as `kubectl apply` would. */
async function installResources(client: KubeClient): Promise<void> {
  await client.create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  for (const file of crdFiles) {
    const documents = parseAllDocuments(await readFile(join(manifests, file), "utf8"));
    for (const document of documents) {
      await client.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", document.toJS() as object);
    }
  }
}
