// A connection that died while nobody used it costs no request of the application, and nothing is asked a third time.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Backend } from "#ports/backend.ts";
import { openCollection } from "#qdrant/client/collection.ts";
import { type DyingProxy, startDyingProxy } from "./fakes/dying-proxy.ts";
import { startPostgres, type TestPostgres } from "./fakes/postgres-server.ts";
import { type FakeQdrant, startFakeQdrant } from "./fakes/qdrant-server.ts";
import { makePoints, vectorAt } from "./points.ts";
import { requestOf } from "./requests.ts";
import { makeSpec, openBackend } from "./spec.ts";

const points = makePoints(5);
const request = requestOf({ embedding: vectorAt(1), k: 1 });
let postgres: TestPostgres;
let qdrant: FakeQdrant;

beforeAll(async () => {
  postgres = await startPostgres(points);
  qdrant = await startFakeQdrant({ points });
});

afterAll(async () => {
  await postgres.close();
  await qdrant.close();
});

/** One session for everybody, as the embedded server has it. */
const pooled = { preparedStatements: false, poolSize: 1, timeoutMs: 5000 };
const stores = [
  {
    store: "pgvector",
    target: () => Number(new URL(postgres.connectionString).port),
    open: (port: number) => {
      const url = new URL(postgres.connectionString);
      url.port = String(port);
      return openBackend("pgvector", { connectionString: url.href, ...pooled });
    },
  },
  {
    store: "qdrant",
    target: () => qdrant.port,
    open: (port: number) => openBackend("qdrant", { url: `http://127.0.0.1:${port}`, collection: "chunks" }),
  },
];

describe.each(stores)("a connection to $store", ({ target, open }) => {
  let proxy: DyingProxy;
  let backend: Backend;
  const ask = () => backend.retrieve(request, AbortSignal.timeout(5000));

  beforeEach(async () => {
    proxy = await startDyingProxy(target());
    backend = await open(proxy.port);
    // The first request to Qdrant learns the metric beside it.
    await ask();
    await ask();
    return async () => {
      await backend.close();
      await proxy.close();
    };
  });

  test("F16: that died while idle is replaced by a new one within the request, as often as it happens", async () => {
    for (let round = 0; round < 3; round += 1) {
      const before = proxy.opened();
      proxy.condemn("before-the-answer");
      expect((await ask()).candidates[0]?.chunkId).toBe("chunk-1");
      expect(proxy.opened()).toBe(before + 1);
      await ask();
    }
  });

  test("that died while idle fails the request where the new one dies, too, and no third one is opened", async () => {
    const before = proxy.opened();
    proxy.condemn("before-the-answer");
    proxy.isDown = true;
    await expect(ask()).rejects.toMatchObject({
      code: "RETR_BACKEND_UNAVAILABLE",
      message: expect.stringContaining("broke the connection off") as string,
    });
    expect(proxy.opened()).toBe(before + 1);
  });

  test("that dies within an answer fails the request, which isn't asked again", async () => {
    const before = proxy.opened();
    proxy.condemn("within-the-answer");
    await expect(ask()).rejects.toMatchObject({ code: "RETR_BACKEND_UNAVAILABLE" });
    expect(proxy.opened()).toBe(before);
  });

  test("that died while idle serves a probe, too", async () => {
    await backend.probe(AbortSignal.timeout(5000));
    proxy.condemn("before-the-answer");
    expect(await backend.probe(AbortSignal.timeout(5000))).toMatchObject({ reachable: true, fault: null });
  });
});

test("a request that writes is never sent twice", async () => {
  const proxy = await startDyingProxy(qdrant.port);

  const url = `http://127.0.0.1:${proxy.port}`;
  const collection = openCollection(makeSpec("qdrant", { url, collection: "chunks" }), { connections: 1 });
  const signal = AbortSignal.timeout(5000);
  for (const [method, path] of [
    ["PUT", "/points?wait=true"],
    ["POST", "/points/delete?wait=true"],
  ] as const) {
    await collection.call({ method: "GET", path: collection.folder }, signal);
    const before = proxy.opened();
    proxy.condemn("before-the-answer");
    const writing = collection.call({ method, path: `${collection.folder}${path}`, body: "{}" }, signal);
    await expect(writing).rejects.toMatchObject({ code: "RETR_BACKEND_UNAVAILABLE" });
    expect(proxy.opened()).toBe(before);
  }
  await collection.close();
  await proxy.close();
});
