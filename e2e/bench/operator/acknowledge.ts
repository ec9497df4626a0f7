// Row K2, embedded half: from the intent to roll back to the last pod that serves from the source, on many real sidecars.
// Every pod is a process of its own; both stores are trivial, since nothing here is about stores.
import { mkdir } from "node:fs/promises";
import { startEmbeddedCluster } from "#clusters/embedded/start-embedded-cluster.ts";
import { startQdrant } from "#stores/qdrant.ts";
import { loadQdrant } from "#stores/qdrant-rest.ts";
import { longGuard } from "#stories/embedded/story-migration.ts";
import { type Dataset, loadDataset } from "#support/dataset/read.ts";
import { eventually } from "#support/eventually.ts";
import { queriesOf, startLoad } from "#support/load/load.ts";
import { applicationDeployment } from "#support/world/application-manifests.ts";
import { startOperator } from "#support/world/operator-process.ts";
import { endpointsOf, type Pod, podsOf } from "#support/world/pods.ts";
import { createMigration, describeStatus, isSettled, migrationStorage, requestRollback } from "./acts.ts";
import { createNamespace, installDefinitions, kinds, operatorSettings } from "./bench-cluster.ts";

type AcknowledgeOptions = {
  readonly directory: string;
  readonly pods: number;
  readonly runs: number;
  readonly say: (line: string) => void;
};

export type Acknowledged = {
  /** From the status that says RollingBack to the status that says that every pod serves from the source, in ms. */
  readonly intentToAllMs: readonly number[];
  /** Pods that were running and ready. */
  readonly pods: number;
};

const namespace = "search";
const application = "search-api";
const stepDeadlineMs = 180_000;
/** Pods begun at a time: a process that starts takes a core for about a second. */
const startedAtOnce = 5;

type Cluster = Awaited<ReturnType<typeof startEmbeddedCluster>>;

/** Runs migrations into their guard one after the other, and asks each for its rollback. */
export async function measureAcknowledge(options: AcknowledgeOptions): Promise<Acknowledged> {
  const { directory, pods, runs, say } = options;
  const closers: (() => Promise<unknown>)[] = [];
  try {
    const whole = loadDataset();
    const dataset: Dataset = { ...whole, chunks: whole.chunks.slice(0, 50) };
    const store = await startQdrant({ external: { url: undefined, apiKey: undefined } });
    closers.push(store.close);
    for (const collection of ["source", "destination"]) await loadQdrant(store, collection, dataset);
    await mkdir(directory, { recursive: true });
    const cluster = await startEmbeddedCluster({ directory });
    closers.push(cluster.close);
    await installDefinitions(cluster.api);
    await startPods(cluster, { url: store.url, pods, say });
    const load = startSearches(cluster, dataset);
    closers.push(load.stop);
    const operator = await startOperator({
      kubeconfig: cluster.api.kubeconfigPath("operator"),
      namespaces: [namespace],
      env: operatorSettings,
    });
    closers.push(operator.stop);
    const intentToAllMs: number[] = [];
    for (let run = 1; run <= runs; run += 1) {
      const tookMs = await rollBackOnce(cluster, run, store.url);
      say(`${pods} pods, run ${run}: ${tookMs.toFixed(0)} ms`);
      intentToAllMs.push(tookMs);
    }
    return { intentToAllMs, pods };
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

type Pods = { readonly url: string; readonly pods: number; readonly say: (line: string) => void };

/** A few at a time, as the Deployment grows. */
async function startPods(cluster: Cluster, { url, pods, say }: Pods): Promise<void> {
  const { api } = cluster;
  createNamespace(api, namespace);
  const base = { primary: { kind: "qdrant", url, collection: "source" } };
  const metadata = { name: `${application}-retriever`, namespace };
  const data = { "retriever.json": JSON.stringify(base) };
  api.direct({ verb: "create", ...kinds.configMaps, namespace, body: { metadata, data } });
  const input = {
    name: application,
    replicas: 0,
    postgresUrl: "",
    table: "",
    qdrantKey: undefined,
    allowedHosts: new URL(url).hostname,
  };
  api.direct({ verb: "create", ...kinds.deployments, namespace, body: structuredClone(applicationDeployment(input)) });
  for (let replicas = 0; replicas < pods; ) {
    replicas = Math.min(pods, replicas + startedAtOnce);
    api.direct({
      verb: "patch",
      ...kinds.deployments,
      namespace,
      name: application,
      contentType: "application/merge-patch+json",
      body: { spec: { replicas } },
    });
    await eventually(`${replicas} pods are ready`, async () => endpointsOf(podsNow(cluster)).length === replicas, {
      deadlineMs: stepDeadlineMs,
    });
    if (replicas % 10 === 0 || replicas === pods) say(`${replicas} sidecars run`);
  }
}

function podsNow({ api }: Cluster): Pod[] {
  return podsOf(api.store.list("/pods", namespace), application);
}

function startSearches(cluster: Cluster, dataset: Dataset) {
  const endpoints = endpointsOf(podsNow(cluster));
  return startLoad({
    endpoints: () => endpoints,
    queries: queriesOf(dataset, 20),
    ratePerSecond: 20,
    k: 3,
    maxSeconds: 600,
  });
}

/** One migration into its guard and back; the time from its intent to its last acknowledgement. */
async function rollBackOnce({ api }: Cluster, number: number, url: string): Promise<number> {
  const name = `run-${number}`;
  const place = { namespace, name };
  const times = new Map<string, number>();
  const unsubscribe = api.store.subscribe(({ storage, object }) => {
    const phase = (object["status"] as { readonly phase?: string } | undefined)?.phase;
    if (storage !== migrationStorage || object.metadata.name !== name || phase === undefined) return;
    if (!times.has(phase)) times.set(phase, performance.now());
  });
  try {
    const destination = { kind: "qdrant", url, collection: "destination" } as const;
    // Another duration is another plan: the same one again would wait for a person.
    const guard = { ...longGuard, duration: `${60 + number}m` };
    createMigration(api, place, { target: application, destination, changes: { guard } });
    const reach = (phase: string) =>
      eventually(`${name} reaches ${phase}`, async () => times.has(phase), {
        deadlineMs: stepDeadlineMs,
        describe: async () => describeStatus(api, place),
      });
    await reach("Guard");
    requestRollback(api, place, "Rollback");
    await reach("RolledBack");
    await eventually(`${name} is settled`, async () => isSettled(api, place), { deadlineMs: stepDeadlineMs });
    return (times.get("RolledBack") ?? Number.NaN) - (times.get("RollingBack") ?? Number.NaN);
  } finally {
    unsubscribe();
  }
}
