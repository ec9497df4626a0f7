// The sidecar: bases and overlays that are damaged where a secret stands, stores that repeat what they were sent, and
// requests that are wrong. Its status, metrics, answers, log and arguments are looked through.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SidecarStatus } from "@retriever/sidecar/contract/status.ts";
import { identityOf } from "@retriever/stores/config/identity.ts";
import { locateQdrant } from "@retriever/stores/qdrant/config/schema.ts";
import { request } from "undici";
import { startStandIn } from "#stores/qdrant-standin/start.ts";
import { eventually } from "#support/eventually.ts";
import { type Sidecar, startSidecar } from "#support/sidecar/start-sidecar.ts";
import { type Canaries, namesIn } from "./canaries.ts";
import { damagedBases, damagedOverlays } from "./damaged-documents.ts";
import { type EchoPostgres, echoPostgresWays, startEchoPostgres } from "./echo-postgres.ts";
import { type EchoServer, echoWays, startEchoServer } from "./echo-server.ts";
import { inTurn, makeWatch, type PartOptions, type PartResult } from "./part.ts";

type Scene = {
  readonly sidecar: Sidecar;
  readonly canaries: Canaries;
  readonly qdrant: EchoServer;
  readonly postgres: EchoPostgres;
  readonly sourceUrl: string;
};
type Fault = { readonly name: string; readonly arrange: (scene: Scene, epoch: number) => Promise<unknown> };

const fields = { text: "text", metadata: [{ name: "entity" }] };
const known = { result: { config: { params: { vectors: { size: 3, distance: "Cosine" } } } } };

export async function trySidecar({ canaries, runs }: PartOptions): Promise<PartResult> {
  const all = Object.values(canaries);
  const source = await startStandIn({
    address: "127.0.0.1",
    port: 0,
    seed: 1,
    apiKey: canaries["key of the source"].secret,
  });
  const [qdrant, postgres] = [await startEchoServer(all), await startEchoPostgres(all)];
  const text = canaries["text of a chunk"].secret;
  source.load("chunks", 3, [
    {
      id: 1,
      vector: Float32Array.of(0.1, 0.2, 0.3),
      payload: { text, entity: text, tenant: canaries["value of a filter"].secret },
    },
  ]);
  const base = baseOf(source.url, { fromEnv: "RETRIEVER_CRED_SOURCE" });
  const env = {
    RETRIEVER_ALLOWED_HOSTS: "127.0.0.1",
    RETRIEVER_CRED_SOURCE: canaries["key of the source"].secret,
    RETRIEVER_CRED_DESTINATION: canaries["key of the destination"].secret,
    RETRIEVER_CRED_USER: "nobody",
  };
  const sidecar = await startSidecar({ base, env });
  const scene = { sidecar, canaries, qdrant, postgres, sourceUrl: source.url };
  const watch = makeWatch(all);
  try {
    watch.searchProcess("arguments of the sidecar", sidecar.process.pid);
    const answers = new Set<string>();
    const asked = [canaries["value of a filter"], canaries["text of a chunk"]];
    for (const [fault, index] of inTurn(faultsOf(canaries), runs)) {
      await fault.arrange(scene, index + 1);
      const answer = await ask(sidecar, requestOf(canaries, index));
      for (const name of namesIn(answer, asked)) answers.add(name);
      watch.search(`answer to the application, ${fault.name}`, answer, asked);
      watch.search(`status of the sidecar, ${fault.name}`, JSON.stringify(await sidecar.status()));
      if (index % 20 === 0) watch.search("metrics of the sidecar", await sidecar.metrics());
    }
    await answerOfTheSource(scene, runs + 2, async () => {
      for (const name of namesIn(await ask(sidecar, requestOf(canaries, 0)), asked)) answers.add(name);
      return answers.has("text of a chunk");
    });
    watch.search("log of the sidecar", sidecar.process.output());
    return {
      runs,
      seen: watch.seen(),
      met: [
        ...answers,
        ...(answers.has("text of a chunk") ? ["key of the source"] : []),
        ...qdrant.met(),
        ...postgres.met(),
      ],
    };
  } finally {
    await sidecar.stop();
    await Promise.allSettled([source.close(), qdrant.close(), postgres.close()]);
  }
}

function baseOf(url: string, apiKey: unknown): object {
  const primary = {
    kind: "qdrant",
    url,
    collection: "chunks",
    apiKey,
    timeoutMs: 2000,
    fields,
  };
  return { primary, select: ["text", "entity"] };
}

/** Stores in every way, as shadow and as primary, between damaged documents. */
function faultsOf(canaries: Canaries): readonly Fault[] {
  const stores: Fault[] = [];
  for (let way = 0; way < Math.max(echoWays, echoPostgresWays); way += 1) {
    const primary = way % 2 === 0 ? "source" : "destination";
    stores.push(
      { name: `Qdrant, way ${way}`, arrange: (scene, epoch) => onQdrant(scene, { way, primary, epoch }) },
      { name: `Postgres, way ${way}`, arrange: (scene, epoch) => onPostgres(scene, { way, primary, epoch }) },
    );
  }
  const overlays = damagedOverlays(canaries).map(
    (damage, index): Fault => ({
      name: `overlay ${index}`,
      arrange: (scene, epoch) => onOverlay(scene, damage, epoch),
    }),
  );
  const bases = damagedBases(canaries).map(
    (text, index): Fault => ({ name: `base ${index}`, arrange: (scene) => onBase(scene, text) }),
  );
  return Array.from({ length: stores.length }, (_, index) =>
    [stores[index], overlays[index % overlays.length], bases[index % bases.length]].filter((one) => one !== undefined),
  ).flat();
}

type Wrong = { readonly way: number; readonly primary: string; readonly epoch: number };

async function onQdrant(scene: Scene, wrong: Wrong): Promise<void> {
  const { qdrant } = scene;
  // Half of them are well when they are probed, and wrong when they are searched.
  qdrant.answer(wrong.way, wrong.way % 4 < 2 ? undefined : { method: "GET", body: known });
  const apiKey = { fromEnv: "RETRIEVER_CRED_DESTINATION" };
  await follow(
    scene,
    { kind: "qdrant", url: qdrant.url, collection: "chunks", apiKey, timeoutMs: 1000, fields },
    wrong,
  );
}

async function onPostgres(scene: Scene, wrong: Wrong): Promise<void> {
  scene.postgres.answer(wrong.way);
  const place = { host: "127.0.0.1", port: scene.postgres.port, database: "chunks", table: "chunks" };
  const [user, password] = [{ fromEnv: "RETRIEVER_CRED_USER" }, { fromEnv: "RETRIEVER_CRED_DESTINATION" }];
  await follow(scene, { kind: "pgvector", ...place, user, password, timeoutMs: 1000, fields }, wrong);
}

/** Resolves when the overlay is in force and the destination has failed, or been found well. */
async function follow(scene: Scene, destination: object, { primary, epoch }: Wrong): Promise<void> {
  scene.sidecar.writeOverlay(overlayOf(scene.sourceUrl, destination, { primary, epoch }));
  await see(scene, `epoch ${epoch}`, ({ config, stores }) => {
    const seen = stores.find(({ store }) => store === "destination");
    return config.epoch === epoch && seen !== undefined && seen.probeAgeSeconds !== null;
  });
}

async function onOverlay(scene: Scene, damage: (good: string) => string, epoch: number): Promise<void> {
  const destination = { kind: "qdrant", url: scene.qdrant.url, collection: "chunks" };
  const primary = "source";
  scene.sidecar.writeOverlay(overlayOf(scene.sourceUrl, destination, { primary, epoch }));
  await see(scene, "the overlay is well", ({ configFault, config }) => configFault === null && config.epoch === epoch);
  scene.sidecar.writeOverlay(damage(overlayOf(scene.sourceUrl, destination, { primary, epoch: epoch + 1 })));
  await see(scene, "the overlay is refused", ({ configFault }) => configFault !== null);
}

async function onBase(scene: Scene, text: (well: string) => string): Promise<void> {
  const { folder } = scene.sidecar;
  const well = JSON.stringify(baseOf(scene.sourceUrl, { fromEnv: "RETRIEVER_CRED_SOURCE" }));
  writeFileSync(join(folder, "retriever.json"), text(well));
  await see(
    scene,
    "the base is refused, or another one",
    ({ configFault, config, base }) =>
      configFault !== null || config.sourceChanged || base?.label !== config.primaryIdentity.label,
  ).finally(() => writeFileSync(join(folder, "retriever.json"), well));
}

/** However slow the machine is: a source that was never asked would prove nothing about its key. */
async function answerOfTheSource(scene: Scene, epoch: number, isAnswered: () => Promise<boolean>): Promise<void> {
  const destination = { kind: "qdrant", url: scene.qdrant.url, collection: "chunks" };
  const primary = "source";
  const isInForce = ({ configFault, config }: SidecarStatus) => configFault === null && config.epoch === epoch;
  scene.sidecar.writeOverlay(overlayOf(scene.sourceUrl, destination, { primary, epoch }));
  await see(scene, "the overlay is well", isInForce);
  await eventually("the source has answered", isAnswered, { everyMs: 100 });
}

function see({ sidecar }: Scene, what: string, isSo: (status: SidecarStatus) => boolean): Promise<unknown> {
  const describe = async () => JSON.stringify({ ...(await sidecar.status()), evidence: undefined });
  return eventually(what, async () => isSo(await sidecar.status()), { everyMs: 5, deadlineMs: 20_000, describe });
}

function overlayOf(sourceUrl: string, destination: object, at: Omit<Wrong, "way">): string {
  return JSON.stringify({
    schema: 1,
    revision: { epoch: at.epoch, migrationUid: "hostile", plan: "secrets" },
    source: { digest: identityOf(locateQdrant(sourceUrl, "chunks")).digest },
    destination,
    primary: at.primary,
    shadow: at.primary === "source" ? "destination" : "source",
    sampleRate: 1,
    thresholds: { scoreDelta: 0.2, latencyDeltaMs: 80 },
    released: false,
  });
}

/** A good one and a wrong one in turn. */
function requestOf(canaries: Canaries, index: number): string {
  const { secret } = canaries["value of a filter"];
  const good = { embedding: [0.1, 0.2, 0.3], k: 3, filters: { tenant: secret }, include: ["text", "metadata"] };
  const whole = JSON.stringify(good);
  const wrong = [
    JSON.stringify({ ...good, embedding: [1, 2] }),
    whole.slice(0, whole.indexOf(secret.slice(0, 16)) + 14),
    JSON.stringify({ ...good, filters: { tenant: { nested: secret } } }),
    JSON.stringify({ ...good, k: secret }),
    JSON.stringify({ ...good, embedding: secret }),
    JSON.stringify({ ...good, filter: { eq: ["tenant", secret] } }),
  ];
  return index % 2 === 0 ? whole : (wrong[Math.floor(index / 2) % wrong.length] as string);
}

async function ask({ appUrl }: Sidecar, body: string): Promise<string> {
  const headers = { "content-type": "application/json" };
  const answer = await request(`${appUrl}/v1/retrieve`, { method: "POST", body, headers });
  return `${JSON.stringify(answer.headers)} ${await answer.body.text()}`;
}
