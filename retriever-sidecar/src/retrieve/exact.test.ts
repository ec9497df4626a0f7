import { identityOf } from "@retriever/stores/config/identity.ts";
import { RetrieverError } from "@retriever/stores/errors.ts";
import { type Backend, type BackendAnswer, unknownFacts } from "@retriever/stores/ports/backend.ts";
import { expect, test } from "vitest";
import type { ActiveConfig } from "#core/activation-decision.ts";
import { makeEvidenceLog } from "#core/evidence.ts";
import { makeRateEstimate, makeSampler } from "#core/sampling.ts";
import { waitUntil } from "#test/wait-until.ts";
import { type ExactEvent, maxExactInFlight } from "./exact.ts";
import { parseRequest } from "./parse-request.ts";
import type { Runtime } from "./runtime.ts";
import { serveRetrieve } from "./serve.ts";
import { makeShadowQueue } from "./shadow.ts";
import { StoreHandle } from "./store-handle.ts";

const clock = { wallMs: () => 0, monotonicMs: () => performance.now() };
const request = parseRequest(Buffer.from('{"embedding":[1,2],"k":4}'));

function answerOf(ids: string): BackendAnswer {
  const candidates = ids.split("").map((chunkId) => ({
    chunkId,
    entityId: "e",
    similarity: 0.9,
    updatedAt: null,
  }));
  return { candidates, vectorMs: 1 };
}

/** A store that answers `usual`, and `exact` to whoever wants it exactly. */
function handle(name: string, usual: string, exact: Backend["retrieve"]): StoreHandle {
  const backend: Backend = {
    retrieve: (asked, signal) => (asked.isExact === true ? exact(asked, signal) : Promise.resolve(answerOf(usual))),
    probe: () => Promise.resolve({ ...unknownFacts, fault: null }),
    close: () => Promise.resolve(),
  };
  const identity = identityOf({ kind: "qdrant", host: name, port: 1, place: "c" });
  return new StoreHandle({ key: name, identity, timeoutMs: 200, backend, clock });
}

type Rates = { readonly sampleRate?: number; readonly exactRate?: number };

function makeScene(exact: Backend["retrieve"], { sampleRate = 1, exactRate = 1 }: Rates = {}) {
  const [source, destination] = [handle("old", "abcx", exact), handle("new", "abyz", exact)];
  const thresholds = { scoreDelta: 0.2, latencyDeltaMs: 80 };
  const runtime: Runtime = {
    config: { primary: "source", sampleRate, thresholds } as unknown as ActiveConfig,
    source,
    destination,
    primary: source,
    shadow: { handle: destination, queue: makeShadowQueue((each) => destination.retrieve(each), clock) },
    exact: {
      sampleRate: exactRate,
      queue: makeShadowQueue((each) => source.retrieveExact(each), clock, maxExactInFlight),
    },
    recall: null,
    content: null,
    evidence: makeEvidenceLog(1, performance.now()),
    sampler: makeSampler({ sampleRate }, makeRateEstimate(0), 0),
    isCurrent: () => true,
  };
  const events: ExactEvent[] = [];
  const nothing = { onAnswer: () => undefined, onFailure: () => undefined, onSample: () => undefined };
  const unsaid = { onFailedSample: () => undefined, onRecall: () => undefined };
  const sink = { ...nothing, ...unsaid, onExact: (event: ExactEvent) => void events.push(event) };
  const serve = async (draw = 0) =>
    serveRetrieve(runtime, request, { clock, random: () => draw, sink, onFailed: () => undefined });
  return { source, events, serve };
}

const exactly = (ids: string) => (): Promise<BackendAnswer> => Promise.resolve(answerOf(ids));

test("the recall of both answers is told against the exact one, cut at k", async () => {
  const { events, serve } = makeScene(exactly("abcdef"));
  (await serve()).afterwards();
  await waitUntil(() => events.length === 1);
  expect(events).toEqual([{ kind: "answered", primaryRecall: 0.75, shadowRecall: 0.5, fault: null }]);
});

test("where the shadow isn't sampled only the primary's recall is told", async () => {
  const { events, serve } = makeScene(exactly("abcd"), { sampleRate: 0.1 });
  (await serve(0.5)).afterwards();
  await waitUntil(() => events.length === 1);
  expect(events[0]).toMatchObject({ primaryRecall: 0.75, shadowRecall: null });
});

test("one draw serves both kinds of samples, so the rarer lies within the other", async () => {
  const { events, serve } = makeScene(exactly("abcd"), { sampleRate: 0.5, exactRate: 0.2 });
  for (const draw of [0.1, 0.19, 0.3, 0.7]) (await serve(draw)).afterwards();
  await waitUntil(() => events.length === 2);
  expect(events.map(({ shadowRecall }) => shadowRecall)).toEqual([0.5, 0.5]);
});

test("nothing exact is asked before the answer is out", async () => {
  let asked = 0;
  const { serve } = makeScene(() => {
    asked += 1;
    return Promise.resolve(answerOf("abcd"));
  });
  const served = await serve();
  expect(asked).toBe(0);
  served.afterwards();
  expect(asked).toBe(1);
});

test("of an exact answer that is empty there is no recall", async () => {
  const { events, serve } = makeScene(exactly(""));
  (await serve()).afterwards();
  await waitUntil(() => events.length === 1);
  expect(events[0]).toMatchObject({ kind: "answered", primaryRecall: null, shadowRecall: null });
});

test("more exact searches at once than the limit are dropped", async () => {
  const { events, serve } = makeScene(() => new Promise(() => undefined));
  for (let index = 0; index < maxExactInFlight + 3; index += 1) (await serve()).afterwards();
  expect(events.map(({ kind }) => kind)).toEqual(["dropped", "dropped", "dropped"]);
});

const failures: { title: string; exact: Backend["retrieve"]; kind: string }[] = [
  { title: "that fails", exact: () => Promise.reject(new Error("no")), kind: "error" },
  {
    title: "that throws at once",
    exact: () => {
      throw new Error("at once");
    },
    kind: "error",
  },
  {
    title: "whose answer is junk",
    exact: () => Promise.resolve({ candidates: [null] } as unknown as BackendAnswer),
    kind: "error",
  },
  {
    title: "that is too late",
    exact: () => Promise.reject(new RetrieverError({ code: "RETR_DEADLINE_EXCEEDED", message: "late" })),
    kind: "timeout",
  },
];

test.each(failures)("an exact search $title is told as $kind and leaves the store's health alone", async (failure) => {
  const { events, serve, source } = makeScene(failure.exact);
  (await serve()).afterwards();
  await waitUntil(() => events.length === 1);
  expect(events[0]).toMatchObject({ kind: failure.kind, primaryRecall: null });
  expect(source.health().lastError).toBeNull();
});
