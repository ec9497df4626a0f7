// The operator: an API server, sinks and a Prometheus that repeat what they were sent, damaged bases with plain
// credentials, and calls of its webhook. Its log, metrics and answers, and all it wrote, are looked through.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { startEmbeddedCluster } from "#clusters/embedded/start-embedded-cluster.ts";
import { startStandIn } from "#stores/qdrant-standin/start.ts";
import { skipAll, storyMigration } from "#stories/embedded/story-migration.ts";
import { eventually } from "#support/eventually.ts";
import { freePort } from "#support/free-port.ts";
import { type KubeClient, makeKubeClient } from "#support/kube/client.ts";
import { installDefinitions } from "#support/kube/definitions.ts";
import { applicationDeployment, baseConfigMap, namespace } from "#support/world/application-manifests.ts";
import { followMigration } from "#support/world/migration-handle.ts";
import { startOperator } from "#support/world/operator-process.ts";
import { type Canaries, canaryOf } from "./canaries.ts";
import { damagedBases } from "./damaged-documents.ts";
import { type EchoServer, echoWays, startEchoServer } from "./echo-server.ts";
import { inTurn, makeWatch, type PartOptions, type PartResult } from "./part.ts";

const operatorUser = "system:serviceaccount:retriever-system:retriever-operator";
/** One that has something to tell, one that asks Prometheus, and one whose base is damaged. */
const applications = { docs: "Sidecars", pages: "monitoring", images: "Sidecars" } as const;
type Application = keyof typeof applications;
const names = Object.keys(applications) as readonly Application[];
const statuses = [400, 401, 403, 404, 409, 410, 422, 429, 500, 503] as const;
const verbs = ["get", "list", "watch", "patch", "create", "update", "put", "post"] as const;
/** Calls of the operator by which it has looked at everything again. */
const callsOfAPass = 8;

type Scene = Awaited<ReturnType<typeof open>>;

export async function tryOperator(options: PartOptions): Promise<PartResult> {
  const closing: (() => unknown)[] = [];
  try {
    const scene = await open(options.canaries, closing);
    const watch = makeWatch(Object.values(scene.canaries));
    watch.searchProcess("arguments of the operator", scene.operator.pid);
    for (const [fault, index] of inTurn(faultsOf(scene), options.runs)) {
      watch.search("answer of the webhook", await fault(index));
      await onePass(scene);
      if (index % 5 === 0) watch.search("what the operator wrote", await written(scene));
    }
    await everyPlaceUsed(scene);
    watch.search("what the operator wrote", await written(scene));
    watch.search("metrics of the operator", await readMetrics(scene));
    watch.search("log of the operator", scene.operator.output());
    const met = ["token for the API server", "token of the webhook", ...scene.sink.met(), ...scene.prometheus.met()];
    return { runs: options.runs, seen: watch.seen(), met };
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

async function open(made: Canaries, closing: (() => unknown)[]) {
  const folder = mkdtempSync(join(tmpdir(), "retriever-secrets-"));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  const { api, close } = await startEmbeddedCluster({ directory: folder, runner: { volumeRefreshMs: 500 } });
  closing.push(close);
  const store = await startStandIn({ address: "127.0.0.1", port: 0, seed: 1 });
  closing.push(store.close);
  for (const collection of ["old", "new"])
    store.load(collection, 3, [{ id: 1, vector: Float32Array.of(0.1, 0.2, 0.3), payload: { entity_id: "a" } }]);
  const token = /token: "?([^"\s]+)/.exec(readFileSync(api.kubeconfigPath("operator"), "utf8"))?.[1] ?? "";
  const canaries = { ...made, "token for the API server": canaryOf("token for the API server", token) };
  const all = Object.values(canaries);
  const client = makeKubeClient(api.kubeconfigPath("admin"));
  closing.push(client.close);
  const [sink, prometheus] = [await startEchoServer(all), await startEchoServer(all)];
  closing.push(sink.close, prometheus.close);
  await client.create("/api/v1/namespaces", { metadata: { name: namespace } });
  await installDefinitions(client);
  for (const name of names) await create(client, name, store.url);
  const [listen, webhook] = [await freePort(), await freePort()];
  const operator = await startOperator({
    kubeconfig: api.kubeconfigPath("operator"),
    namespaces: [namespace],
    env: { ...settingsIn(folder, canaries, { sink, prometheus }), ...addresses(listen, webhook) },
  });
  closing.push(operator.stop);
  const docs = followMigration(client, { namespace, name: "docs" });
  const docsUid = (await client.get(docs.migrationPath))?.metadata.uid;
  return { docs, docsUid, api, client, canaries, sink, prometheus, operator, listen, webhook };
}

const configMapsPath = `/api/v1/namespaces/${namespace}/configmaps`;
const migrationsPath = `/apis/retriever.dev/v1alpha1/namespaces/${namespace}/retrievermigrations`;

async function create(client: KubeClient, name: Application, url: string): Promise<void> {
  const replicas = name === "images" ? 0 : 1;
  const input = { name, replicas, postgresUrl: "", table: "chunks", qdrantKey: "key", allowedHosts: "127.0.0.1" };
  const base = { primary: { kind: "qdrant", url, collection: "old" } };
  const data = { "retriever.json": JSON.stringify(base) };
  await client.create(configMapsPath, { ...baseConfigMap(input), data });
  await client.create(`/apis/apps/v1/namespaces/${namespace}/deployments`, applicationDeployment(input));
  const source = applications[name];
  const checklist = source === "Sidecars" ? skipAll : { ...skipAll, alerts: { policy: "Require" as const } };
  const destination = { kind: "qdrant", url, collection: "new" } as const;
  const changes = { checklist, metrics: { source }, communications: { sinks: ["hook", "chat"] } };
  await client.create(migrationsPath, storyMigration({ name, target: name, destination }, changes));
}

function addresses(listen: number, webhook: number) {
  return {
    RETRIEVER_LISTEN: `127.0.0.1:${listen}`,
    RETRIEVER_WEBHOOK_LISTEN: `127.0.0.1:${webhook}`,
    RETRIEVER_LEADER_ELECTION: "false",
    RETRIEVER_RESYNC_MS: "100",
    RETRIEVER_LOG_LEVEL: "trace",
  };
}

function settingsIn(folder: string, canaries: Canaries, servers: { sink: EchoServer; prometheus: EchoServer }) {
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const secretFile = write("sink-key", canaries["key of a sink"].secret);
  const tokenFile = write("prometheus-token", canaries["token for Prometheus"].secret);
  const url = `${servers.sink.url}/${encodeURIComponent(canaries["address of a sink"].secret)}`;
  const sinks = [
    { name: "hook", kind: "webhook", url, secretFile },
    { name: "chat", kind: "slack", url },
  ];
  const source = { name: "monitoring", url: servers.prometheus.url, tokenFile };
  return {
    RETRIEVER_SINKS: write("sinks.json", JSON.stringify({ sinks })),
    RETRIEVER_PROMETHEUS: write("sources.json", JSON.stringify({ prometheus: [source] })),
    RETRIEVER_WEBHOOK_TOKEN_FILE: write("webhook-token", canaries["token of the webhook"].secret),
  };
}

type Fault = (index: number) => Promise<string>;

/** Of each kind one after the other; what it resolves with is what was answered. */
function faultsOf(scene: Scene): readonly Fault[] {
  const bases = damagedBases(scene.canaries);
  return [
    async (index) => refuseCalls(scene, index),
    async (index) => {
      scene.sink.answer(index % echoWays);
      scene.prometheus.answer((index + 7) % echoWays);
      return "";
    },
    async (index) => {
      const text = (bases[Math.floor(index / 5) % bases.length] as (well: string) => string)("{}");
      await scene.client.mergePatch(`${configMapsPath}/images-retriever`, { data: { "retriever.json": text } });
      return "";
    },
    (index) => callWebhook(scene, index),
    async (index) => {
      const at = new Date().toISOString();
      const due = { at, nextAttemptAt: at, attempts: 0, pending: ["hook", "chat"], failed: [] };
      const message = { key: `${scene.docsUid}/${index}/Start`, kind: "Start", text: "it starts", ...due };
      const path = `${scene.docs.migrationPath}/status`;
      await scene.client.mergePatch(path, { status: { message: "", outbox: [message] } });
      // What is due goes out with the next change.
      await scene.docs.act(index % 2 === 0 ? "Pause" : "Resume");
      return "";
    },
  ];
}

function refuseCalls({ api, canaries }: Scene, index: number): string {
  const { secret } = canaries["token for the API server"];
  const message = `${secret} isn't known: Bearer ${secret}`;
  const causes = [{ reason: "FieldManagerConflict", message: `conflict with "${secret}"`, field: secret }];
  const status = statuses[Math.floor(index / 5) % statuses.length] as number;
  const verb = verbs[Math.floor(index / 5) % verbs.length] as string;
  const body = { kind: "Status", message, reason: index % 2 === 0 ? secret : "Conflict", details: { causes } };
  const match = (call: { user: string; verb: string }) => call.user === operatorUser && call.verb === verb;
  api.faults.add({ match, outcome: { status, body }, times: 3 });
  return "";
}

async function callWebhook({ webhook, canaries }: Scene, index: number): Promise<string> {
  const { secret } = canaries["token of the webhook"];
  const shown = [secret, `${secret}x`, secret.slice(0, -1), ""][index % 4] as string;
  const bodies = [
    `{"alerts":[{"labels":{"a":"${secret}`,
    JSON.stringify({ version: secret, alerts: [secret] }),
    secret,
  ];
  const answer = await request(`http://127.0.0.1:${webhook}/v1/alerts`, {
    method: "POST",
    headers: { authorization: `Bearer ${shown}`, "content-type": "application/json" },
    body: bodies[index % bodies.length] as string,
  });
  return `${JSON.stringify(answer.headers)} ${await answer.body.text()}`;
}

/** However slow the machine is: a server that got no secret would prove nothing about it. */
async function everyPlaceUsed({ sink, prometheus, docs }: Scene): Promise<void> {
  const missing = () => {
    const met = [...sink.met(), ...prometheus.met()];
    return usedElsewhere.filter((name) => !met.includes(name));
  };
  // What is due goes out with a change.
  const isUsed = async () => {
    if (missing().length === 0) return true;
    await docs.act("Pause");
    return false;
  };
  const describe = async () => `never used: ${missing().join(", ")}`;
  await eventually("sinks and Prometheus were sent their secrets", isUsed, { everyMs: 1000, describe });
}

const usedElsewhere = ["address of a sink", "key of a sink", "token for Prometheus"];

async function onePass({ api }: Scene): Promise<void> {
  const count = () => [...api.requests.counts(operatorUser).values()].reduce((sum, each) => sum + each, 0);
  const before = count();
  await eventually("the operator has looked again", async () => count() >= before + callsOfAPass, { everyMs: 10 });
}

/** Everything but what the scene itself wrote. */
async function written({ client }: Scene): Promise<string> {
  const maps = await client.list(configMapsPath);
  const ofOperator = maps.filter(({ metadata: { name } }) => !name.endsWith("-retriever"));
  const events = await client.list(`/api/v1/namespaces/${namespace}/events`);
  return JSON.stringify([ofOperator, events, await client.list(migrationsPath)]);
}

async function readMetrics({ listen }: Scene): Promise<string> {
  return (await request(`http://127.0.0.1:${listen}/metrics`)).body.text();
}
