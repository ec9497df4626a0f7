import { startPostgres, type TestPostgres } from "@retriever/stores/test/fakes/postgres-server.ts";
import { type FakeQdrant, startFakeQdrant } from "@retriever/stores/test/fakes/qdrant-server.ts";
import { makePoints, vectorAt } from "@retriever/stores/test/points.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ConfigDirectory, makeConfigDirectory } from "./config-directory.ts";
import { pgvectorBase } from "./documents.ts";
import { startSidecar } from "./sidecar-process.ts";
import { waitUntil } from "./wait-until.ts";

const points = makePoints(40);
let postgres: TestPostgres;
let qdrant: FakeQdrant;
let directory: ConfigDirectory;

beforeAll(async () => {
  postgres = await startPostgres(points);
  // The destination lacks half of the chunks.
  qdrant = await startFakeQdrant({ points: points.filter((_, index) => index % 2 === 0) });
  directory = makeConfigDirectory();
});

afterAll(async () => {
  await qdrant.close();
  await postgres.close();
  directory.remove();
});

test.each([
  ["source", "retr_recall_primary_sum 1", "retr_recall_shadow_sum 0.5"],
  ["destination", "retr_recall_primary_sum 0.5", "retr_recall_shadow_sum 1"],
])("an exact search in the %s tells the recall of both stores", async (store, ofPrimary, ofShadow) => {
  const base = JSON.parse(pgvectorBase(postgres.connectionString)) as object;
  const shadow = { kind: "qdrant", url: qdrant.url, collection: "chunks" };
  const dualRead = { enabled: true, sampleRate: 1, shadow };
  directory.write({ "retriever.json": JSON.stringify({ ...base, dualRead, exactSearch: { sampleRate: 1, store } }) });
  const sidecar = await startSidecar({ config: directory.path, env: {} });
  expect((await sidecar.retrieve({ embedding: vectorAt(20.4), k: 4 })).body.candidates).toHaveLength(4);
  const text = await waitUntil(async () => {
    const metrics = await (await fetch(`${sidecar.adminUrl}/metrics`)).text();
    return metrics.includes("retr_recall_shadow_count 1") ? metrics : undefined;
  });
  expect(text).toContain(ofPrimary);
  expect(text).toContain(ofShadow);
  expect(text).toContain("retr_exact_samples_total 1");
  expect(text).toContain("retr_exact_errors_total 0");
  await sidecar.stop();
});
