import { identityOf } from "@retriever/stores/config/identity.ts";
import { RetrieverError } from "@retriever/stores/errors.ts";
import { type Backend, type BackendAnswer, unknownFacts } from "@retriever/stores/ports/backend.ts";
import { expect, test } from "vitest";
import { latencyEdgesMs, noCounters } from "#contract/evidence.ts";
import type { ActiveConfig } from "#core/activation-decision.ts";
import { makeEvidenceLog } from "#core/evidence.ts";
import { makeRateEstimate, makeSampler } from "#core/sampling.ts";
import { waitUntil } from "#test/wait-until.ts";
import { instantOf } from "./instant.ts";
import { parseRequest } from "./parse-request.ts";
import type { Runtime } from "./runtime.ts";
import type { SampleEvent } from "./sample.ts";
import { serveRetrieve } from "./serve.ts";
import { makeShadowQueue, maxShadowsInFlight } from "./shadow.ts";
import { StoreHandle } from "./store-handle.ts";

const clock = { wallMs: () => 0, monotonicMs: () => performance.now() };
const now = () => instantOf(clock);
const good: BackendAnswer = {
  candidates: [{ chunkId: "a", entityId: "e", similarity: 0.9, updatedAt: null }],
  vectorMs: 3,
};
const request = parseRequest(Buffer.from('{"embedding":[1,2],"k":1}'));

function backend(retrieve: Backend["retrieve"]): Backend {
  return { retrieve, probe: () => Promise.resolve({ ...unknownFacts, fault: null }), close: () => Promise.resolve() };
}

function handle(name: string, retrieve: Backend["retrieve"], timeoutMs = 200): StoreHandle {
  const identity = identityOf({ kind: "qdrant", host: name, port: 1, place: "c" });
  return new StoreHandle({ key: name, identity, timeoutMs, backend: backend(retrieve), clock });
}

function makeRuntime(primary: Backend["retrieve"], shadow: Backend["retrieve"]): Runtime {
  const config = {
    primary: "source",
    sampleRate: 1,
    thresholds: { scoreDelta: 0.2, latencyDeltaMs: 80 },
  } as unknown as ActiveConfig;
  const [source, destination] = [handle("old", primary), handle("new", shadow)];
  const queue = makeShadowQueue((each) => destination.retrieve(each), clock);
  const evidence = makeEvidenceLog(1, performance.now());
  return {
    config,
    source,
    destination,
    primary: source,
    shadow: { handle: destination, queue },
    exact: null,
    recall: null,
    content: null,
    evidence,
    sampler: makeSampler(config, makeRateEstimate(0), 0),
    isCurrent: () => true,
  };
}

function makeContext() {
  const samples: SampleEvent[] = [];
  const sink = {
    onAnswer: () => undefined,
    onFailure: () => undefined,
    onExact: () => undefined,
    onFailedSample: () => undefined,
    onRecall: () => undefined,
    onSample: (event: SampleEvent) => samples.push(event),
  };
  const failed: (() => void)[] = [];
  const onFailed = (afterwards: () => void) => void failed.push(afterwards);
  return { samples, failed, context: { clock, random: () => 0, sink, onFailed } };
}

const ok = (): Promise<BackendAnswer> => Promise.resolve(good);
const never = (): Promise<BackendAnswer> => new Promise(() => undefined);

const shadows: { title: string; retrieve: Backend["retrieve"]; counted: object }[] = [
  { title: "agrees", retrieve: ok, counted: { answered: 1, overlapSum: 1, shadowErrors: 0 } },
  { title: "never settles and ignores its signal", retrieve: never, counted: { shadowTimeouts: 1, shadowErrors: 0 } },
  { title: "rejects", retrieve: () => Promise.reject(new Error("no")), counted: { shadowErrors: 1 } },
  {
    title: "throws before it returns a promise",
    retrieve: () => {
      throw new Error("at once");
    },
    counted: { shadowErrors: 1 },
  },
  {
    title: "answers junk",
    retrieve: () => Promise.resolve({ hello: 1 } as unknown as BackendAnswer),
    counted: { shadowErrors: 1 },
  },
  {
    title: "answers nothing at all",
    retrieve: () => Promise.resolve(undefined as unknown as BackendAnswer),
    counted: { shadowErrors: 1 },
  },
  {
    title: "answers numbers that are none",
    retrieve: () => Promise.resolve({ ...good, vectorMs: Number.NaN }),
    counted: { shadowErrors: 1, scoreWorseSum: 0 },
  },
];

test.each(shadows)("a shadow that $title leaves the answer alone and is counted", async ({ retrieve, counted }) => {
  const runtime = makeRuntime(ok, retrieve);
  const { samples, context } = makeContext();
  const served = await serveRetrieve(runtime, request, context);
  expect(served.response).toEqual(good);
  expect(samples).toEqual([]);
  expect(served.afterwards()).toBeUndefined();
  await waitUntil(() => samples.length === 1);
  expect(runtime.evidence.read(now(), { spans: [] }).counters).toMatchObject({ requests: 1, errors: 0, ...counted });
});

test("the shadow isn't asked before the answer is out", async () => {
  let asked = 0;
  const runtime = makeRuntime(ok, () => {
    asked += 1;
    return ok();
  });
  const served = await serveRetrieve(runtime, request, makeContext().context);
  expect(asked).toBe(0);
  served.afterwards();
  expect(asked).toBe(1);
});

test("more samples at once than the limit are dropped, counted apart, and don't look like the shadow's fault", async () => {
  const runtime = makeRuntime(ok, never);
  const { samples, context } = makeContext();
  for (let index = 0; index < maxShadowsInFlight + 5; index += 1)
    (await serveRetrieve(runtime, request, context)).afterwards();
  expect(samples.map((sample) => sample.kind)).toEqual(["dropped", "dropped", "dropped", "dropped", "dropped"]);
  await waitUntil(() => samples.length === maxShadowsInFlight + 5);
  const { shadowDropped, shadowTimeouts } = runtime.evidence.read(now(), { spans: [] }).counters;
  expect([shadowDropped, shadowTimeouts]).toEqual([5, maxShadowsInFlight]);
});

test("a shadow that keeps failing is left alone for a while, and its samples still count as errors", async () => {
  let asked = 0;
  const runtime = makeRuntime(ok, () => {
    asked += 1;
    return Promise.reject(new RetrieverError({ code: "RETR_BACKEND_UNAVAILABLE", message: "down" }));
  });
  const { samples, context } = makeContext();
  for (let index = 1; index <= 30; index += 1) {
    (await serveRetrieve(runtime, request, context)).afterwards();
    await waitUntil(() => samples.length === index);
  }
  expect(asked).toBe(10);
  expect(runtime.evidence.read(now(), { spans: [] }).counters.shadowErrors).toBe(30);
});

test("a primary that never settles ends at its deadline and is the request's error, not a sample", async () => {
  const runtime = makeRuntime(never, ok);
  const { context, samples } = makeContext();
  await expect(serveRetrieve(runtime, request, context)).rejects.toMatchObject({ code: "RETR_DEADLINE_EXCEEDED" });
  expect(samples).toEqual([]);
  const { counters } = runtime.evidence.read(now(), { spans: [] });
  expect(counters).toEqual({ ...noCounters(), requests: 1, errors: 1 });
});

test("an answer counts into the latency bucket of the time its store took", async () => {
  const runtime = makeRuntime(() => Promise.resolve({ ...good, vectorMs: 80 }), ok);
  await serveRetrieve(runtime, request, makeContext().context);
  const { latencyBuckets, latencySumMs } = runtime.evidence.read(now(), { spans: [] }).counters;
  expect(latencyBuckets[latencyEdgesMs.indexOf(80)]).toBe(1);
  expect(latencySumMs).toBe(80);
});

test("a sample of an epoch that is over isn't taken", async () => {
  let isCurrent = true;
  let asked = 0;
  const runtime = {
    ...makeRuntime(ok, () => {
      asked += 1;
      return ok();
    }),
    isCurrent: () => isCurrent,
  };
  const served = await serveRetrieve(runtime, request, makeContext().context);
  isCurrent = false;
  served.afterwards();
  expect(asked).toBe(0);
});

test("an embedding of another size than the known one is refused before the store is asked", async () => {
  const probed = handle("old", never);
  const known = { ...backend(ok), probe: () => Promise.resolve({ ...unknownFacts, dimension: 3, fault: null }) };
  const primary = new StoreHandle({ key: "k", identity: probed.identity, timeoutMs: 100, backend: known, clock });
  await primary.probe();
  const runtime = { ...makeRuntime(never, ok), primary };
  await expect(serveRetrieve(runtime, request, makeContext().context)).rejects.toMatchObject({
    code: "RETR_REQUEST_INVALID",
    message: "embedding: expected 3 numbers, got 2",
  });
});

test("an embedding of the other store's size blames the primary, which counts as failed", async () => {
  const sized = async (size: number): Promise<StoreHandle> => {
    const known = { ...backend(ok), probe: () => Promise.resolve({ ...unknownFacts, dimension: size, fault: null }) };
    const store = new StoreHandle({
      key: `${size}`,
      identity: handle("x", ok).identity,
      timeoutMs: 100,
      backend: known,
      clock,
    });
    await store.probe();
    return store;
  };
  const [source, destination] = [await sized(2), await sized(3)];
  const runtime = { ...makeRuntime(ok, ok), source, destination, primary: destination };
  await expect(serveRetrieve(runtime, request, makeContext().context)).rejects.toMatchObject({
    code: "RETR_BACKEND_ANSWER_INVALID",
  });
  expect(runtime.evidence.read(now(), { spans: [] }).counters).toMatchObject({ requests: 1, errors: 1 });
});

test("a store in use is closed only after its last request", async () => {
  let settle: (answer: BackendAnswer) => void = () => undefined;
  let isClosed = false;
  const slow = backend(() => new Promise((resolve) => (settle = resolve)));
  const close = () => {
    isClosed = true;
    return Promise.resolve();
  };
  const { identity } = handle("old", never);
  const store = new StoreHandle({ key: "k", identity, timeoutMs: 5000, backend: { ...slow, close }, clock });
  const asking = store.retrieve(request);
  const retiring = store.retire(5000);
  expect(isClosed).toBe(false);
  settle(good);
  expect(await asking).toEqual(good);
  await retiring;
  expect(isClosed).toBe(true);
});

test("a store that answers with more than it was asked for is cut at k, primary and shadow alike", async () => {
  const many: BackendAnswer = {
    candidates: ["a", "b", "c"].flatMap((chunkId) => good.candidates.map((one) => ({ ...one, chunkId }))),
    vectorMs: 1,
  };
  const runtime = makeRuntime(
    () => Promise.resolve(many),
    () => Promise.resolve(many),
  );
  const { context } = makeContext();
  const served = await serveRetrieve(runtime, request, context);
  expect(served.response.candidates.map(({ chunkId }) => chunkId)).toEqual(["a"]);
  const shadow = await runtime.shadow?.handle.retrieve(request);
  expect(shadow?.candidates).toHaveLength(1);
});

const down = () => Promise.reject(new RetrieverError({ code: "RETR_BACKEND_UNAVAILABLE", message: "down" }));
const questions: { title: string; primary: "source" | "destination"; shadow: Backend["retrieve"]; counted: object }[] =
  [
    {
      title: "that the destination failed and the source answers counts as worse",
      primary: "destination",
      shadow: ok,
      counted: { failedChecked: 1, failedWorse: 1 },
    },
    {
      title: "that both stores fail isn't worse",
      primary: "destination",
      shadow: down,
      counted: { failedChecked: 1, failedWorse: 0 },
    },
    {
      title: "that the source failed asks the destination nothing",
      primary: "source",
      shadow: ok,
      counted: { failedChecked: 0, failedWorse: 0 },
    },
  ];

test.each(questions)("a request $title", async ({ primary, shadow, counted }) => {
  let asked = 0;
  const runtime = makeRuntime(down, (...question) => {
    asked += 1;
    return shadow(...question);
  });
  const config = { ...runtime.config, primary };
  const { samples, failed, context } = makeContext();
  const call = serveRetrieve({ ...runtime, config }, request, context);
  await expect(call).rejects.toMatchObject({ code: "RETR_BACKEND_UNAVAILABLE", message: "down" });
  expect([asked, failed.length]).toEqual([0, 1]);
  for (const afterwards of failed) expect(afterwards()).toBeUndefined();
  const counters = () => runtime.evidence.read(now(), { spans: [] }).counters;
  await waitUntil(() => counters().failedChecked === asked);
  expect(counters()).toMatchObject({ requests: 1, errors: 1, answered: 0, shadowErrors: 0, ...counted });
  expect(asked).toBe(primary === "source" ? 0 : 1);
  expect(samples).toEqual([]);
});

test("a failed request beyond the queue's limit isn't checked, nor one of an epoch that is over or that is invalid", async () => {
  const runtime = makeRuntime(down, never);
  const config = { ...runtime.config, primary: "destination" as const };
  const { failed, context } = makeContext();
  const fail = (more: Partial<Runtime> = {}) =>
    serveRetrieve({ ...runtime, config, ...more }, request, context).catch(() => undefined);
  for (let index = 0; index < maxShadowsInFlight + 3; index += 1) await fail();
  for (const afterwards of failed.splice(0)) afterwards();
  await waitUntil(() => runtime.evidence.read(now(), { spans: [] }).counters.failedChecked === maxShadowsInFlight);
  await fail({ isCurrent: () => false });
  for (const afterwards of failed.splice(0)) afterwards();
  expect(runtime.evidence.read(now(), { spans: [] }).counters.failedChecked).toBe(maxShadowsInFlight);
  const refusing = handle("new", () =>
    Promise.reject(new RetrieverError({ code: "RETR_REQUEST_INVALID", message: "no such field" })),
  );
  await fail({ primary: refusing });
  expect(failed).toEqual([]);
});
