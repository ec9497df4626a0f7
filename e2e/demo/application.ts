// One application of the demo: a Deployment of three pods on pgvector, its destination, and people searching.
import { sidecarStatusSchema } from "@retriever/sidecar/contract/status.ts";
import { request } from "undici";
import { z } from "zod";
import { type Qdrant, startQdrant } from "#stores/qdrant.ts";
import { driftQdrant, loadQdrant, type QdrantAddress, writeNewChunks } from "#stores/qdrant-rest.ts";
import { type Load, startLoad } from "#support/load/load.ts";
import {
  applicationDeployment,
  baseConfigMap,
  namespace,
  verifyCronJob,
} from "#support/world/application-manifests.ts";
import type { World } from "#support/world/start-world.ts";
import type { DestinationFault } from "./options.ts";

export const replicas = 3;
const requestsPerSecond = 24;
const k = 10;
const apiKey = "demo-key-of-the-destination";

export type Application = {
  readonly name: string;
  readonly collection: string;
  readonly url: string;
  readonly qdrant: Qdrant;
  readonly load: Load;
  /** Environment of the application's containers that reach a store. */
  readonly storeEnv: Readonly<Record<string, string>>;
  /** Writes chunks to the destination alone; resolves with their ids. */
  readonly writeToDestination: (count: number) => Promise<readonly string[]>;
  /** Digest of the store each pod serves from; a pod that doesn't answer is null. */
  readonly primaries: () => Promise<readonly (string | null)[]>;
  readonly close: () => Promise<void>;
};

export type ApplicationOptions = {
  readonly name: string;
  /** 127.x address of the destination. */
  readonly address: string;
  readonly fault?: DestinationFault | undefined;
};

const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    deletionTimestamp: z.string().optional(),
    labels: z.record(z.string(), z.string()),
  }),
  status: z
    .object({
      podIP: z.string().optional(),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).optional(),
    })
    .default({}),
});

/** Starts destination, pods and load; resolves when every pod is ready and answers. */
export async function startApplication(world: World, options: ApplicationOptions): Promise<Application> {
  const { name, fault } = options;
  const collection = "chunks";
  const qdrant = await startQdrant({ address: options.address, apiKey });
  await fillDestination(world, qdrant, collection, fault);
  const host = new URL(qdrant.url).hostname;
  const input = {
    name,
    replicas,
    table: world.table,
    postgresUrl: world.postgres.connectionString,
    qdrantKey: fault === "bad-credential" ? "not-the-key" : (qdrant.apiKey ?? ""),
    allowedHosts: host,
  };
  await world.client.create(`/api/v1/namespaces/${namespace}/configmaps`, baseConfigMap(input));
  await world.client.create(`/apis/apps/v1/namespaces/${namespace}/deployments`, applicationDeployment(input));
  await world.client.create(`/apis/batch/v1/namespaces/${namespace}/cronjobs`, verifyCronJob(input));
  const addresses = await readyAddresses(world, name);
  const load = startLoad({
    endpoints: () => addresses.map((address) => `http://${address}:7080`),
    queries: world.dataset.queries.map((_, index) => ({ embedding: world.dataset.queryVector(index) })),
    ratePerSecond: requestsPerSecond,
    k,
  });
  return {
    name,
    collection: fault === "missing-collection" ? "no-such-collection" : collection,
    url: qdrant.url,
    qdrant,
    load,
    storeEnv: {
      RETRIEVER_ALLOWED_HOSTS: host,
      RETRIEVER_CRED_QDRANT: input.qdrantKey,
      PGVECTOR_URL: world.postgres.connectionString,
    },
    writeToDestination: (count) => {
      const address: QdrantAddress = { url: qdrant.url, apiKey: qdrant.apiKey };
      return writeNewChunks(address, collection, { dataset: world.dataset, count });
    },
    primaries: () => Promise.all(addresses.map(readPrimary)),
    close: async () => {
      await load.stop();
      await qdrant.close();
    },
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

/** Addresses of the pods once all are ready; gives up after a minute. */
async function readyAddresses(world: World, name: string): Promise<string[]> {
  const deadline = AbortSignal.timeout(60_000);
  for (;;) {
    deadline.throwIfAborted();
    const pods = (await world.client.list(`/api/v1/namespaces/${namespace}/pods`)).map((pod) => podSchema.parse(pod));
    const own = pods.filter((pod) => pod.metadata.labels["app.kubernetes.io/name"] === name);
    const ready = own.filter((pod) =>
      pod.status.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True"),
    );
    const addresses = ready.flatMap((pod) => pod.status.podIP ?? []);
    if (addresses.length === replicas) return addresses;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function readPrimary(address: string): Promise<string | null> {
  try {
    const { statusCode, body } = await request(`http://${address}:7090/v1/status`, {
      signal: AbortSignal.timeout(2000),
    });
    const parsed = sidecarStatusSchema.safeParse(await body.json());
    return statusCode === 200 && parsed.success ? parsed.data.config.primaryIdentity.digest : null;
  } catch {
    return null;
  }
}
