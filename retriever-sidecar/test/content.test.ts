// What both stores hold of the chunks that they answer, on a Postgres with texts and Qdrants that have them, lack them, or
// have others.
import { loadAdapters, storeKinds } from "@retriever/stores/kinds.ts";
import { startPostgres, type TestPostgres } from "@retriever/stores/test/fakes/postgres-server.ts";
import { type FakePoint, type FakeQdrant, startFakeQdrant } from "@retriever/stores/test/fakes/qdrant-server.ts";
import { makePoints, vectorAt } from "@retriever/stores/test/points.ts";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { makeOverlay, pgvectorBase, qdrantDestination } from "./documents.ts";
import { type InProcessSidecar, startInProcess } from "./in-process-sidecar.ts";
import { waitUntil } from "./wait-until.ts";

const points = makePoints(40);
const word = "confidential";
const textOf = ({ id }: FakePoint) => `${word} words of chunk ${id}`;
const withTexts = (text: (point: FakePoint) => string | null): FakePoint[] =>
  points.map((point) => ({ ...point, payload: { ...point.payload, body: text(point) } }));
let postgres: TestPostgres;
const qdrants = new Map<string, FakeQdrant>();
let sidecar: InProcessSidecar;
let base = "";
const told: unknown[] = [];

beforeAll(async () => {
  postgres = await startPostgres(points);
  await postgres.exec(`ALTER TABLE vector_chunks ADD COLUMN body text;
    UPDATE vector_chunks SET body = '${word} words of chunk ' || substr(chunk_id, 7)`);
  for (const [name, text] of [
    ["whole", textOf],
    ["empty", () => ""],
    ["other", (point: FakePoint) => (point.id === 4 ? "another text" : textOf(point))],
  ] as const)
    qdrants.set(name, await startFakeQdrant({ points: withTexts(text) }));
  const primary = JSON.parse(pgvectorBase(postgres.connectionString, { fields: { text: "body" } })) as object;
  base = JSON.stringify({ ...primary, select: ["text", "lang"] });
});

beforeEach(async () => {
  told.length = 0;
  const registry = await loadAdapters([...storeKinds]);
  sidecar = await startInProcess({ base, registry, hosts: ["127.0.0.1"], told: (line) => told.push(line) });
});

afterEach(async () => {
  await sidecar.stop();
});

afterAll(async () => {
  await Promise.all([...qdrants.values()].map((qdrant) => qdrant.close()));
  await postgres.close();
});

async function migrateTo(name: string, change: object = {}, fields: object = { text: "body" }): Promise<void> {
  const digest = (await sidecar.status()).stores[0]?.identity.digest ?? "";
  const destination = qdrantDestination(qdrants.get(name)?.url ?? "", { fields });
  sidecar.directory.write({ "retriever.json": base, "migration.json": makeOverlay(digest, destination, change) });
  await waitUntil(async () => (await sidecar.status()).config.epoch === 1);
}

/** What the probe found, once it has looked. */
async function probed() {
  return waitUntil(async () => {
    const { content } = await sidecar.status();
    return content !== undefined && (content.state !== "waiting" || content.reason !== null) && content;
  });
}

async function ask(body: object) {
  const text = JSON.stringify({ embedding: vectorAt(4), k: 4, ...body });
  const response = await fetch(`${sidecar.appUrl}/v1/retrieve`, { method: "POST", body: text });
  expect(response.status).toBe(200);
  return (await response.json()) as { readonly candidates: readonly object[] };
}

async function sampled(count: number) {
  return waitUntil(async () => {
    const { counters } = (await sidecar.status()).evidence;
    return counters.answered === count && counters;
  });
}

test.each([
  ["whole", { state: "compared", chunks: 20, missing: 0, different: 0, reason: null }],
  ["empty", { state: "compared", chunks: 20, missing: 20, different: 0, reason: null }],
])("before any request the content of a few chunks is compared: %s", async (name, expected) => {
  await migrateTo(name);
  expect(await probed()).toEqual(expected);
  // It is no sample, and no answer of an application.
  expect((await sidecar.status()).evidence.counters).toMatchObject({ requests: 0, answered: 0, contentSamples: 0 });
});

test("a destination whose fields name no text is told with the reason, and not as a store that fails", async () => {
  await migrateTo("whole", {}, { text: "$none" });
  const content = await probed();
  expect(content).toMatchObject({ state: "failed", chunks: 0 });
  expect(content.reason).toContain("destination: the store's fields name no text");
  expect((await sidecar.status()).stores.map(({ lastError }) => lastError)).toEqual([null, null]);
});

test("samples count what the destination lacks or has otherwise, where a request includes content", async () => {
  await migrateTo("other", { shadow: "destination", sampleRate: 1 });
  await ask({});
  expect(await sampled(1)).toMatchObject({ contentSamples: 0 });
  expect((await ask({ include: ["text"] })).candidates[0]).toMatchObject({ text: `${word} words of chunk 4` });
  expect(await sampled(2)).toMatchObject({ contentSamples: 1, contentMissingSum: 0, contentDifferentSum: 0.25 });
  await ask({ include: ["metadata"] });
  expect(await sampled(3)).toMatchObject({ contentSamples: 2, contentMissingSum: 0, contentDifferentSum: 0.25 });
  const metrics = await sidecar.metrics();
  expect(metrics).toContain("retr_dual_content_samples_total 2");
  expect(metrics).toContain("retr_dual_content_different_sum 0.25");
});

test("a destination with empty texts is all missing though its ranks agree, and no text leaves the pod but in answers", async () => {
  await migrateTo("empty", { shadow: "destination", sampleRate: 1 });
  await ask({ include: ["text", "metadata"] });
  const counters = await sampled(1);
  expect(counters).toMatchObject({ mismatch: 0, overlapSum: 1, contentSamples: 1, contentMissingSum: 1 });
  const metrics = await sidecar.metrics();
  expect(metrics).toContain("retr_dual_content_missing_sum 1");
  for (const place of [metrics, JSON.stringify(await sidecar.status()), JSON.stringify(told)])
    expect(place).not.toContain(word);
});
