// Destinations of their own: loading, searching, degrading and restoring, on the stand-in and behind the proxy.
// What the product's client library sees is checked too: it is the oracle for the wire format.
import { QdrantClient } from "@qdrant/js-client-rest";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { loadDataset } from "#support/dataset/read.ts";
import { type Qdrant, startQdrant } from "./qdrant.ts";
import { loadQdrant, openQdrant, pathOf, pointIdOf } from "./qdrant-rest.ts";
import { startStandIn } from "./qdrant-standin/start.ts";

const dataset = loadDataset();
const none = { url: undefined, apiKey: undefined };

type Hits = { readonly points: readonly { readonly payload: { readonly chunk_id: string } }[] };

async function search(store: { url: string; apiKey: string | undefined }, row: number, limit = 10): Promise<string[]> {
  const { call, close } = openQdrant(store);
  try {
    const body = { query: [...dataset.queryVector(row)], limit, with_payload: ["chunk_id"] };
    const { points } = (await call({ method: "POST", path: pathOf("chunks", "/points/query"), body })) as Hits;
    return points.map(({ payload }) => payload.chunk_id);
  } finally {
    await close();
  }
}

async function count(store: { url: string; apiKey: string | undefined }): Promise<unknown> {
  const { call, close } = openQdrant(store);
  try {
    return await call({ method: "POST", path: pathOf("chunks", "/points/count"), body: {} });
  } finally {
    await close();
  }
}

describe("a stand-in as a process", () => {
  let store: Qdrant;

  beforeAll(async () => {
    store = await startQdrant({ address: "127.0.0.10", apiKey: "secret-key", external: none });
    await loadQdrant(store, "chunks", dataset);
  });
  afterAll(() => store.close());

  it("listens on the address asked for, and says that it is a stand-in", () => {
    expect(store.url).toMatch(/^http:\/\/127\.0\.0\.10:\d+$/);
    expect(store.standIn).toBe(true);
  });

  it("holds the sample with the contract's payload, and finds the known nearest chunk", async () => {
    const row = dataset.queries.findIndex(({ queryId }) => queryId === "q0040");
    expect((await search(store, row))[0]).toBe("wn30-noun-00164152");
    await expect(count(store)).resolves.toEqual({ count: 5000 });
  });

  it("answers the official client", async () => {
    const client = new QdrantClient({ url: store.url, apiKey: "secret-key", checkCompatibility: false });
    const chunk = dataset.chunks[77];
    const [point] = await client.retrieve("chunks", { ids: [pointIdOf(chunk?.chunkId ?? "")] });
    expect(point?.payload).toEqual({
      chunk_id: chunk?.chunkId,
      entity_id: chunk?.entityId,
      updated_at: chunk?.updatedAt,
      namespace: chunk?.namespace,
      lang: "en",
      pos: chunk?.pos,
      words: chunk?.words,
      has_example: chunk?.hasExample,
    });
    const filter = { must: [{ key: "namespace", match: { value: "verb.motion" } }] };
    const answer = await client.query("chunks", {
      query: [...dataset.queryVector(3)],
      limit: 5,
      filter,
      with_payload: true,
    });
    expect(answer.points.map(({ payload }) => payload?.["namespace"])).toEqual(Array(5).fill("verb.motion"));
    await expect(client.getCollection("chunks")).resolves.toMatchObject({
      status: "green",
      points_count: 5000,
      payload_schema: { namespace: { data_type: "keyword", points: 5000 }, updated_at: { points: 5000 } },
    });
    const newest = await client.scroll("chunks", { order_by: { key: "updated_at", direction: "desc" }, limit: 1 });
    const times = dataset.chunks.map(({ updatedAt }) => updatedAt).toSorted();
    expect(newest.points[0]?.payload?.["updated_at"]).toBe(times.at(-1));
  });

  it("refuses a wrong key and a missing one", async () => {
    await expect(search({ url: store.url, apiKey: "wrong" }, 0)).rejects.toThrow("401 Invalid API key");
    await expect(search({ url: store.url, apiKey: undefined }, 0)).rejects.toThrow("401 Must provide an API key");
  });

  it("loses half of its chunks, and has them again", async () => {
    const before = await search(store, 5);
    await store.degrade.loseHalf("chunks");
    const during = await search(store, 5);
    await expect(count(store)).resolves.toEqual({ count: 2500 });
    expect(during.filter((id) => before.includes(id)).length).toBeLessThan(before.length);
    await store.degrade.restore();
    await expect(search(store, 5)).resolves.toEqual(before);
  });

  it("becomes slow", async () => {
    await store.degrade.slow(120);
    const started = performance.now();
    await search(store, 5);
    expect(performance.now() - started).toBeGreaterThanOrEqual(119);
    await store.degrade.restore();
  });

  it("answers errors, and no longer after it was restored", async () => {
    await store.degrade.fail();
    await expect(search(store, 5)).rejects.toThrow("500");
    await store.degrade.restore();
    await expect(search(store, 5)).resolves.toHaveLength(10);
  });

  it("refuses connections, and has kept its data when it takes them again", async () => {
    await store.degrade.refuse();
    await expect(search(store, 5)).rejects.toThrow("ECONNREFUSED");
    await store.degrade.restore();
    await expect(count(store)).resolves.toEqual({ count: 5000 });
  });

  it("leaves requests hanging until they are given up", async () => {
    await store.degrade.hang();
    const hanging = fetch(`${store.url}/collections/chunks`, {
      headers: { "api-key": "secret-key" },
      signal: AbortSignal.timeout(100),
    });
    await expect(hanging).rejects.toThrow("timeout");
    await store.degrade.restore();
    await expect(search(store, 5)).resolves.toHaveLength(10);
  });

  it("is gone after it was closed", async () => {
    const other = await startQdrant({ external: none });
    await other.close();
    await expect(search(other, 0)).rejects.toThrow("ECONNREFUSED");
  });
});

describe("an external server behind the proxy", () => {
  const few = { ...dataset, chunks: dataset.chunks.slice(0, 1200) };

  async function start(): Promise<Qdrant> {
    const upstream = await startStandIn({ address: "127.0.0.1", port: 0, seed: 2, apiKey: "k" });
    const store = await startQdrant({ address: "127.0.0.11", external: { url: upstream.url, apiKey: "k" } });
    onTestFinished(async () => {
      await store.close();
      await upstream.close();
    });
    await loadQdrant(store, "chunks", few);
    return store;
  }

  it("is reached through an address of its own, and isn't called a stand-in", async () => {
    const store = await start();
    expect(store.url).toMatch(/^http:\/\/127\.0\.0\.11:/);
    expect(store.standIn).toBe(false);
    await expect(search(store, 5)).resolves.toHaveLength(10);
    await expect(search({ url: store.url, apiKey: "x" }, 5)).rejects.toThrow("401 Invalid API key");
  });

  it("loses half of its points by deleting them, and gets them back as they were", async () => {
    const store = await start();
    const before = await search(store, 5);
    await store.degrade.loseHalf("chunks");
    await expect(count(store)).resolves.toEqual({ count: 600 });
    await store.degrade.restore();
    await expect(count(store)).resolves.toEqual({ count: 1200 });
    await expect(search(store, 5)).resolves.toEqual(before);
  });

  it("is rid of a collection even while it refuses connections, and keeps the others", async () => {
    const store = await start();
    await loadQdrant(store, "others", { ...dataset, chunks: dataset.chunks.slice(0, 10) });
    await store.degrade.refuse();
    await store.removeCollection("chunks");
    await store.removeCollection("chunks");
    await store.degrade.restore();
    const { call, close } = openQdrant(store);
    onTestFinished(close);
    const kept = await call({ method: "GET", path: "/collections" });
    expect(kept).toEqual({ collections: [{ name: "others" }] });
  });

  it("becomes slow, answers errors, cuts connections, and recovers", async () => {
    const store = await start();
    await store.degrade.slow(100);
    const started = performance.now();
    await search(store, 5);
    expect(performance.now() - started).toBeGreaterThanOrEqual(99);
    await store.degrade.fail();
    await expect(search(store, 5)).rejects.toThrow("500");
    await store.degrade.hang();
    const hanging = fetch(`${store.url}/collections/chunks`, { signal: AbortSignal.timeout(100) });
    await expect(hanging).rejects.toThrow("timeout");
    await store.degrade.refuse();
    await expect(search(store, 5)).rejects.toThrow();
    await store.degrade.restore();
    await expect(search(store, 5)).resolves.toHaveLength(10);
  });
});

describe("pointIdOf", () => {
  it("gives every chunk its own valid UUID, always the same", () => {
    const ids = dataset.chunks.map(({ chunkId }) => pointIdOf(chunkId));
    expect(new Set(ids).size).toBe(5000);
    expect(
      ids.filter((id) => !/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)),
    ).toEqual([]);
    expect(pointIdOf("wn30-adj-00552841")).toBe("fee5631a-4562-85d1-9beb-8b6af4605f32");
  });
});
