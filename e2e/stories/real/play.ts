// One story's own application in a namespace of its own: three pods on a real kubelet, a door to each store, people
// searching, and the migration. Everything ends with it.
import { overlayName } from "@retriever/sidecar/contract/names.ts";
import { z } from "zod";
import { hostAddress } from "#clusters/real/layout.ts";
import { type Qdrant, startQdrant } from "#stores/qdrant.ts";
import { eventually } from "#support/eventually.ts";
import { type Load, queriesOf, startLoad } from "#support/load/load.ts";
import { type ApplicationInput, requestDeadlineMs, storeTimeoutMs } from "#support/world/application-manifests.ts";
import { keptReportOf } from "#support/world/kept-report.ts";
import { finalPhases, followMigration, type MigrationHandle } from "#support/world/migration-handle.ts";
import { endpointsOf, type Pod } from "#support/world/pods.ts";
import { openDoor, type StoreDoor } from "../embedded/store-door.ts";
import { type StorySpec, storyMigration } from "../embedded/story-migration.ts";
import { breakGlass } from "./break-glass.ts";
import { applicationObjects, usualBaseName } from "./objects.ts";
import { writesDuringResync } from "./operator-requests.ts";
import { followPods, lastToServeFrom, readyPods, realPods } from "./pods.ts";
import { collection, type Stage } from "./stage.ts";

const ratePerSecond = 6;
/** For whatever has a real kubelet in its way. */
const deadlineMs = 120_000;
/** As many answers in a row are no luck. */
const inARow = 12;

type PlayOptions = {
  /** Pods at first, default 3. */
  readonly replicas?: number;
  /** ConfigMap that the Deployment takes its base from. */
  readonly baseName?: string;
};

export type Play = MigrationHandle & {
  readonly name: string;
  readonly namespace: string;
  readonly stage: Stage;
  readonly source: StoreDoor;
  readonly destination: Qdrant;
  /** How the application is configured. */
  readonly application: ApplicationInput;
  readonly load: Load;
  /** Waits until people get answers again; how many requests had failed until then. */
  readonly answered: () => Promise<number>;
  readonly migrate: (changes?: StorySpec) => Promise<void>;
  readonly pods: () => Promise<readonly Pod[]>;
  /** Waits until there are so many pods, all ready; none of them one of `besides`. */
  readonly ready: (count: number, besides?: readonly Pod[]) => Promise<readonly Pod[]>;
  /** Changes the number of pods as an autoscaler does. */
  readonly scale: (count: number) => Promise<void>;
  /** Touches all pods of the namespace, so that the kubelet looks at their ConfigMaps now and not within a minute. */
  readonly touchPods: () => Promise<void>;
  /** Waits until every pod serves from the store of this digest; when the last of them began to, epoch ms. */
  readonly allServeFrom: (digest: string | undefined) => Promise<number>;
  readonly deploymentPath: string;
  readonly overlayPath: string;
  readonly basePath: string;
  /** Changes members of the overlay's document, as somebody who isn't the operator. */
  readonly editOverlay: (changes: object) => Promise<void>;
  /** What the operator writes during one resync of this migration. */
  readonly writesDuringResync: () => Promise<string[]>;
  readonly close: () => Promise<void>;
};

/** Sets the story up; resolves when its pods are ready. */
export async function startPlay(stage: Stage, name: string, options: PlayOptions = {}): Promise<Play> {
  const { replicas = 3, baseName = usualBaseName(name) } = options;
  const { client } = stage;
  const namespace = `story-${name}`;
  const url = new URL(stage.postgres.connectionString);
  const source = await openDoor({ host: url.hostname, port: Number(url.port) }, hostAddress);
  url.host = `${source.host}:${source.port}`;
  const destination = await startQdrant({ external: stage.qdrant, address: hostAddress });
  const application: ApplicationInput = {
    name,
    replicas,
    table: stage.table,
    postgresUrl: url.href,
    qdrantKey: destination.apiKey,
    allowedHosts: new URL(destination.url).hostname,
  };
  const { base, deployment } = applicationObjects(application, namespace, baseName);
  await client.create("/api/v1/namespaces", { metadata: { name: namespace } });
  await client.create(`/api/v1/namespaces/${namespace}/configmaps`, base);
  await client.create(`/apis/apps/v1/namespaces/${namespace}/deployments`, deployment);
  const play = makePlay({ stage, name, namespace, application, source, destination }, baseName);
  const following = followPods(play.pods, await play.ready(replicas));
  const load = search(stage, following.pods);
  const close = async () => {
    await load.stop();
    following.stop();
    await removeNamespace(play);
    await Promise.all([source.close(), destination.close()]);
  };
  return { ...play, load, answered: () => answersAgain(load), close };
}

/** The migration first: its namespace alone would take it along in no order. */
async function removeNamespace({ stage, namespace, migrationPath }: Unplayed): Promise<void> {
  const { client } = stage;
  if ((await client.get(`/api/v1/namespaces/${namespace}`)) === undefined) return;
  if ((await client.get(migrationPath)) !== undefined) await client.remove(migrationPath);
  await client.remove(`/api/v1/namespaces/${namespace}`);
}

const overlaySchema = z.object({ data: z.object({ "migration.json": z.string() }) });

type Parts = Pick<Play, "stage" | "name" | "namespace" | "application" | "source" | "destination">;
type Unplayed = Omit<Play, "load" | "answered" | "close">;

function makePlay(parts: Parts, baseName: string): Unplayed {
  const { stage, name, namespace, destination } = parts;
  const { client } = stage;
  const configMaps = `/api/v1/namespaces/${namespace}/configmaps`;
  const overlayPath = `${configMaps}/${overlayName(name)}`;
  const deploymentPath = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
  const podsPath = `/api/v1/namespaces/${namespace}/pods`;
  const pods = () => realPods(client, namespace, name);
  const handle = followMigration(client, { namespace, name }, deadlineMs);
  return {
    ...parts,
    ...handle,
    migrate: async (changes = {}) => {
      const apiKey = { fromEnv: "RETRIEVER_CRED_QDRANT" };
      const timeoutMs = storeTimeoutMs;
      const reference = { kind: "qdrant", url: destination.url, collection, apiKey, timeoutMs } as const;
      const manifest = storyMigration({ name, target: name, destination: reference }, changes);
      await client.create(`/apis/retriever.dev/v1alpha1/namespaces/${namespace}/retrievermigrations`, {
        ...manifest,
        metadata: { name, namespace },
      });
    },
    pods,
    ready: (count, besides = []) => readyPods(pods, count, besides),
    scale: async (count) => {
      await client.mergePatch(`${deploymentPath}/scale`, { spec: { replicas: count } });
    },
    touchPods: async () => {
      const annotations = { "retriever.test/touched": new Date().toISOString() };
      for (const { metadata } of await client.list(podsPath))
        await client.mergePatch(`${podsPath}/${metadata.name}`, { metadata: { annotations } });
    },
    allServeFrom: async (digest) => lastToServeFrom(await pods(), digest),
    editOverlay: async (changes) => {
      const { data } = overlaySchema.parse(await client.get(overlayPath));
      const text = JSON.stringify({ ...(JSON.parse(data["migration.json"]) as object), ...changes });
      await breakGlass(client, { method: "PATCH", path: overlayPath, body: { data: { "migration.json": text } } });
    },
    deploymentPath,
    overlayPath,
    basePath: `${configMaps}/${baseName}`,
    writesDuringResync: async () => {
      const { phase } = await handle.status();
      // Written beside the loop, some time after the end.
      if (phase !== undefined && finalPhases.has(phase)) await keptReportOf(client, { namespace, name });
      return writesDuringResync(stage.folder, namespace);
    },
  };
}

/** Whatever failed before, so many requests in a row are answered. */
function answersAgain(load: Load): Promise<number> {
  let from = load.counts();
  return eventually("people get answers again", async () => {
    const now = load.counts();
    if (now.failures !== from.failures) from = now;
    return now.requests - from.requests >= inARow ? now.failures : false;
  });
}

/** Real queries to the pods that were there at the start, as a Service would send them. */
function search({ dataset }: Stage, pods: () => readonly Pod[]): Load {
  return startLoad({
    endpoints: () => endpointsOf(pods()),
    queries: queriesOf(dataset),
    ratePerSecond,
    k: 5,
    deadlineMs: requestDeadlineMs,
  });
}
