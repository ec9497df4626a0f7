import { EventEmitter, once } from "node:events";
import { loadAdapters } from "@retriever/stores/kinds.ts";
import type { MakeBackend } from "@retriever/stores/ports/backend.ts";
import { adapterOf } from "@retriever/stores/registry.ts";
import { type FakeQdrant, startFakeQdrant } from "@retriever/stores/test/fakes/qdrant-server.ts";
import { makePoints, vectorAt } from "@retriever/stores/test/points.ts";
import { Pool } from "undici";
import { expect, test } from "vitest";
import { Activation } from "#activation/activation.ts";
import { makeReadInput } from "#config/read-input.ts";
import { makeAppHandler } from "#http/app-listener.ts";
import { type Listener, listen } from "#http/listener.ts";
import { makeRetrieve } from "#retrieve/serve.ts";
import { makeOverlay, qdrantBase, qdrantDestination, qdrantDigest } from "./documents.ts";
import { waitUntil } from "./wait-until.ts";

const activations = 1000;
const clients = 4;
const clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };
const question = JSON.stringify({ embedding: vectorAt(3), k: 5 });

const allowedHosts = [{ host: "127.0.0.2", port: null, credential: null, demandsTls: false }];
const adapters = await loadAdapters();
const readInput = makeReadInput({ env: {}, allowedHosts, registry: adapters });

type Answer = { readonly candidates: readonly { readonly chunkId: string; readonly similarity: number }[] };

function startStore(host: string, name: string): Promise<FakeQdrant> {
  const points = makePoints(10).map((point) => ({
    ...point,
    payload: { ...point.payload, chunk_id: `${name}-${point.id}` },
  }));
  return startFakeQdrant({ host, points });
}

/** Documents of one epoch: even ones answer from the source with similarities up to 1, odd ones from the other up to 0.4. */
function documentsAt(epoch: number, source: FakeQdrant, destination: FakeQdrant) {
  const isEven = epoch % 2 === 0;
  const base = JSON.parse(qdrantBase(source.url, { timeoutMs: 5000 })) as object;
  const normalization = { targetRange: isEven ? [0.5, 1] : [0, 0.4] };
  const roles = isEven
    ? ({ primary: "source", shadow: "destination" } as const)
    : ({ primary: "destination", shadow: "source" } as const);
  const adapter = qdrantDestination(destination.url, { timeoutMs: 5000 });
  const overlay = makeOverlay(qdrantDigest(source.url), adapter, { epoch, sampleRate: 0.5, ...roles });
  return readInput({ base: { text: JSON.stringify({ ...base, normalization }) }, overlay: { text: overlay } });
}

/** Which configuration an answer comes from; "mixed" when its parts belong to several. */
function originOf({ candidates }: Answer): string {
  const origins = candidates.map(({ chunkId, similarity }) => {
    const range = similarity >= 0.5 ? "upper" : "lower";
    return `${chunkId.split("-")[0]} ${range}`;
  });
  const [first = "nothing"] = origins;
  return origins.every((origin) => origin === first) ? first : "mixed";
}

/** The application's listener over an activation, as the sidecar puts it together. */
function serveApp(activation: Activation, samples: string[]): Promise<Listener> {
  const sink = {
    onAnswer: () => undefined,
    onFailure: () => undefined,
    onExact: () => undefined,
    onFailedSample: () => undefined,
    onRecall: () => undefined,
    onSample: ({ kind }: { kind: string }) => samples.push(kind),
  };
  const retrieve = makeRetrieve(() => activation.runtime, { clock, random: Math.random, sink });
  const handler = makeAppHandler({ clock, retrieve, onTotal: () => undefined, onRejected: () => undefined });
  return listen({ host: "127.0.0.1", port: 0 }, handler);
}

/** Clients that ask one question after the other until stopped. */
function startLoad(port: number) {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: clients });
  const answers = new EventEmitter();
  const counts: Record<string, number> = {};
  const progress = { answered: 0 };
  const end = new AbortController();
  const askOn = async (): Promise<void> => {
    while (!end.signal.aborted) {
      const answer = await pool.request({ method: "POST", path: "/v1/retrieve", body: question });
      const body = (await answer.body.json()) as Answer;
      const origin = answer.statusCode === 200 ? originOf(body) : `HTTP ${answer.statusCode}`;
      counts[origin] = (counts[origin] ?? 0) + 1;
      progress.answered += 1;
      answers.emit("answer");
    }
  };
  const asking = Array.from({ length: clients }, askOn);
  const stop = async () => {
    end.abort();
    await Promise.all(asking);
    await pool.close();
    return counts;
  };
  const more = async (count: number): Promise<void> => {
    const until = progress.answered + count;
    for (; progress.answered < until; ) await once(answers, "answer", { signal: AbortSignal.timeout(10_000) });
  };
  return { more, stop };
}

test("a thousand activations under steady load fail no request, mix no answer and leak no connection", async () => {
  const [source, destination] = [await startStore("127.0.0.1", "old"), await startStore("127.0.0.2", "new")];
  const samples: string[] = [];
  const events = { onActivated: () => undefined, onNoticed: () => undefined, onFault: () => undefined };
  const makeBackend: MakeBackend = (spec, deps) => adapterOf(adapters, spec).makeBackend(spec, deps);
  const activation = new Activation({ clock, random: () => 0, makeBackend, events });
  activation.start(documentsAt(2, source, destination));
  const listener = await serveApp(activation, samples);
  const load = startLoad(listener.address.port);
  for (let epoch = 3; epoch < activations + 3; epoch += 1) {
    activation.consider(documentsAt(epoch, source, destination));
    // More than are under way, so that some requests begin and end within this epoch and are sampled.
    await load.more(clients + 2);
  }
  const counts = await load.stop();
  expect(Object.keys(counts).toSorted()).toEqual(["new lower", "old upper"]);
  expect(samples.length).toBeGreaterThan(0);
  expect(samples.filter((kind) => kind !== "answered")).toEqual([]);
  // Every activation builds both pools anew, and of all of them only the last may still hold connections:
  // one for each request at once, its samples and its probe.
  expect(Math.min(source.openedSockets(), destination.openedSockets())).toBeGreaterThan(activations);
  const allowed = 2 * clients + 2;
  await waitUntil(() => source.openSockets() <= allowed && destination.openSockets() <= allowed);
  await listener.close(1000);
  await activation.close(1000);
  await waitUntil(() => source.openSockets() === 0 && destination.openSockets() === 0);
  await Promise.all([source.close(), destination.close()]);
});
