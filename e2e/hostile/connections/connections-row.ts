// Z4: two thousand connections that are opened to be held, at each listener there is, with a shadow and then a primary that
// answers whatever costs most; and what clients notice that mean well.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { identityOf } from "@retriever/stores/config/identity.ts";
import { locateQdrant } from "@retriever/stores/qdrant/config/schema.ts";
import { readRssMib } from "#bench/report/memory.ts";
import { amount, least, most, type Part } from "#bench/report/rows.ts";
import { startStandIn } from "#stores/qdrant-standin/start.ts";
import { eventually } from "#support/eventually.ts";
import { freePort } from "#support/free-port.ts";
import { type Sidecar, startSidecar } from "#support/sidecar/start-sidecar.ts";
import { startOperator } from "#support/world/operator-process.ts";
import type { HostileContext, HostileRow } from "../rows/hostile-row.ts";
import { type Asking, askOn } from "./clients.ts";
import { holdConnections, unreadAnswer } from "./held-connections.ts";
import { type HostileStore, startHostileStore } from "./hostile-store.ts";
import { largeChunks, startLargeStore } from "./large-store.ts";
import { otherAskings } from "./other-listeners.ts";

export const connectionsRow: HostileRow = {
  id: "Z4",
  title: "connections that are opened to be held, stores that answer what costs most",
  run: runConnections,
};

const held = 2000;
/**
 * The whole one outlasts what a listener itself gives a request (30 s are the most). `again`: of a sidecar behind another
 * store, whose listener was held so long before.
 */
const spans = { whole: 35_000, again: 15_000, slice: 4000 };
const token = "0123456789abcdef0123456789abcdef";
/** The sizes that Node gives itself in a container of 256 MiB. */
const ofSmallContainer = ["--max-old-space-size=128", "--max-semi-space-size=2"];
/** Each of its eight ways once, and a good answer before each. */
const leastAnswers = 16;
/** All of them at once, of answers of which a dozen fill the process. */
const crowdSize = 64;
/** Answers of 7 MB while the crowd is there. */
const leastLarge = 4;
/** In each phase, however slow the machine is. */
const leastAsked = 40;
const search = JSON.stringify({ embedding: [0.1, 0.2, 0.3], k: 3 });

type Closing = (() => unknown)[];
type Phase = { readonly asked: number; readonly failed: readonly string[]; readonly opened: number };

async function runConnections({ isQuick, say }: HostileContext): Promise<readonly Part[]> {
  const closing: Closing = [];
  try {
    const hostile = await startHostileStore();
    closing.push(hostile.close);
    const spanMs = isQuick ? spans.slice : spans.whole;
    const againMs = isQuick ? spans.slice : spans.again;
    const shadowed = await startShadowed(hostile, closing);
    const onSidecar = await hold(sidecarAskings(shadowed, [200]), spanMs, () => hostile.asked() >= leastAnswers);
    const shadowAsked = hostile.asked();
    // The others have the listeners of sidecar and operator, so that the slice does without.
    const others = isQuick ? [] : await otherAskings(closing);
    const onOthers = await hold([...(await operatorAskings(closing)), ...others], spanMs, () => true);
    const primary = await startOn(primaryAt(hostile.url, 1000), closing);
    const isEnough = () => hostile.asked() - shadowAsked >= leastAnswers;
    const onPrimary = await hold(sidecarAskings(primary, [200, 400, 503, 504]), againMs, isEnough);
    const large = await startLargeStore();
    closing.push(large.close);
    const crowded = await startOn({ ...primaryAt(large.url, 10_000), fields: { text: "text" } }, closing, ["text"]);
    const onLarge = await crowd(crowded, againMs);
    const phases = [onSidecar, onOthers, onPrimary];
    const failed = [...phases, onLarge].flatMap((phase) => phase.failed);
    for (const each of failed.slice(0, 5)) say(`not answered: ${each}`);
    const rss = [shadowed, primary, crowded].map(({ process }) => readRssMib(process.pid, "VmHWM"));
    say(
      `resident memory under a hostile shadow, and primary, and answers of 7 MB: ${rss.map((each) => each.toFixed(0)).join(", ")} MiB`,
    );
    const asked = [...phases, onLarge].reduce((sum, phase) => sum + phase.asked, 0);
    return [
      amount("requests of others that failed", failed.length, most(0), { n: asked, enough: 100 }),
      amount("sidecar's peak of resident memory, MiB", Math.max(...rss), most(256)),
      amount("connections held at each listener, least", Math.min(...phases.map(({ opened }) => opened)), least(held)),
      amount(
        "answers of a hostile shadow and primary",
        Math.min(shadowAsked, hostile.asked() - shadowAsked),
        least(leastAnswers),
      ),
    ];
  } finally {
    await Promise.allSettled(closing.toReversed().map((close) => close()));
  }
}

/** One client that means well asks for answers of 7 MB, while a crowd asks for them and reads none. */
async function crowd({ appUrl }: Sidecar, spanMs: number): Promise<Phase> {
  const body = JSON.stringify({ embedding: [0.1, 0.2, 0.3], k: largeChunks, include: ["text"] });
  const url = `${appUrl}/v1/retrieve`;
  const stop = new AbortController();
  let count = 0;
  const asking = { what: "a search for much text", url, body, everyMs: 50, expected: [200] };
  const all = askOn(asking, stop.signal, () => void (count += 1));
  await eventually("its first answer was read", async () => count > 0);
  const connections = holdConnections([Number(new URL(appUrl).port)], crowdSize, [unreadAnswer(body)]);
  try {
    await eventually("the crowd is there", async () => connections.opened() >= crowdSize);
    await delay(spanMs);
    const before = count;
    await eventually("enough was asked", async () => count - before >= leastLarge);
    stop.abort();
    const { answered, failed } = await all;
    return { asked: answered + failed.length, failed, opened: connections.opened() };
  } finally {
    stop.abort();
    connections.close();
  }
}

/** Everybody asks while the connections are held; then once more how it went. */
async function hold(askings: readonly Asking[], spanMs: number, isEnough: () => boolean): Promise<Phase> {
  const ports = [...new Set(askings.map(({ url }) => Number(new URL(url).port)))];
  const connections = holdConnections(ports, held);
  try {
    const stop = new AbortController();
    let count = 0;
    const all = askings.map((asking) => askOn(asking, stop.signal, () => void (count += 1)));
    await eventually("every connection was opened", async () => connections.opened() >= held * ports.length);
    await delay(spanMs);
    await eventually("enough was asked", async () => count >= leastAsked && isEnough());
    stop.abort();
    const asked = await Promise.all(all);
    return {
      asked: asked.reduce((sum, { answered, failed }) => sum + answered + failed.length, 0),
      failed: asked.flatMap(({ failed }) => failed),
      opened: Math.floor(connections.opened() / ports.length),
    };
  } finally {
    connections.close();
  }
}

function primaryAt(url: string, timeoutMs: number) {
  return { kind: "qdrant", url, collection: "chunks", timeoutMs };
}

async function startOn(primary: object, closing: Closing, select: readonly string[] = []): Promise<Sidecar> {
  const env = { RETRIEVER_ALLOWED_HOSTS: "127.0.0.1" };
  const base = { primary, ...(select.length === 0 ? {} : { select }) };
  const sidecar = await startSidecar({ base, env, nodeArguments: ofSmallContainer });
  closing.push(sidecar.stop);
  return sidecar;
}

/** A sidecar that samples every request on the hostile store. */
async function startShadowed(hostile: HostileStore, closing: Closing): Promise<Sidecar> {
  const source = await startStandIn({ address: "127.0.0.1", port: 0, seed: 1 });
  closing.push(source.close);
  const point = { id: 1, vector: Float32Array.of(0.1, 0.2, 0.3), payload: { text: "a" } } as const;
  source.load("chunks", 3, [point]);
  const sidecar = await startOn(primaryAt(source.url, 10_000), closing);
  sidecar.writeOverlay(
    JSON.stringify({
      schema: 1,
      revision: { epoch: 1, migrationUid: "hostile", plan: "connections" },
      source: { digest: identityOf(locateQdrant(source.url, "chunks")).digest },
      destination: { kind: "qdrant", url: hostile.url, collection: "chunks", timeoutMs: 500 },
      primary: "source",
      shadow: "destination",
      sampleRate: 1,
      thresholds: { scoreDelta: 0.2, latencyDeltaMs: 80 },
      released: false,
    }),
  );
  await eventually("the sidecar samples", async () => (await sidecar.status()).config.epoch === 1);
  return sidecar;
}

function sidecarAskings({ appUrl, adminUrl }: Sidecar, expected: readonly number[]): readonly Asking[] {
  return [
    { what: "a search", url: `${appUrl}/v1/retrieve`, body: search, everyMs: 20, expected },
    { what: "the operator", url: `${adminUrl}/v1/status`, everyMs: 100, expected: [200] },
    { what: "the kubelet", url: `${adminUrl}/healthz`, everyMs: 200, expected: [200] },
    { what: "Prometheus", url: `${adminUrl}/metrics`, everyMs: 300, expected: [200] },
  ];
}

/** Without a cluster: what is asked here is whether it answers at all. */
async function operatorAskings(closing: Closing): Promise<readonly Asking[]> {
  const folder = mkdtempSync(join(tmpdir(), "retriever-hostile-"));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  const [listen, webhook] = [await freePort(), await freePort()];
  const [kubeconfig, tokenFile] = [join(folder, "kubeconfig.json"), join(folder, "token")];
  writeFileSync(tokenFile, token);
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: "none", cluster: { server: "http://127.0.0.1:9" } }],
      users: [{ name: "nobody", user: { token: "none" } }],
      contexts: [{ name: "none", context: { cluster: "none", user: "nobody" } }],
      "current-context": "none",
    }),
  );
  const operator = await startOperator({
    kubeconfig,
    namespaces: ["search"],
    env: {
      RETRIEVER_LEADER_ELECTION: "false",
      RETRIEVER_LISTEN: `127.0.0.1:${listen}`,
      RETRIEVER_WEBHOOK_LISTEN: `127.0.0.1:${webhook}`,
      RETRIEVER_WEBHOOK_TOKEN_FILE: tokenFile,
    },
  });
  closing.push(operator.stop);
  const alerts = { url: `http://127.0.0.1:${webhook}/v1/alerts`, headers: { authorization: `Bearer ${token}` } };
  const body = JSON.stringify({ version: "4", alerts: [] });
  return [
    { what: "the kubelet", url: `http://127.0.0.1:${listen}/healthz`, everyMs: 200, expected: [200, 503] },
    { what: "Prometheus", url: `http://127.0.0.1:${listen}/metrics`, everyMs: 300, expected: [200] },
    { what: "Alertmanager", ...alerts, body, everyMs: 200, expected: [200, 503] },
  ];
}
