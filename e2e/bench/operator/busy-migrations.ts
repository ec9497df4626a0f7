// Rows E6 and E7: what the operator asks of the API while many migrations are under way, how long a reconcile of a thousand
// pods takes of which a third never answers, and whether a base of a mebibyte of keys stops it.
import { setTimeout as delay } from "node:timers/promises";
import type { EmbeddedApi } from "#clusters/embedded/api/start-api.ts";
import { eventually } from "#support/eventually.ts";
import { freePort } from "#support/free-port.ts";
import { startOperator } from "#support/world/operator-process.ts";
import { createMigration, describeStatus, type Place, statusOf } from "./acts.ts";
import { createNamespace, kinds, operatorSettings, startBenchApi } from "./bench-cluster.ts";
import { createCopies, makePattern } from "./finished-migration.ts";
import { grownBetween, type RequestCounts } from "./idle-requests.ts";
import { createStubApplication, openStubSidecar } from "./stub-application.ts";

type BusyOptions = {
  readonly directory: string;
  readonly idle: number;
  readonly sampling: number;
  readonly pods: number;
  readonly seconds: number;
  readonly say: (line: string) => void;
};

export type BusyFigures = {
  readonly requestsPerSecond: number;
  readonly requests: RequestCounts;
  /** Of each reconcile of the large fleet, in seconds. */
  readonly reconcileSeconds: readonly number[];
  /** The longest time in which the operator's own listener gave no answer, beside a base of a mebibyte of keys, in ms. */
  readonly stallMs: number;
};

const user = "operator";
const deadlineMs = 180_000;
const namespace = "busy";
const startMs = 5000;

export async function measureBusy(options: BusyOptions): Promise<BusyFigures> {
  const api = await startBenchApi(options.directory, [user]);
  try {
    const counted = await countRequests(api, options);
    return {
      ...counted,
      reconcileSeconds: await watchReconcileTimes(api, options),
      stallMs: await watchStalls(api, options),
    };
  } finally {
    await api.close();
  }
}

/** While some are sampled, beside many that are over. */
async function countRequests(api: EmbeddedApi, { idle, sampling, seconds, say }: BusyOptions) {
  createCopies(api, await makePattern(api, user), 0, idle);
  createNamespace(api, namespace);
  const places = Array.from({ length: sampling }, (_, index): Place => ({ namespace, name: `app-${index}` }));
  const closers: (() => Promise<void>)[] = [];
  for (const [index, place] of places.entries()) {
    const address = `127.93.0.${index + 1}`;
    createStubApplication(api, place, [address]);
    closers.push(await openStubSidecar(api, address, () => place));
    createMigration(api, place);
  }
  const operator = await start(api);
  try {
    const isSampled = () => places.every((place) => isWarmedUp(statusOf(api, place)));
    const describe = async () => places.map((place) => describeStatus(api, place)).join();
    await eventually("all are sampled", async () => isSampled(), { deadlineMs, describe });
    say(`${sampling} migrations are sampled beside ${idle} that are over`);
    const before = api.requests.counts(user);
    await delay(seconds * 1000);
    const requests = grownBetween(before, api.requests.counts(user));
    const sum = [...requests].reduce((total, [, count]) => total + count, 0);
    return { requests, requestsPerSecond: sum / seconds };
  } finally {
    await operator.stop();
    for (const close of closers) await close();
  }
}

/** Until its pods follow it is on its way there. */
function isWarmedUp({ phase, conditions = [] }: ReturnType<typeof statusOf>): boolean {
  const isFollowed = conditions.some(({ type, status }) => type === "ConfigPropagated" && status === "True");
  return phase === "WarmUp" && isFollowed;
}

/** A migration that waits for a third of its pods, and asks all of them meanwhile. */
async function watchReconcileTimes(api: EmbeddedApi, { pods, seconds, say }: BusyOptions): Promise<readonly number[]> {
  const place = { namespace: "fleet", name: "fleet" };
  createNamespace(api, place.namespace);
  const addresses = Array.from(
    { length: pods },
    (_, index) => `127.94.${Math.floor(index / 250)}.${(index % 250) + 1}`,
  );
  createStubApplication(api, place, addresses);
  const silent = new Set(addresses.filter((_, index) => index % 3 === 0));
  const close = await openStubSidecar(
    api,
    "0.0.0.0",
    () => place,
    (address) => silent.has(address),
  );
  createMigration(api, place);
  const port = await freePort();
  const operator = await start(api, { namespaces: [place.namespace], port });
  const times: number[] = [];
  try {
    let before = { sum: 0, count: 0 };
    const endAt = performance.now() + seconds * 1000;
    while (performance.now() < endAt) {
      await delay(100);
      const now = await reconcilesOf(port);
      if (now.count === before.count) continue;
      times.push((now.sum - before.sum) / (now.count - before.count));
      before = now;
    }
    say(`${times.length} reconciles of ${pods} pods, of which ${silent.size} never answer`);
    return times;
  } finally {
    await operator.stop();
    await close();
  }
}

/** The base of the sampled applications becomes keys and nothing else: each of them is read. */
async function watchStalls(api: EmbeddedApi, { sampling, seconds, say }: BusyOptions): Promise<number> {
  const text = Array.from({ length: 100_000 }, (_, index) => `k${index}: 1\n`)
    .join("")
    .slice(0, 1_040_000);
  const contentType = "application/merge-patch+json";
  for (let index = 0; index < sampling; index += 1) {
    const name = `app-${index}-retriever`;
    const data = { "retriever.json": null, "retriever.yaml": `${text}# ${index}` };
    api.direct({ verb: "patch", ...kinds.configMaps, namespace, name, contentType, body: { data } });
  }
  const port = await freePort();
  const operator = await start(api, { namespaces: [namespace], port });
  try {
    // A start compiles everything once.
    await delay(startMs);
    let stallMs = 0;
    const endAt = performance.now() + (seconds * 1000) / 3;
    while (performance.now() < endAt) {
      const from = performance.now();
      await fetch(`http://127.0.0.1:${port}/healthz`).then((answer) => answer.arrayBuffer());
      stallMs = Math.max(stallMs, performance.now() - from);
      await delay(5);
    }
    say(`${sampling} bases of 1 MiB of keys: the longest wait for /healthz is ${stallMs.toFixed(0)} ms`);
    return stallMs;
  } finally {
    await operator.stop();
  }
}

function start(
  api: EmbeddedApi,
  { namespaces = [], port = 0 }: { namespaces?: readonly string[]; port?: number } = {},
) {
  const env = { ...operatorSettings, RETRIEVER_LEADER_ELECTION: "false", RETRIEVER_LISTEN: `127.0.0.1:${port}` };
  return startOperator({ kubeconfig: api.kubeconfigPath(user), namespaces, env });
}

/** Sum and number of the reconciles so far, by the operator's own metrics. */
async function reconcilesOf(port: number): Promise<{ readonly sum: number; readonly count: number }> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const of = (end: string) =>
    [...text.matchAll(new RegExp(`^retriever_reconcile_seconds_${end}\\{[^}]*\\} (\\S+)$`, "gm"))].reduce(
      (sum, [, value]) => sum + Number(value),
      0,
    );
  return { sum: of("sum"), count: of("count") };
}
