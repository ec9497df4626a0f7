// One application of the demo: a Deployment of three pods on pgvector, its destination, and people searching.

import { randomBytes } from "node:crypto";
import type { MigrationSpecInput } from "@retriever/crds/spec/migration-spec.ts";
import { type Qdrant, type QdrantOptions, startQdrant } from "#stores/qdrant.ts";
import { driftQdrant, loadQdrant, type QdrantAddress, writeNewChunks } from "#stores/qdrant-rest.ts";
import { eventually } from "#support/eventually.ts";
import { type Load, queriesOf, startLoad } from "#support/load/load.ts";
import {
  applicationDeployment,
  baseConfigMap,
  copyCronJob,
  namespace,
  requestDeadlineMs,
  storeTimeoutMs,
  syncCronJob,
  verifyCronJob,
} from "#support/world/application-manifests.ts";
import { endpointsOf, type Pod, podsOf, sidecarOf } from "#support/world/pods.ts";
import type { World } from "#support/world/start-world.ts";
import type { DestinationFault } from "./options.ts";

const replicas = 3;
const requestsPerSecond = 24;
const k = 10;
/** Longer than a sync's pass and its overlap, also where the processor is shared. */
const copiedLagSeconds = 15;
const apiKey = "demo-key-of-the-destination";
const credential = "RETRIEVER_CRED_QDRANT";

export type Application = {
  readonly name: string;
  /** The collection that holds the chunks; a fault may have the destination name another one. */
  readonly collection: string;
  /** The destination as a migration and a base name it. */
  readonly destination: Extract<MigrationSpecInput["destination"], { readonly kind: "qdrant" }>;
  readonly qdrant: Qdrant;
  readonly load: Load;
  /** Environment of the application's containers that reach a store. */
  readonly storeEnv: Readonly<Record<string, string>>;
  /** Writes chunks to the destination alone; resolves with their ids. */
  readonly writeToDestination: (count: number) => Promise<readonly string[]>;
  /** Within so many milliseconds 95 of 100 requests so far came back; undefined before the first. */
  readonly p95Ms: () => number | undefined;
  /** Digest of the store each pod serves from; a pod that doesn't answer is null. */
  readonly primaries: () => Promise<readonly (string | null)[]>;
  /** Ends load and destination, and takes away what was written to a server that is somebody else's. */
  readonly close: () => Promise<void>;
};

type ApplicationOptions = {
  readonly name: string;
  /** 127.x address of the destination. */
  readonly address: string;
  readonly fault?: DestinationFault | undefined;
  /** The destination isn't there at first; there are CronJobs that make, fill and follow it. */
  readonly copies?: boolean;
  /** A server of somebody's; that of QDRANT_URL when absent. */
  readonly external?: QdrantOptions["external"];
  /** Applications that have begun, by what ends them: an interrupt leaves nothing behind. */
  readonly open: Set<() => Promise<void>>;
};

/** Starts destination, pods and load; resolves when every pod is ready and answers. On a fault, ends what had started. */
export async function startApplication(world: World, options: ApplicationOptions): Promise<Application> {
  const { address, external } = options;
  const qdrant = await startQdrant({ address, apiKey, ...(external === undefined ? {} : { external }) });
  // One server may hold the destinations of several applications, of several demos, and what is somebody else's.
  const collection = `retriever-demo-${randomBytes(4).toString("hex")}-${options.name}`;
  // What can't be ended keeps nothing else from it.
  const started = new AsyncDisposableStack();
  const close = () => started.disposeAsync();
  options.open.add(close);
  started.defer(async () => void options.open.delete(close));
  started.defer(qdrant.close);
  started.defer(() => qdrant.removeCollection(collection));
  try {
    const { load, ...application } = await build(world, { ...options, qdrant, collection });
    started.defer(async () => void (await load.stop()));
    return { ...application, load, close };
  } catch (fault) {
    await close();
    throw fault;
  }
}

type Place = ApplicationOptions & { readonly qdrant: Qdrant; readonly collection: string };

async function build(world: World, place: Place): Promise<Omit<Application, "close">> {
  const { name, fault, copies = false, qdrant, collection } = place;
  if (fault === "bad-credential" && qdrant.apiKey === undefined)
    throw new Error("DESTINATION=bad-credential: the server of QDRANT_URL asks for no key; expected QDRANT_API_KEY");
  if (!copies) await fillDestination(world, qdrant, collection, fault);
  const input = {
    name,
    replicas,
    table: world.table,
    postgresUrl: world.postgres.connectionString,
    qdrantKey: fault === "bad-credential" ? "not-the-key" : qdrant.apiKey,
    allowedHosts: new URL(qdrant.url).hostname,
    ...(copies ? { verifyLagSeconds: copiedLagSeconds, ownsDestination: true } : {}),
  };
  await world.client.create(`/api/v1/namespaces/${namespace}/configmaps`, baseConfigMap(input));
  await world.client.create(`/apis/apps/v1/namespaces/${namespace}/deployments`, applicationDeployment(input));
  for (const cronJob of [verifyCronJob(input), ...(copies ? [copyCronJob(input), syncCronJob(input)] : [])])
    await world.client.create(`/apis/batch/v1/namespaces/${namespace}/cronjobs`, cronJob);
  const pods = await readyPods(world, name);
  const durations: number[] = [];
  const load = startLoad({
    endpoints: () => endpointsOf(pods),
    queries: queriesOf(world.dataset),
    ratePerSecond: requestsPerSecond,
    k,
    deadlineMs: requestDeadlineMs,
    onResult: ({ durationMs }) => void durations.push(durationMs),
  });
  return {
    name,
    collection,
    destination: {
      kind: "qdrant",
      url: qdrant.url,
      timeoutMs: storeTimeoutMs,
      collection: fault === "missing-collection" ? "no-such-collection" : collection,
      ...(input.qdrantKey === undefined ? {} : { apiKey: { fromEnv: credential } }),
    },
    qdrant,
    load,
    storeEnv: {
      RETRIEVER_ALLOWED_HOSTS: input.allowedHosts,
      PGVECTOR_URL: world.postgres.connectionString,
      ...(input.qdrantKey === undefined ? {} : { [credential]: input.qdrantKey }),
    },
    writeToDestination: (count) => {
      const address: QdrantAddress = { url: qdrant.url, apiKey: qdrant.apiKey };
      return writeNewChunks(address, collection, { dataset: world.dataset, count });
    },
    p95Ms: () => durations.toSorted((a, b) => a - b)[Math.floor(durations.length * 0.95)],
    primaries: () => Promise.all(pods.map(readPrimary)),
  };
}

async function fillDestination(
  world: World,
  qdrant: Qdrant,
  collection: string,
  fault: DestinationFault | undefined,
): Promise<void> {
  const { dataset } = world;
  const narrow = { ...dataset, dim: 256, vector: (index: number) => dataset.vector(index).subarray(0, 256) };
  await loadQdrant(
    { url: qdrant.url, apiKey: qdrant.apiKey },
    collection,
    fault === "wrong-dimension" ? narrow : dataset,
  );
  if (fault === "drifted") await driftQdrant({ url: qdrant.url, apiKey: qdrant.apiKey }, collection, dataset);
  if (fault === "unreachable") await qdrant.degrade.refuse();
}

/** The pods once all are ready. */
function readyPods(world: World, name: string): Promise<Pod[]> {
  return eventually(`${name} has ${replicas} ready pods`, async () => {
    const pods = podsOf(await world.client.list(`/api/v1/namespaces/${namespace}/pods`), name);
    const ready = pods.filter((pod) => pod.ready);
    return ready.length === replicas && ready;
  });
}

function readPrimary(pod: Pod): Promise<string | null> {
  return sidecarOf(pod).then(
    ({ config }) => config.primaryIdentity.digest,
    () => null,
  );
}
