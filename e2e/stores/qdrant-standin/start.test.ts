// The stand-in as its users hold it: loading, ties, faults in-process and over the admin port.
import { QdrantClient } from "@qdrant/js-client-rest";
import { request } from "undici";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { startAdmin } from "./admin.ts";
import { type StandIn, startStandIn } from "./start.ts";
import { urlOf } from "./url-of.ts";

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
  it("drop every second point from searches, counts and look-ups until they are cleared", async () => {
    await standIn.faults.set({ dropHalf: true });
    await expect(idsOf({ limit: 100 })).resolves.toHaveLength(20);
    await expect(post("/collections/chunks/points/count", {})).resolves.toMatchObject({
      text: expect.stringContaining('"count":20'),
    });
    const looked = await post("/collections/chunks/points", { ids: [1, 2, 3, 4] });
    expect(looked.text).toContain('"result":[{"id":1},{"id":3}]');
    await standIn.faults.clear();
    await expect(idsOf({ limit: 100 })).resolves.toHaveLength(40);
  });

  it("add time to answers", async () => {
    await standIn.faults.set({ latencyMs: 80 });
    const started = performance.now();
    await idsOf({ limit: 1 });
    expect(performance.now() - started).toBeGreaterThanOrEqual(79);
  });

  it("answer 500 in Qdrant's form, while probes and root stay well", async () => {
    await standIn.faults.set({ errors: true });
    await expect(post("/collections/chunks/points/query", { query: [1, 0] })).resolves.toMatchObject({
      status: 500,
      text: expect.stringMatching(/^\{"status":\{"error":"Service internal error: .*"\},"time":/),
    });
    const probe = await request(`${standIn.url}/readyz`);
    expect(probe.statusCode).toBe(200);
    await probe.body.dump();
  });

  it("leave requests hanging", async () => {
    await standIn.faults.set({ hang: true });
    const signal = AbortSignal.timeout(100);
    const hanging = request(`${standIn.url}/collections/chunks`, { signal });
    await expect(hanging).rejects.toThrow("timeout");
  });

  it("refuse connections, cut open ones, and keep the data", async () => {
    await idsOf({ limit: 1 });
    await standIn.faults.set({ refuse: true });
    await expect(idsOf({ limit: 1 })).rejects.toThrow("ECONNREFUSED");
    await standIn.faults.set({ refuse: false });
    await expect(idsOf({ limit: 100 })).resolves.toHaveLength(40);
  });

  it("ask for a key from now on, and tell reading from writing ones", async () => {
    await standIn.faults.set({ apiKey: "full", readOnlyApiKey: "read" });
    await expect(post("/collections/chunks/points/count", {})).resolves.toMatchObject({ status: 401 });
    await expect(post("/collections/chunks/points/count", {}, { "api-key": "read" })).resolves.toMatchObject({
      status: 200,
    });
    const deletion = { points: [1] };
    await expect(post("/collections/chunks/points/delete", deletion, { "api-key": "read" })).resolves.toMatchObject({
      status: 403,
    });
    await expect(post("/collections/chunks/points/delete", deletion, { "api-key": "full" })).resolves.toMatchObject({
      status: 200,
    });
  });
});

describe("the admin port", () => {
  async function admin(method: "GET" | "PATCH" | "DELETE", body?: object) {
    const server = await startAdmin(standIn.faults, 0, "127.0.0.1");
    onTestFinished(() => void server.close());
    const answer = await request(`${urlOf(server)}/faults`, {
      method,
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { status: answer.statusCode, faults: await answer.body.json() };
  }

  it("changes faults, tells them without the keys, and clears them", async () => {
    const changed = await admin("PATCH", { dropHalf: true, apiKey: "secret" });
    expect(changed).toMatchObject({ status: 200, faults: { dropHalf: true, errors: false, keyRequired: true } });
    expect(JSON.stringify(changed)).not.toContain("secret");
    expect(standIn.faults.get()).toMatchObject({ dropHalf: true, apiKey: "secret" });
    await admin("PATCH", { apiKey: null });
    expect(standIn.faults.get().apiKey).toBeUndefined();
    await expect(admin("DELETE")).resolves.toMatchObject({ faults: { dropHalf: false, keyRequired: false } });
  });

  it("refuses what isn't a fault, and changes nothing", async () => {
    await expect(admin("PATCH", { dropHalf: true, explode: true })).resolves.toMatchObject({ status: 400 });
    await expect(admin("PATCH", { latencyMs: -1 })).resolves.toMatchObject({ status: 400 });
    expect(standIn.faults.get().dropHalf).toBe(false);
  });
});

describe("the official client", () => {
  it("can do to the stand-in what the product's tools do to a Qdrant", async () => {
    const client = new QdrantClient({ url: standIn.url });
    await client.createCollection("mine", { vectors: { size: 2, distance: "Cosine" } });
    const points = [1, 2, 3].map((id) => ({
      id,
      vector: [id, 1],
      payload: { group: id % 2 === 0 ? "even" : "odd", n: id },
    }));
    await client.upsert("mine", { points });
    await client.setPayload("mine", { payload: { seen: true }, points: [2] });
    await client.createPayloadIndex("mine", { field_name: "n", field_schema: "integer", wait: true });
    const page = await client.scroll("mine", { order_by: { key: "n", direction: "desc" }, limit: 2 });
    expect(page.points.map(({ id }) => id)).toEqual([3, 2]);
    expect(page.points[1]?.payload).toEqual({ group: "even", n: 2, seen: true });
    const batch = await client.queryBatch("mine", {
      searches: [
        { query: [1, 1], limit: 1 },
        { query: [3, 1], limit: 1 },
      ],
    });
    expect(batch.map(({ points: [best] }) => best?.id)).toEqual([1, 3]);
    await client.delete("mine", { filter: { must: [{ key: "group", match: { value: "odd" } }] }, wait: true });
    await expect(client.count("mine")).resolves.toEqual({ count: 1 });
    await expect(client.query("mine", { query: [1, 2, 3] })).rejects.toMatchObject({ status: 400 });
    await client.deleteCollection("mine");
    await expect(client.collectionExists("mine")).resolves.toEqual({ exists: false });
  });
});
