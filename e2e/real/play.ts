// One story's own application in a namespace of its own: three pods on a real kubelet, a door to each store, people
// searching, and the migration. Everything ends with it.
import type { MigrationStatus } from "@retriever/crds/migration-status.ts";
import { migrationStatusSchema } from "@retriever/crds/migration-status.ts";
import { overlayName } from "@retriever/sidecar/contract/names.ts";
import { z } from "zod";
import { hostAddress } from "#cluster/layout.ts";
import { type Load, startLoad } from "#load/load.ts";
import { type Qdrant, startQdrant } from "#stores/qdrant.ts";
import { eventually } from "#stories/eventually.ts";
import { openDoor, type StoreDoor } from "#stories/store-door.ts";
import { type StorySpec, storyMigration } from "#stories/story-migration.ts";
import { conditionOf } from "#world/migration-status.ts";
import { applicationObjects } from "./objects.ts";
import { writesDuringResync } from "./operator-requests.ts";
import { type RealPod, realPods, sidecarOf } from "./pods.ts";
import { collection, type Stage } from "./stage.ts";

const replicas = 3;
const ratePerSecond = 6;
/** For pods to start, and for whatever has a real kubelet in its way. */
const deadlineMs = 120_000;

export type Play = {
  readonly name: string;
  readonly namespace: string;
  readonly stage: Stage;
  readonly source: StoreDoor;
  readonly destination: Qdrant;
  readonly load: Load;
  readonly migrate: (changes?: StorySpec) => Promise<void>;
  readonly status: () => Promise<MigrationStatus>;
  readonly reach: (phase: MigrationStatus["phase"]) => Promise<MigrationStatus>;
  readonly conditionIs: (type: string, status: string, reason?: string) => Promise<MigrationStatus>;
  readonly pods: () => Promise<readonly RealPod[]>;
  readonly act: (act: "Promote" | "Abort" | "Rollback") => Promise<void>;
  /** Waits until every pod serves from the store of this digest; when the last of them began to, epoch ms. */
  readonly allServeFrom: (digest: string | undefined) => Promise<number>;
  readonly migrationPath: string;
  readonly overlayPath: string;
  readonly basePath: string;
  /** Waits until nothing of the migration is in force, its finalizer gone. */
  readonly settled: () => Promise<void>;
  /** What the operator writes during one resync of this migration. */
  readonly writesDuringResync: () => Promise<string[]>;
  readonly close: () => Promise<void>;
};

/** Sets the story up; resolves when its pods are ready. */
export async function startPlay(stage: Stage, name: string): Promise<Play> {
  const { client } = stage;
  const namespace = `story-${name}`;
  const url = new URL(stage.postgres.connectionString);
  const source = await openDoor({ host: url.hostname, port: Number(url.port) }, hostAddress);
  url.host = `${source.host}:${source.port}`;
  const destination = await startQdrant({ external: stage.qdrant, address: hostAddress });
  const input = {
    name,
    replicas,
    table: stage.table,
    postgresUrl: url.href,
    qdrantKey: destination.apiKey,
    allowedHosts: new URL(destination.url).hostname,
  };
  const { base, deployment } = applicationObjects(input, namespace);
  await client.create("/api/v1/namespaces", { metadata: { name: namespace } });
  await client.create(`/api/v1/namespaces/${namespace}/configmaps`, base);
  await client.create(`/apis/apps/v1/namespaces/${namespace}/deployments`, deployment);
  const play = makePlay({ stage, name, namespace, source, destination });
  let known = await eventually(
    `${name} has ${replicas} ready pods`,
    async () => {
      const pods = await play.pods();
      return pods.length === replicas && pods.every(({ ready }) => ready) ? pods : false;
    },
    { deadlineMs, describe: async () => JSON.stringify(await play.pods()) },
  );
  const load = search(stage, () => known);
  const close = async () => {
    await load.stop();
    known = [];
    await removeNamespace(play);
    await Promise.all([source.close(), destination.close()]);
  };
  return { ...play, load, close };
}

/** The migration first: its namespace alone would take it along in no order. */
async function removeNamespace({ stage, namespace, migrationPath }: Omit<Play, "load" | "close">): Promise<void> {
  const { client } = stage;
  if ((await client.get(`/api/v1/namespaces/${namespace}`)) === undefined) return;
  if ((await client.get(migrationPath)) !== undefined) await client.remove(migrationPath);
  await client.remove(`/api/v1/namespaces/${namespace}`);
}

const finalizersSchema = z.object({ finalizers: z.array(z.string()).optional() });

type Parts = Pick<Play, "stage" | "name" | "namespace" | "source" | "destination">;

function makePlay(parts: Parts): Omit<Play, "load" | "close"> {
  const { stage, name, namespace, destination } = parts;
  const { client } = stage;
  const own = `/apis/retriever.dev/v1alpha1/namespaces/${namespace}`;
  const migrationPath = `${own}/retrievermigrations/${name}`;
  const configMaps = `/api/v1/namespaces/${namespace}/configmaps`;
  const status = async () => migrationStatusSchema.parse((await client.get(migrationPath))?.["status"] ?? {});
  const describe = async () => {
    const { phase, message, epoch } = await status();
    return `${phase} at epoch ${epoch}: ${message}`;
  };
  const see = (what: string, look: (seen: MigrationStatus) => boolean) =>
    eventually(`${name}: ${what}`, async () => [await status()].find(look), { deadlineMs, describe });
  const pods = () => realPods(client, namespace, name);
  const conditionIs: Play["conditionIs"] = (type, is, reason) =>
    see(`${type}=${is}/${reason ?? "any"}`, (seen) => {
      const found = conditionOf(seen, type);
      return found?.status === is && (reason === undefined || found.reason === reason);
    });
  const touch = () =>
    client.mergePatch(migrationPath, { metadata: { annotations: { "retriever.test/touched": `${Date.now()}` } } });
  return {
    ...parts,
    migrate: async (changes = {}) => {
      const apiKey = { fromEnv: "RETRIEVER_CRED_QDRANT" };
      const reference = { kind: "qdrant", url: destination.url, collection, apiKey } as const;
      const manifest = storyMigration({ name, target: name, destination: reference }, changes);
      await client.create(`${own}/retrievermigrations`, { ...manifest, metadata: { name, namespace } });
    },
    status,
    reach: (phase) => see(`reaches ${phase}`, (seen) => seen.phase === phase),
    conditionIs,
    pods,
    act: async (act) => {
      const uid = (await client.get(migrationPath))?.metadata.uid;
      await client.create(`${own}/migrationacts`, {
        apiVersion: "retriever.dev/v1alpha1",
        kind: "MigrationAct",
        metadata: { generateName: `${name}-`, namespace },
        spec: { migration: { name, uid }, act, actor: "admin", reason: "as the story goes" },
      });
    },
    allServeFrom: async (digest) => lastToServeFrom(await pods(), digest),
    migrationPath,
    overlayPath: `${configMaps}/${overlayName(name)}`,
    basePath: `${configMaps}/${name}-retriever`,
    settled: async () => {
      await conditionIs("Settled", "True");
      await eventually(`${name} has no finalizer`, async () => {
        const { finalizers = [] } = finalizersSchema.parse((await client.get(migrationPath))?.metadata ?? {});
        return finalizers.length === 0;
      });
    },
    writesDuringResync: () => writesDuringResync({ folder: stage.folder, namespace, migration: name, touch }),
  };
}

/** Each sidecar says for how long its epoch has been in force: so looking late doesn't make it late. */
async function lastToServeFrom(pods: readonly RealPod[], digest: string | undefined): Promise<number> {
  const since = pods.map((pod) =>
    eventually(
      `${pod.name} serves from there`,
      async () => {
        const { config, evidence } = await sidecarOf(pod);
        return config.primaryIdentity.digest === digest ? Date.now() - evidence.sinceSeconds * 1000 : false;
      },
      { deadlineMs },
    ),
  );
  return Math.max(...(await Promise.all(since)));
}

/** Real queries to the pods that were there at the start, as a Service would send them. */
function search({ dataset }: Stage, pods: () => readonly RealPod[]): Load {
  return startLoad({
    endpoints: () => pods().map(({ ip }) => `http://${ip}:7080`),
    queries: dataset.queries.map((_, index) => ({ embedding: dataset.queryVector(index) })),
    ratePerSecond,
    k: 5,
  });
}
