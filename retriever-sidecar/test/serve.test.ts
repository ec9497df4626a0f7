import { identityOf } from "@retriever/stores/config/identity.ts";
import { locatePostgres } from "@retriever/stores/pgvector/config/resolve.ts";
import { startPostgres, type TestPostgres } from "@retriever/stores/test/fakes/postgres-server.ts";
import { type FakeQdrant, startFakeQdrant } from "@retriever/stores/test/fakes/qdrant-server.ts";
import { makePoints, vectorAt } from "@retriever/stores/test/points.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ConfigDirectory, makeConfigDirectory } from "./config-directory.ts";
import { makeOverlay, pgvectorBase, qdrantDestination } from "./documents.ts";
import { type SidecarProcess, startSidecar } from "./sidecar-process.ts";
import { waitUntil } from "./wait-until.ts";

const points = makePoints(40);
let postgres: TestPostgres;
let qdrant: FakeQdrant;
let directory: ConfigDirectory;
let sidecar: SidecarProcess;
let digest: string;

beforeAll(async () => {
  postgres = await startPostgres(points);
  qdrant = await startFakeQdrant({ points, apiKey: "right-key" });
  directory = makeConfigDirectory();
  directory.write({ "retriever.json": pgvectorBase(postgres.connectionString) });
  digest = identityOf(locatePostgres(postgres.connectionString, "public", "vector_chunks")).digest;
  sidecar = await startSidecar({
    config: directory.path,
    env: { RETRIEVER_ALLOWED_HOSTS: `127.0.0.1:${qdrant.port}=RETRIEVER_CRED_Q`, RETRIEVER_CRED_Q: "right-key" },
  });
});

afterAll(async () => {
  await sidecar.stop();
  await qdrant.close();
  await postgres.close();
  directory.remove();
});

function overlay(change: Parameters<typeof makeOverlay>[2]): string {
  const destination = qdrantDestination(qdrant.url, { apiKey: { fromEnv: "RETRIEVER_CRED_Q" } });
  return makeOverlay(digest, destination, change);
}

async function activate(change: { epoch: number } & NonNullable<Parameters<typeof makeOverlay>[2]>): Promise<void> {
  directory.write({ "retriever.json": pgvectorBase(postgres.connectionString), "migration.json": overlay(change) });
  await waitUntil(async () => (await sidecar.status()).config.epoch === change.epoch);
}

test("a base alone serves from its primary, logs the kinds and tells what it knows of the store", async () => {
  const answer = await sidecar.retrieve({ embedding: vectorAt(7), k: 3, namespace: "odd", filters: { lang: "en" } });
  expect(answer.body.candidates?.map((candidate) => candidate.chunkId)).toEqual(["chunk-7", "chunk-5", "chunk-11"]);
  expect(answer.body.candidates?.[0]?.similarity).toBeCloseTo(1, 5);
  expect(answer.body.candidates?.[0]?.updatedAt).toBe("2026-01-01T00:00:07.000Z");
  const store = await waitUntil(async () => (await sidecar.status()).stores.find((each) => each.count !== null));
  expect(store).toMatchObject({ store: "source", role: "primary", count: 40, dimension: 8, exists: true, tls: "off" });
  expect(store.newestUpdatedAt).toBe("2026-01-01T00:00:39.000Z");
  expect(await sidecar.logged("activated", 0)).toMatchObject({ primaryKind: "pgvector" });
});

test("an overlay that samples everything counts the agreement of both stores as evidence of its epoch", async () => {
  await activate({ epoch: 2, shadow: "destination", sampleRate: 1 });
  for (let index = 0; index < 5; index += 1) await sidecar.retrieve({ embedding: vectorAt(index + 0.2), k: 4 });
  const status = await waitUntil(async () => {
    const status = await sidecar.status("15,300,300@300");
    return status.evidence.counters.answered === 5 && status;
  });
  expect(status.evidence).toMatchObject({
    epoch: 2,
    counters: { requests: 5, mismatch: 0, overlapSum: 5, shadowErrors: 0 },
  });
  expect(status.evidence.windows.map((window) => window.counters.answered)).toEqual([5, 5, 0]);
  expect(status.stores.map((store) => [store.store, store.role])).toEqual([
    ["source", "primary"],
    ["destination", "shadow"],
  ]);
});

test("a cut-over answers from the destination with the same candidates, and base64 asks the same question", async () => {
  const before = await sidecar.retrieve({ embedding: vectorAt(12.3), k: 5 });
  await activate({ epoch: 3, primary: "destination", shadow: "source", sampleRate: 1 });
  const bytes = Buffer.from(Float32Array.from(vectorAt(12.3)).buffer).toString("base64");
  const after = await sidecar.retrieve({ embedding: bytes, k: 5 });
  expect(after.status).toBe(200);
  expect(after.body.candidates?.map((candidate) => candidate.chunkId)).toEqual(
    before.body.candidates?.map((candidate) => candidate.chunkId),
  );
  for (const [index, candidate] of (after.body.candidates ?? []).entries()) {
    expect(candidate.similarity).toBeCloseTo(before.body.candidates?.[index]?.similarity ?? 0, 5);
    expect(candidate.updatedAt).toBe(before.body.candidates?.[index]?.updatedAt);
  }
  const metrics = await (await fetch(`${sidecar.adminUrl}/metrics`)).text();
  expect(metrics).toContain('retr_backend_info{role="primary",kind="qdrant"} 1');
  expect(metrics).toContain("retr_config_epoch 3");
});

test("SIGINT ends the process in order, and no secret was ever logged", async () => {
  expect(await sidecar.stop()).toBe(0);
  expect(JSON.stringify(sidecar.log)).not.toContain("right-key");
});
