// Which store finds more, on a Postgres whose index finds little under a filter, and a Qdrant that finds all it holds.
import { loadAdapters, storeKinds } from "@retriever/stores/kinds.ts";
import { startPostgres, type TestPostgres } from "@retriever/stores/test/fakes/postgres-server.ts";
import { type FakeQdrant, startFakeQdrant } from "@retriever/stores/test/fakes/qdrant-server.ts";
import { makePoints, vectorAt } from "@retriever/stores/test/points.ts";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { makeOverlay, pgvectorBase, qdrantDestination } from "./documents.ts";
import { type InProcessSidecar, startInProcess } from "./in-process-sidecar.ts";
import { waitUntil } from "./wait-until.ts";

const points = makePoints(200);
let postgres: TestPostgres;
let [whole, half]: FakeQdrant[] = [];
let sidecar: InProcessSidecar;
let base = "";
/** Requests come as fast as they are answered, on a clock on which they come every few seconds. */
let aheadMs = 0;
const clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() + aheadMs };

/** Without a plan but the index's own: the table is so small that Postgres would rather read it all. */
const indexOnly = `
  ALTER TABLE vector_chunks DROP CONSTRAINT vector_chunks_pkey;
  CREATE INDEX ON vector_chunks USING hnsw (embedding vector_cosine_ops);
  DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET enable_seqscan = off', current_database()); END $$;
  SET enable_seqscan = off;`;

beforeAll(async () => {
  postgres = await startPostgres(points);
  await postgres.exec(indexOnly);
  whole = await startFakeQdrant({ points });
  half = await startFakeQdrant({ points: points.filter((_, index) => index % 2 === 0), host: "127.0.0.2" });
  base = pgvectorBase(postgres.connectionString, { indexSettings: { hnswEfSearch: 10 } });
});

beforeEach(async () => {
  const registry = await loadAdapters([...storeKinds]);
  sidecar = await startInProcess({ base, registry, hosts: ["127.0.0.1", "127.0.0.2"], clock });
});

afterEach(async () => {
  await sidecar.stop();
});

afterAll(async () => {
  await Promise.all([whole?.close(), half?.close(), postgres.close()]);
});

async function migrateTo(url = ""): Promise<void> {
  const digest = (await sidecar.status()).stores[0]?.identity.digest ?? "";
  const change = { shadow: "destination", sampleRate: 1, recall: { maxQueriesPerSecond: 1 } } as const;
  sidecar.directory.write({
    "retriever.json": base,
    "migration.json": makeOverlay(digest, qdrantDestination(url), change),
  });
  await waitUntil(async () => (await sidecar.status()).config.epoch === 1);
}

/** 30 sampled requests; the first 20 take a minute, which tells what is usual, and each further one is measured. */
async function ask(body: object) {
  let counters = (await sidecar.status()).evidence.counters;
  for (let index = 0; index < 30; index += 1) {
    // Not while a search is under way, which would seem to take as long.
    aheadMs += 3000;
    const text = JSON.stringify({ embedding: vectorAt(40 + index), k: 10, ...body });
    const response = await fetch(`${sidecar.appUrl}/v1/retrieve`, { method: "POST", body: text });
    await response.arrayBuffer();
    counters = await waitUntil(async () => {
      const { counters } = (await sidecar.status()).evidence;
      return counters.answered > index && counters.recallSamples === Math.max(0, index - 19) && counters;
    });
  }
  return counters;
}

test("a source whose index finds three of ten under a filter, against a destination that finds all, is a gain", async () => {
  await migrateTo(whole?.url);
  const { recallSamples, recallGainSum, recallLossSum, overlapSum } = await ask({ filters: { lang: "de" } });
  expect(recallLossSum).toBe(0);
  expect(recallGainSum / recallSamples).toBeGreaterThan(0.5);
  // What a line that only measures disagreement makes of it.
  expect(overlapSum / 30).toBeLessThan(0.5);
  expect((await sidecar.status()).recall).toEqual({ state: "measuring", reason: null });
  const exact = whole?.seen.filter(({ body }) => body.includes('"exact":true')) ?? [];
  expect(exact).toHaveLength(recallSamples);
  for (const { body } of exact) expect(body).toContain('"filter":{"must":[{"key":"lang","match":{"value":"de"}}]}');
});

test("a destination that lacks half of the chunks loses about half, which the metrics tell as well", async () => {
  await migrateTo(half?.url);
  const { recallSamples, recallGainSum, recallLossSum } = await ask({});
  expect(recallGainSum).toBe(0);
  expect(recallLossSum / recallSamples).toBeCloseTo(0.5, 1);
  const text = await sidecar.metrics();
  expect(text).toContain('retr_recall_samples_total{result="measured"} 10');
  expect(text).toContain("retr_recall_stopped 0");
});
