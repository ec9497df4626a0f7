import type { StoreSpec } from "@retriever/stores/config/store-spec.ts";
import type { Fault } from "@retriever/stores/errors.ts";
import { loadAdapters } from "@retriever/stores/kinds.ts";
import type { Backend, BackendAnswer } from "@retriever/stores/ports/backend.ts";
import type { Clock } from "@retriever/stores/ports/clock.ts";
import type { QdrantSpec } from "@retriever/stores/qdrant/config/schema.ts";
import { expect, test } from "vitest";
import { makeReadInput } from "#config/read-input.ts";
import { type ActiveConfig, epochOf } from "#core/activation-decision.ts";
import { parseRequest } from "#retrieve/parse-request.ts";
import type { Runtime } from "#retrieve/runtime.ts";
import { makeOverlay, qdrantBase, qdrantDestination, qdrantDigest } from "#test/documents.ts";
import { waitUntil } from "#test/wait-until.ts";
import { Activation } from "./activation.ts";

const now = () => ({ monotonicMs: performance.now(), wallMs: 0 });

const [sourceUrl, destinationUrl] = ["http://old:1", "http://new:1"];
const request = parseRequest(Buffer.from('{"embedding":[1],"k":1}'));
const base = qdrantBase(sourceUrl);
const ramp = { shadow: "destination", sampleRate: 0.02 } as const;

type Made = { readonly url: string; isClosed: boolean; settle: (answer: BackendAnswer) => void };

function urlOf(spec: StoreSpec): string {
  return (spec as QdrantSpec).url;
}

/** Backends that answer when told to, and never finish a probe. */
function makeStage(
  refuse: (spec: StoreSpec) => boolean = () => false,
  clock: Clock = { wallMs: () => 0, monotonicMs: () => performance.now() },
) {
  const made: Made[] = [];
  const faults: (Fault | null)[] = [];
  const activated: Runtime[] = [];
  const noticed: ActiveConfig[] = [];
  const makeBackend = (spec: StoreSpec): Backend => {
    if (refuse(spec)) throw new TypeError("no such certificate");
    const entry: Made = { url: urlOf(spec), isClosed: false, settle: () => undefined };
    made.push(entry);
    return {
      retrieve: () => new Promise((resolve) => (entry.settle = resolve)),
      probe: () => new Promise(() => undefined),
      close: () => {
        entry.isClosed = true;
        return Promise.resolve();
      },
    };
  };
  const events = {
    onActivated: (runtime: Runtime) => void activated.push(runtime),
    onNoticed: (config: ActiveConfig) => void noticed.push(config),
    onFault: (fault: Fault | null) => void faults.push(fault),
  };
  return {
    made,
    faults,
    activated,
    noticed,
    activation: new Activation({ clock, random: () => 0, makeBackend, events }),
  };
}

test("a base with an exact search has a queue of its own, and a change of its rate is put in force without new evidence", () => {
  const { activation, activated } = makeStage();
  const withExact = (sampleRate: number, store = "source"): string =>
    JSON.stringify({ ...(JSON.parse(base) as object), exactSearch: { sampleRate, store } });
  activation.start(documents(null, withExact(0.1)));
  expect(activation.runtime?.exact?.sampleRate).toBe(0.1);
  const before = activation.runtime;
  activation.consider(documents(null, withExact(0.2)));
  expect(activation.runtime?.exact?.sampleRate).toBe(0.2);
  expect(activation.runtime?.evidence).toBe(before?.evidence);
  // There is no destination to search in yet.
  activation.consider(documents(null, withExact(0.2, "destination")));
  expect(activation.runtime?.exact).toBeNull();
  // Nobody has let it take part yet.
  activation.consider(documents({ epoch: 1, shadow: "none", sampleRate: 0 }, withExact(0.2, "destination")));
  expect(activation.runtime?.exact).toBeNull();
  activation.consider(documents({ epoch: 2, shadow: "destination", sampleRate: 0.1 }, withExact(0.2, "destination")));
  expect(activation.runtime?.exact?.sampleRate).toBe(0.2);
  expect(activated).toHaveLength(5);
});

const registry = await loadAdapters();

type Change = NonNullable<Parameters<typeof makeOverlay>[2]>;

function documents(overlay: Change | null, baseText = base, adapter: object = {}) {
  const text = (change: Change) =>
    makeOverlay(qdrantDigest(sourceUrl), qdrantDestination(destinationUrl, adapter), change);
  const allowedHosts = [{ host: "new", port: null, credential: null, demandsTls: false }];
  const readInput = makeReadInput({ env: {}, allowedHosts, registry });
  return readInput({ base: { text: baseText }, overlay: overlay === null ? "absent" : { text: text(overlay) } });
}

test("an activation is in force when the call returns, whatever the probes do", () => {
  const { activation, activated } = makeStage();
  activation.start(documents({ epoch: 3, ...ramp }));
  expect(activated.map((runtime) => epochOf(runtime.config))).toEqual([3]);
  expect(activation.runtime?.primary.identity.label).toBe("qdrant://old:1/chunks");
});

test("the steps of a ramp and the cutover keep their connections, and each starts its own evidence", () => {
  const { activation, activated, made } = makeStage();
  activation.start(documents({ epoch: 1, ...ramp }));
  activation.runtime?.evidence.add({ requests: 1 }, now());
  activation.consider(documents({ epoch: 2, ...ramp, sampleRate: 0.05 }));
  expect(activation.runtime?.evidence.read(now(), { spans: [] }).counters.requests).toBe(0);
  activation.consider(documents({ epoch: 3, primary: "destination", shadow: "source", sampleRate: 0.05 }));
  expect(activated).toHaveLength(3);
  expect(made.map((entry) => [entry.url, entry.isClosed])).toEqual([
    [sourceUrl, false],
    [destinationUrl, false],
  ]);
});

test("recall is measured where the overlay asks for it and a shadow is there, and steps keep what a store was like", () => {
  const { activation } = makeStage();
  const recall = { maxQueriesPerSecond: 0.5 };
  activation.start(documents({ epoch: 1, ...ramp, recall }));
  const first = activation.runtime?.recall;
  expect(first).toMatchObject({ maxQueriesPerSecond: 0.5 });
  activation.consider(documents({ epoch: 2, ...ramp, sampleRate: 0.05, recall }));
  expect(activation.runtime?.recall?.source).toBe(first?.source);
  activation.consider(documents({ epoch: 3, recall }));
  expect(activation.runtime?.recall).toBeNull();
  activation.consider(documents({ epoch: 4, ...ramp }));
  expect(activation.runtime?.recall).toBeNull();
});

test("the same documents again change nothing and log nothing", () => {
  const { activation, activated, faults } = makeStage();
  activation.start(documents({ epoch: 1, ...ramp }));
  const first = activation.runtime;
  for (let round = 0; round < 3; round += 1) activation.consider(documents({ epoch: 1, ...ramp }));
  expect(activated).toHaveLength(1);
  expect(faults).toEqual([]);
  expect(activation.runtime?.evidence).toBe(first?.evidence);
  expect(activation.runtime?.shadow).toBe(first?.shadow);
  expect(first?.isCurrent()).toBe(true);
});

test("a base that is tuned anew gets new connections, the old ones see their requests through first", async () => {
  const { activation, made } = makeStage();
  activation.start(documents(null));
  const before = activation.runtime;
  const asking = before?.primary.retrieve(request);
  activation.consider(documents(null, qdrantBase(sourceUrl, { timeoutMs: 900 })));
  expect(before?.isCurrent()).toBe(false);
  expect(made.map((entry) => entry.isClosed)).toEqual([false, false]);
  made[0]?.settle({ candidates: [], vectorMs: 1 });
  expect(await asking).toEqual({ candidates: [], vectorMs: 1 });
  // The probe that never ends holds the old store until its own deadline.
  await waitUntil(() => made[0]?.isClosed);
  expect(made[1]?.isClosed).toBe(false);
  expect(activation.runtime?.evidence).toBe(before?.evidence);
});

test("a store whose connection can't even be made degrades alone", async () => {
  const { activation } = makeStage((spec) => urlOf(spec) === destinationUrl);
  activation.start(documents({ epoch: 1, ...ramp }));
  await waitUntil(() => activation.runtime?.destination?.health().lastError?.code === "RETR_BACKEND_TLS");
  expect(activation.configFault).toBeNull();
});

test("a fault is told once, kept with its time, and over with the next accepted document", () => {
  const { activation, faults } = makeStage();
  activation.start(documents({ epoch: 2, ...ramp }));
  for (let round = 0; round < 3; round += 1) activation.consider(documents({ epoch: 1, ...ramp }));
  expect(activation.configFault).toMatchObject({ code: "RETR_CONFIG_INVALID", at: "1970-01-01T00:00:00.000Z" });
  activation.consider(documents({ epoch: 2, ...ramp }));
  expect(faults.map((fault) => fault?.code ?? null)).toEqual(["RETR_CONFIG_INVALID", null]);
});

test("an overlay that vanishes is noticed without a new activation", () => {
  const { activation, activated, noticed } = makeStage();
  activation.start(documents({ epoch: 2, ...ramp }));
  activation.consider(documents(null));
  activation.consider(documents(null));
  expect(activated).toHaveLength(1);
  expect(noticed.map((config) => config.overlayState)).toEqual(["vanished"]);
});

test("a start on an unreadable overlay waits with the fault; on a broken base it throws", () => {
  const { activation } = makeStage();
  activation.start({
    ...documents(null),
    overlay: { kind: "invalid", fault: { code: "RETR_CONFIG_INVALID", message: "x" } },
  });
  expect(activation.runtime).toBeNull();
  expect(activation.configFault?.message).toBe("x");
  activation.consider(documents(null, "not: [a base"));
  expect(activation.runtime).toBeNull();
  expect(activation.configFault?.message).toContain("line 1");
  expect(() => makeStage().activation.start(documents(null, "[]"))).toThrow(/base: /);
});

test.each([8, -8])(
  "a cutover is held to its deadline by the evidence's clock, where the other has stepped by %s h",
  (hours) => {
    const start = Date.parse("2030-01-01T12:00:00Z");
    const time = { wallMs: start, monotonicMs: 1000 };
    const { activation } = makeStage(undefined, { wallMs: () => time.wallMs, monotonicMs: () => time.monotonicMs });
    activation.start(documents({ epoch: 1, ...ramp }));
    time.wallMs += hours * 3_600_000;
    const activationDeadline = new Date(start + 60_000).toISOString();
    const read = (epoch: number) => {
      const atDestination = { primary: "destination", shadow: "source", sampleRate: 0.05 } as const;
      activation.consider(documents({ epoch, ...atDestination, activationDeadline }));
      const { config } = activation.runtime as Runtime;
      return { epoch: epochOf(config), fenced: config.fenced };
    };
    const late = { ...time, monotonicMs: time.monotonicMs + 61_000 };
    expect(read(2)).toEqual({ epoch: 2, fenced: null });
    activation.consider(documents({ epoch: 3, ...ramp }));
    Object.assign(time, late);
    expect(read(4)).toEqual({ epoch: 3, fenced: 4 });
  },
);
