// Everything stories run on: a store with real data, an embedded cluster, the real operator, and a folder for logs.
// The demo and the tests tell their stories in it; it knows none of them.
import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedCluster, startEmbeddedCluster } from "#clusters/embedded/start-embedded-cluster.ts";
import { loadPgvector, type Postgres, postgresNames, startPostgres, type Table } from "#stores/postgres.ts";
import { type Dataset, loadDataset } from "../dataset/read.ts";
import { type KubeClient, makeKubeClient } from "../kube/client.ts";
import { installDefinitions } from "../kube/definitions.ts";
import { namespace } from "./application-manifests.ts";
import { type RestartableOperator, startRestartable } from "./operator-process.ts";

type WorldOptions = {
  /** Names the folder of the logs. */
  readonly name: string;
  readonly say?: (line: string) => void;
  /** The first so many chunks; all when absent. */
  readonly chunks?: number;
  /** Table of the source; vector_chunks when absent. */
  readonly table?: string;
  readonly index?: Table["index"];
  /** Address of the source; 127.0.0.2 when absent. */
  readonly address?: string;
  /** Settings of the operator, as environment variables. */
  readonly operatorEnv?: Readonly<Record<string, string>>;
};

export type World = {
  readonly directory: string;
  readonly dataset: Dataset;
  readonly table: string;
  readonly postgres: Postgres;
  readonly cluster: EmbeddedCluster;
  readonly client: KubeClient;
  readonly operator: RestartableOperator;
  readonly adminKubeconfig: string;
  readonly close: () => Promise<void>;
};

/** Starts it all; on a fault in the middle, what had started is closed again. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    return { ...(await build(options, (closer) => closers.push(closer))), close };
  } catch (fault) {
    await close();
    throw fault;
  }
}

async function build(options: WorldOptions, onClose: (closer: () => Promise<unknown>) => void) {
  const { table = "vector_chunks", say = () => undefined } = options;
  const directory = await mkdtemp(join(tmpdir(), `retriever-${options.name}-`));
  const whole = loadDataset();
  const dataset = { ...whole, chunks: whole.chunks.slice(0, options.chunks) };
  const postgres = await startPostgres(options.address ?? "127.0.0.2");
  onClose(postgres.close);
  const place: Table = { schema: "public", table, ...(options.index === undefined ? {} : { index: options.index }) };
  await loadPgvector(postgres.connectionString, place, dataset);
  say(
    `source: ${dataset.chunks.length} chunks of dimension ${dataset.dim} in pgvector (${postgresNames[postgres.kind]})`,
  );
  await mkdir(join(directory, "cluster"));
  const cluster = await startEmbeddedCluster({
    directory: join(directory, "cluster"),
    // Changes that nobody announces (a base edited by Git) arrive late; here within seconds, on a kubelet within a minute.
    runner: { volumeRefreshMs: 2000 },
  });
  onClose(cluster.close);
  const adminKubeconfig = cluster.api.kubeconfigPath("admin");
  const client = makeKubeClient(adminKubeconfig);
  onClose(client.close);
  await client.create("/api/v1/namespaces", { metadata: { name: namespace } });
  await installDefinitions(client);
  const operator = await startRestartable({
    kubeconfig: cluster.api.kubeconfigPath("operator"),
    namespaces: [namespace],
    logFile: join(directory, "operator.log"),
    ...(options.operatorEnv === undefined ? {} : { env: options.operatorEnv }),
  });
  onClose(operator.stop);
  say(`cluster: embedded, ${cluster.api.url}; logs in ${directory}`);
  return { directory, dataset, table, postgres, cluster, client, operator, adminKubeconfig };
}
