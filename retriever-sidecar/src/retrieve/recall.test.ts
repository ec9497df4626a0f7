import { identityOf } from "@retriever/stores/config/identity.ts";
import { RetrieverError } from "@retriever/stores/errors.ts";
import {
  type Backend,
  type BackendAnswer,
  type BackendRequest,
  unknownFacts,
} from "@retriever/stores/ports/backend.ts";
import { expect, test } from "vitest";
import type { StoreName } from "#contract/overlay.ts";
import type { ActiveConfig } from "#core/activation-decision.ts";
import { makeEvidenceLog } from "#core/evidence.ts";
import { makeRateEstimate, makeSampler } from "#core/sampling.ts";
import { waitUntil } from "#test/wait-until.ts";
import { instantOf } from "./instant.ts";
import { parseRequest } from "./parse-request.ts";
import { type RecallEvent, recallStatusOf, recallTimeoutMs } from "./recall.ts";
import type { Runtime } from "./runtime.ts";
import { serveRetrieve } from "./serve.ts";
import { makeShadowQueue } from "./shadow.ts";
import { StoreHandle } from "./store-handle.ts";

const request = parseRequest(
  Buffer.from('{"embedding":[1,2],"k":4,"namespace":"n","filters":{"lang":"de","pages":5}}'),
);

/** Chunks named by letters, from the best on. */
function answerOf(ids: string): BackendAnswer {
  const candidates = ids.split("").map((chunkId) => {
    return { chunkId, entityId: "e", similarity: 1 - (chunkId.codePointAt(0) ?? 0) / 1000, updatedAt: null };
  });
  return { candidates, vectorMs: 1 };
}

const finds = (ids: string) => (): Promise<BackendAnswer> => Promise.resolve(answerOf(ids));

type Stores = {
  readonly source?: Backend["retrieve"];
  readonly destination?: Backend["retrieve"];
  readonly primary?: StoreName;
};

/** Stores whose index answers "abxy" and "abcd", after a minute of ordinary answers on a clock that stands still. */
function makeScene({ source: ofSource, destination: ofDestination, primary = "source" }: Stores = {}) {
  const state = { nowMs: 0, isCurrent: true };
  const clock = { wallMs: () => 0, monotonicMs: () => state.nowMs };
  const asked: { readonly store: string; readonly request: BackendRequest }[] = [];
  const make = (store: string, usual: string, exact: Backend["retrieve"]): StoreHandle => {
    const backend: Backend = {
      retrieve: (each, signal) => {
        if (each.isExact !== true) return Promise.resolve(answerOf(usual));
        asked.push({ store, request: each });
        return exact(each, signal);
      },
      probe: () => Promise.resolve({ ...unknownFacts, fault: null }),
      close: () => Promise.resolve(),
    };
    const identity = identityOf({ kind: "qdrant", host: store, port: 1, place: "c" });
    return new StoreHandle({ key: store, identity, timeoutMs: 200, backend, clock });
  };
  const source = make("source", "abxy", ofSource ?? finds("abcdxyz"));
  const destination = make("destination", "abcd", ofDestination ?? finds("abcdxyz"));
  for (state.nowMs = 0; state.nowMs < 61_000; state.nowMs += 1000) {
    for (const store of [source, destination]) store.exactLimiter.onAnswer(10, state.nowMs);
  }
  const [first, second] = primary === "source" ? [source, destination] : [destination, source];
  const thresholds = { scoreDelta: 0.2, latencyDeltaMs: 80 };
  const overlay = { overlay: { recall: { maxQueriesPerSecond: 1 } } };
  const runtime: Runtime = {
    config: { primary, sampleRate: 1, thresholds, overlay } as unknown as ActiveConfig,
    source,
    destination,
    primary: first,
    shadow: { handle: second, queue: makeShadowQueue((each) => second.retrieve(each), clock) },
    exact: null,
    recall: { maxQueriesPerSecond: 1, source, destination },
    content: null,
    sampler: makeSampler({ sampleRate: 1 }, makeRateEstimate(0), 0),
    evidence: makeEvidenceLog(1, 0),
    isCurrent: () => state.isCurrent,
  };
  const events: RecallEvent[] = [];
  const sink = {
    onAnswer: () => undefined,
    onFailure: () => undefined,
    onSample: () => undefined,
    onExact: () => undefined,
    onFailedSample: () => undefined,
    onRecall: (event: RecallEvent) => void events.push(event),
  };
  const serve = async () =>
    (await serveRetrieve(runtime, request, { clock, random: () => 0, sink, onFailed: () => undefined })).afterwards();
  const answered = () => waitUntil(() => counters().answered > 0);
  const counters = () => runtime.evidence.read(instantOf(clock), { spans: [] }).counters;
  return { state, asked, runtime, events, serve, answered, counters };
}

test.each(["source", "destination"] as const)(
  "with the %s as primary both stores are searched, and the source's misses are a gain",
  async (primary) => {
    const { asked, events, serve, counters } = makeScene({ primary });
    await serve();
    await waitUntil(() => events.length === 1);
    expect(events).toEqual([{ kind: "measured", recall: { source: 0.5, destination: 1 } }]);
    expect(counters()).toMatchObject({
      recallSamples: 1,
      recallLossSum: 0,
      recallGainSum: 0.5,
      recallSquaresSum: 0.25,
    });
    expect(asked.map(({ store }) => store).toSorted()).toEqual(["destination", "source"]);
  },
);

test("what an exact search tells counts for the request's namespace as well", async () => {
  const { events, serve, runtime } = makeScene();
  await serve();
  await waitUntil(() => events.length === 1);
  const closed = { monotonicMs: 71_000, wallMs: 71_000 };
  const { bins } = runtime.evidence.read(closed, { spans: [], binsFrom: 0 });
  const found = bins.flatMap(({ slices }) => slices.filter(({ counters }) => counters.recallSamples > 0));
  expect(found).toMatchObject([{ namespace: "n", counters: { recallSamples: 1, recallGainSum: 0.5 } }]);
});

test("an exact search keeps the request's namespace and filters, asks for more than k and for little time", async () => {
  const { asked, events, serve } = makeScene();
  await serve();
  await waitUntil(() => events.length === 1);
  const { embedding, namespace, filters } = request;
  for (const each of asked) {
    expect(each.request).toEqual({
      embedding,
      namespace,
      filters,
      k: 28,
      isExact: true,
      timeoutMs: recallTimeoutMs,
    });
  }
});

const late = new RetrieverError({ code: "RETR_DEADLINE_EXCEEDED", message: "late" });
const failures: { title: string; search: Backend["retrieve"] }[] = [
  { title: "fails", search: () => Promise.reject(new Error("no")) },
  { title: "is late", search: () => Promise.reject(late) },
  { title: "answers junk", search: () => Promise.resolve({ candidates: [null] } as unknown as BackendAnswer) },
  {
    title: "states no number",
    search: () =>
      Promise.resolve({
        candidates: [{ chunkId: "a", entityId: "e", similarity: Number.NaN, updatedAt: null }],
        vectorMs: 1,
      }),
  },
  {
    title: "throws at once",
    search: () => {
      throw new Error("at once");
    },
  },
];

test.each(failures)(
  "an exact search that $title at either store counts nothing and harms no health",
  async ({ search }) => {
    for (const store of ["source", "destination"] as const) {
      const { events, serve, counters, runtime } = makeScene({ [store]: search });
      await serve();
      await waitUntil(() => events.length === 1);
      expect(events).toEqual([{ kind: "failed" }]);
      expect(counters()).toMatchObject({ answered: 1, recallSamples: 0, shadowErrors: 0 });
      expect(runtime[store]?.health().lastError).toBeNull();
    }
  },
);

test("of nothing to be found nothing is counted", async () => {
  const { events, serve, counters } = makeScene({ source: finds(""), destination: finds("") });
  await serve();
  await waitUntil(() => events.length === 1);
  expect(events).toEqual([{ kind: "empty" }]);
  expect(counters().recallSamples).toBe(0);
});

test("one search is under way at a time, and while either store hangs the other isn't asked again", async () => {
  const { state, asked, serve, answered } = makeScene({ destination: () => new Promise(() => undefined) });
  for (let at = 0; at < 5; at += 1) {
    await serve();
    state.nowMs += 5000;
  }
  await answered();
  expect(asked).toHaveLength(2);
});

test("a store that is slow stops both, the status says which and why, and both begin again after a while", async () => {
  const scene = makeScene();
  const { state, asked, runtime, events, serve } = scene;
  runtime.destination?.exactLimiter.begin(state.nowMs, 1);
  runtime.destination?.exactLimiter.end(state.nowMs, 300);
  expect(recallStatusOf(runtime, state.nowMs)).toEqual({
    state: "stopped",
    reason: "destination: exact searches take 300 ms (median of the last 5, limit 250 ms)",
  });
  for (; state.nowMs < 120_000; state.nowMs += 1000) await serve();
  expect(asked).toEqual([]);
  expect(recallStatusOf(runtime, 200_000)).toEqual({ state: "measuring", reason: null });
  for (; state.nowMs < 125_000; state.nowMs += 1000) await serve();
  await waitUntil(() => events.length > 0);
  expect(asked.length).toBeGreaterThan(0);
});

test("what ends after its epoch counts nowhere", async () => {
  const held = Promise.withResolvers<BackendAnswer>();
  const { state, asked, events, serve, counters } = makeScene({ source: () => held.promise });
  await serve();
  await waitUntil(() => asked.length === 2);
  state.isCurrent = false;
  held.resolve(answerOf("abcd"));
  await held.promise;
  await new Promise(setImmediate);
  expect(events).toEqual([]);
  expect(counters().recallSamples).toBe(0);
});

test("without a shadow, or when the overlay asks for none, nothing is searched and the status says so", async () => {
  const { asked, runtime, serve, answered } = makeScene();
  const off = { ...runtime, recall: null };
  expect(recallStatusOf(off, 0)).toEqual({ state: "off", reason: "there is no shadow" });
  const { overlay: _, ...plain } = runtime.config;
  expect(recallStatusOf({ ...off, config: { ...plain, overlay: null } }, 0)).toBeNull();
  Object.assign(runtime, { recall: null });
  await serve();
  await answered();
  expect(asked).toEqual([]);
});
