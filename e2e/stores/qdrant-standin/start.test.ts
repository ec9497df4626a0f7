// The stand-in as its users hold it: loading, ties, faults in-process and over the admin port.
import { QdrantClient } from "@qdrant/js-client-rest";
import { request } from "undici";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { startAdmin } from "./admin.ts";
import { type StandIn, startStandIn } from "./start.ts";

let standIn: StandIn;

beforeEach(async () => {
  standIn = await startStandIn({ address: "127.0.0.1", port: 0, seed: 1 });
  standIn.load("chunks", 2, pointsAt(1, 40));
});
afterEach(() => standIn.close());

/** All at the same place, so every score is a tie. */
function* pointsAt(from: number, count: number) {
  for (let id = from; id < from + count; id += 1)
    yield { id, vector: Float32Array.of(1, 0), payload: { n: id, half: 0.5 } };
}

async function post(path: string, body: object, headers: Record<string, string> = {}) {
  const answer = await request(`${standIn.url}${path}`, {
    method: "POST",
    body: JSON.stringify(body),
    headers,
    headersTimeout: 2000,
  });
  return { status: answer.statusCode, text: await answer.body.text() };
}

async function idsOf(body: object): Promise<number[]> {
  const { text } = await post("/collections/chunks/points/query", { query: [1, 0], ...body });
  const answer = JSON.parse(text) as { result: { points: { id: number }[] } };
  return answer.result.points.map(({ id }) => id);
}

describe("loaded points", () => {
  it("are found with their payload, and a repeated id replaces its point", async () => {
    standIn.load("chunks", 2, [{ id: 5, vector: Float32Array.of(0, 1), payload: { n: "new" } }]);
    const { text } = await post("/collections/chunks/points/query", { query: [0, 1], limit: 1, with_payload: true });
    expect(text).toContain('"points":[{"id":5,"version":2,"score":1.0,"payload":{"n":"new"}}]');
    await expect(post("/collections/chunks/points/count", {})).resolves.toMatchObject({
      text: expect.stringContaining('"count":40'),
    });
  });

  it("of another dimension are refused, and nothing of them is kept", async () => {
    const points = [...pointsAt(100, 1), { id: 101, vector: Float32Array.of(1), payload: {} }];
    expect(() => standIn.load("chunks", 2, points)).toThrow("Vector dimension error: expected dim: 2, got 1");
    await expect(post("/collections/chunks/points/count", {})).resolves.toMatchObject({
      text: expect.stringContaining('"count":40'),
    });
  });
});

describe("equal scores", () => {
  it("come in one order for one request, in others for another limit or seed, never in id order", async () => {
    const first = await idsOf({ limit: 20 });
    await expect(idsOf({ limit: 20 })).resolves.toEqual(first);
    expect(first).not.toEqual(first.toSorted((a, b) => a - b));
    expect((await idsOf({ limit: 21 })).slice(0, 20)).not.toEqual(first);
    const other = await startStandIn({ address: "127.0.0.1", port: 0, seed: 2 });
    other.load("chunks", 2, pointsAt(1, 40));
    await standIn.close();
    standIn = other;
    await expect(idsOf({ limit: 20 })).resolves.not.toEqual(first);
  });
});

describe("staged faults", () => {
  it("answer 500 in Qdrant's form, while probes and root stay well", async () => {
    await standIn.faults.set({ errors: true });
    await expect(post("/collections/chunks/points/query", { query: [1, 0] })).resolves.toMatchObject({
      status: 500,
      text: expect.stringMatching(/^\{"status":\{"error":"Service internal error: .*"\},"time":/),
    });
    const probe = await request(`${standIn.url}/healthz`);
    expect(probe.statusCode).toBe(200);
    await probe.body.dump();
  });

  it("ask for a key from now on", async () => {
    await standIn.faults.set({ apiKey: "full" });
    await expect(post("/collections/chunks/points/count", {})).resolves.toMatchObject({ status: 401 });
    await expect(post("/collections/chunks/points/count", {}, { "api-key": "full" })).resolves.toMatchObject({
      status: 200,
    });
  });
});

describe("the admin port", () => {
  async function admin(method: "PATCH" | "DELETE", body?: object): Promise<number> {
    const { url, close } = await startAdmin(standIn.faults, 0, "127.0.0.1");
    onTestFinished(close);
    const sent = body === undefined ? null : JSON.stringify(body);
    const answer = await request(`${url}/faults`, { method, body: sent });
    await answer.body.dump();
    return answer.statusCode;
  }

  it("refuses what isn't a fault, and changes nothing", async () => {
    await expect(admin("PATCH", { dropHalf: true, explode: true })).resolves.toBe(400);
    await expect(admin("PATCH", { latencyMs: -1 })).resolves.toBe(400);
    await expect(idsOf({ limit: 100 })).resolves.toHaveLength(40);
  });
});

describe("what Qdrant has and the stand-in hasn't", () => {
  it.each([
    ["a route", "/collections/chunks/points/search", { vector: [1, 0], limit: 1 }, "points/search"],
    [
      "a member of a body",
      "/collections/chunks/points/query",
      { query: [1, 0], score_threshold: 1 },
      "score_threshold",
    ],
    ["a member of a selection", "/collections/chunks/points/delete", { points: [1], shard_key: "a" }, "shard_key"],
    ["a condition", "/collections/chunks/points/count", { filter: { must: [{ nested: {} }] } }, "nested"],
  ])("%s is refused by name", async (_, path, body, name) => {
    await expect(post(path, body)).resolves.toMatchObject({ status: 501, text: expect.stringContaining(name) });
  });

  it("an index whose searches this server hasn't is refused", async () => {
    const found = await request(`${standIn.url}/collections/chunks/index`, {
      method: "PUT",
      body: JSON.stringify({ field_name: "n", field_schema: "text" }),
    });
    expect(found.statusCode).toBe(501);
    await expect(found.body.text()).resolves.toContain("text index");
  });
});

describe("the official client", () => {
  it("can do to the stand-in what the product's tools do to a Qdrant", async () => {
    const client = new QdrantClient({ url: standIn.url });
    await client.createCollection("mine", { vectors: { size: 2, distance: "Cosine" } });
    const points = [1, 2, 3].map((id) => ({
      id,
      vector: [id, 1],
      payload: { group: id % 2 === 0 ? "even" : "odd", at: `2026-01-0${id}` },
    }));
    await client.upsert("mine", { points });
    await client.setPayload("mine", { payload: { seen: true }, points: [2] });
    await client.createPayloadIndex("mine", { field_name: "at", field_schema: "datetime", wait: true });
    const page = await client.scroll("mine", { order_by: { key: "at", direction: "desc" }, limit: 2 });
    expect(page.points.map(({ id }) => id)).toEqual([3, 2]);
    expect(page.points[1]?.payload).toEqual({ group: "even", at: "2026-01-02", seen: true });
    const { points: best } = await client.query("mine", { query: [3, 1], limit: 1 });
    expect(best.map(({ id }) => id)).toEqual([3]);
    await client.delete("mine", { filter: { must: [{ key: "group", match: { value: "odd" } }] }, wait: true });
    await expect(client.count("mine")).resolves.toEqual({ count: 1 });
    await expect(client.query("mine", { query: [1, 2, 3] })).rejects.toMatchObject({ status: 400 });
    await client.deleteCollection("mine");
    await expect(client.getCollection("mine")).rejects.toMatchObject({ status: 404 });
  });
});
