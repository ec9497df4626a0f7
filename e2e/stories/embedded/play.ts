// One story's own application: Deployment, base, a door to each store, people searching, and the migration.
// Everything it makes carries its name, and ends with it.
import { overlayName } from "@retriever/sidecar/contract/names.ts";
import type { SidecarStatus } from "@retriever/sidecar/contract/status.ts";
import { type Qdrant, startQdrant } from "#stores/qdrant.ts";
import { eventually } from "#support/eventually.ts";
import { type Load, queriesOf, startLoad } from "#support/load/load.ts";
import type { RunResult } from "#support/process/run-to-end.ts";
import {
  type ApplicationInput,
  applicationDeployment,
  baseConfigMap,
  copyCronJob,
  namespace,
  repairCronJob,
  requestDeadlineMs,
  storeTimeoutMs,
  syncCronJob,
  verifyCronJob,
} from "#support/world/application-manifests.ts";
import { kubectlRetriever } from "#support/world/command-line.ts";
import { followMigration, type MigrationHandle } from "#support/world/migration-handle.ts";
import { migrationsPath } from "#support/world/migration-status.ts";
import { endpointsOf, type Pod, podsOf, sidecarOf } from "#support/world/pods.ts";
import { apiKey, collection, type Stage } from "./stage.ts";
import { openDoor, type StoreDoor } from "./store-door.ts";
import { type StorySpec, storyMigration } from "./story-migration.ts";

export const configMapsPath = `/api/v1/namespaces/${namespace}/configmaps`;
const podsPath = `/api/v1/namespaces/${namespace}/pods`;
export const deploymentsPath = `/apis/apps/v1/namespaces/${namespace}/deployments`;
export const cronJobsPath = `/apis/batch/v1/namespaces/${namespace}/cronjobs`;

export type PlayOptions = {
  /** 1 when absent. */
  readonly replicas?: number;
  /** 8 requests/s when absent; 0: nobody searches. */
  readonly ratePerSecond?: number;
  /** Value of RETRIEVER_CRED_QDRANT; the right one when absent, null: no such variable. */
  readonly qdrantKey?: string | null;
  /** The destination's own host when absent. */
  readonly allowedHosts?: string;
  /** Replaces the Deployment by what the story makes of it. */
  readonly deployment?: (usual: object) => object;
  /** Table of the source; the stage's when absent. */
  readonly table?: string;
  /** What the story makes of the CronJob that compares the stores; there is none when absent. */
  readonly verifier?: (usual: object) => object;
  /** Whether there is a CronJob that copies. */
  readonly copier?: boolean;
  /** Whether there is one that syncs. */
  readonly syncer?: boolean;
  /** Whether there is one that repairs after a late rollback. */
  readonly repairer?: boolean;
};

export type Play = MigrationHandle & {
  readonly name: string;
  readonly stage: Stage;
  readonly source: StoreDoor;
  readonly destination: Qdrant;
  /** Environment of the application's containers that reach a store. */
  readonly storeEnv: Readonly<Record<string, string>>;
  /** Undefined when nobody searches. */
  readonly load: Load | undefined;
  /** Applies the migration, named like the application unless `as` names it. */
  readonly migrate: (changes?: StorySpec, as?: string) => Promise<void>;
  readonly pods: () => readonly Pod[];
  readonly sidecars: () => Promise<readonly SidecarStatus[]>;
  /** Waits until there are so many pods, all ready. */
  readonly ready: (count: number) => Promise<readonly Pod[]>;
  readonly overlayPath: string;
  readonly basePath: string;
  /** `kubectl-retriever WORD NAME` by the administrator. */
  readonly kubectl: (word: string, ...more: readonly string[]) => Promise<RunResult>;
  /** Kills a pod's process or deletes the pod, and waits until as many pods are ready again. */
  readonly restart: (how: "kill" | "delete") => Promise<readonly Pod[]>;
  readonly scale: (replicas: number) => Promise<void>;
  /** Ends what only this story needs. */
  readonly close: () => Promise<void>;
};

/** Sets the story up; resolves when its pods are ready. */
export async function startPlay(stage: Stage, name: string, options: PlayOptions = {}): Promise<Play> {
  const { world } = stage;
  const url = new URL(world.postgres.connectionString);
  const source = await openDoor({ host: url.hostname, port: Number(url.port) });
  url.host = `${source.host}:${source.port}`;
  const destination = await startQdrant({ external: stage.qdrant });
  const key = options.qdrantKey === undefined ? (destination.apiKey ?? apiKey) : (options.qdrantKey ?? undefined);
  const input: ApplicationInput = {
    name,
    replicas: options.replicas ?? 1,
    table: options.table ?? world.table,
    postgresUrl: url.href,
    qdrantKey: key,
    allowedHosts: options.allowedHosts ?? new URL(destination.url).hostname,
  };
  await apply(stage, input, options);
  const storeEnv = {
    RETRIEVER_ALLOWED_HOSTS: input.allowedHosts,
    PGVECTOR_URL: input.postgresUrl,
    ...(key === undefined ? {} : { RETRIEVER_CRED_QDRANT: key }),
  };
  const play = makePlay(stage, name, { source, destination, storeEnv });
  await play.ready(input.replicas);
  const load = options.ratePerSecond === 0 ? undefined : await search(play, options.ratePerSecond ?? 8);
  const close = async () => {
    await load?.stop();
    await world.client.remove(`${deploymentsPath}/${name}`);
    if ((await world.client.get(`${migrationsPath}/${name}`)) !== undefined)
      await world.client.remove(`${migrationsPath}/${name}`);
    await Promise.all([source.close(), destination.close()]);
  };
  return { ...play, load, close };
}

async function apply({ world }: Stage, input: ApplicationInput, options: PlayOptions): Promise<void> {
  const { deployment, verifier, copier = false, syncer = false, repairer = false } = options;
  const usual = applicationDeployment(input);
  await world.client.create(configMapsPath, baseConfigMap(input));
  await world.client.create(deploymentsPath, deployment?.(usual) ?? usual);
  if (verifier !== undefined) await world.client.create(cronJobsPath, verifier(verifyCronJob(input)));
  if (copier) await world.client.create(cronJobsPath, copyCronJob(input));
  if (syncer) await world.client.create(cronJobsPath, syncCronJob(input));
  if (repairer) await world.client.create(cronJobsPath, repairCronJob(input));
}

type Doors = Pick<Play, "source" | "destination" | "storeEnv">;

function makePlay(stage: Stage, name: string, doors: Doors): Omit<Play, "load" | "close"> {
  const { world } = stage;
  const { client } = world;
  const pods = () => podsOf(world.cluster.api.store.list("/pods", namespace), name);
  return {
    name,
    stage,
    ...doors,
    ...followMigration(client, { namespace, name }),
    migrate: async (changes = {}, as = name) => {
      const { url } = doors.destination;
      const reference = { fromEnv: "RETRIEVER_CRED_QDRANT" };
      const usual = { kind: "qdrant", url, collection, apiKey: reference, timeoutMs: storeTimeoutMs } as const;
      await client.create(migrationsPath, storyMigration({ name: as, target: name, destination: usual }, changes));
    },
    pods,
    sidecars: () => Promise.all(pods().map(sidecarOf)),
    ready: (count) =>
      eventually(`${name} has ${count} ready pods`, async () => {
        const all = pods();
        return all.length === count && all.every((pod) => pod.ready) ? all : false;
      }),
    overlayPath: `${configMapsPath}/${overlayName(name)}`,
    basePath: `${configMapsPath}/${name}-retriever`,
    kubectl: (word, ...more) => kubectlRetriever(world.adminKubeconfig, [word, name, ...more]),
    restart: (how) => restart({ stage, pods }, how),
    scale: async (replicas) => {
      await client.mergePatch(`${deploymentsPath}/${name}`, { spec: { replicas } });
    },
  };
}

async function restart({ stage, pods }: Pick<Play, "stage" | "pods">, how: "kill" | "delete") {
  const before = pods();
  const [victim] = before;
  if (victim === undefined) throw new Error("there is no pod to restart");
  const { runner } = stage.world.cluster;
  if (how === "kill") runner.kill(victim.name);
  else await stage.world.client.remove(`${podsPath}/${victim.name}`);
  return eventually(`${victim.name} is back`, async () => {
    const now = pods();
    const same = now.find(({ uid }) => uid === victim.uid);
    const isBack = how === "kill" ? (same?.restarts ?? 0) > victim.restarts : same === undefined;
    return isBack && now.length === before.length && now.every(({ ready }) => ready) ? now : false;
  });
}

/** As many answers in a row within a second: the pods have warmed up, and what is measured from now on is their usual. */
const quickInARow = 4;
const quickMs = 1000;

/** Real queries to whatever pods are ready, as a Service would send them; resolves when they are answered at their pace. */
async function search(play: Pick<Play, "name" | "pods" | "stage">, ratePerSecond: number): Promise<Load> {
  const { dataset } = play.stage.world;
  let quick = 0;
  const load = startLoad({
    endpoints: () => endpointsOf(play.pods()),
    queries: queriesOf(dataset),
    ratePerSecond,
    k: 5,
    deadlineMs: requestDeadlineMs,
    onResult: ({ answer, durationMs }) => {
      quick = answer !== undefined && durationMs < quickMs ? quick + 1 : 0;
    },
  });
  if (play.pods().length > 0) await eventually(`${play.name} answers quickly`, async () => quick >= quickInARow);
  return load;
}
