// The verification of a real sample in two stores, as an operator's Job or a person runs it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { digestOfReport } from "@retriever/sidecar/contract/verify-report.ts";
import { Client } from "pg";
import { request } from "undici";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { loadPgvector, type Postgres, startPostgres } from "#stores/postgres.ts";
import { type Qdrant, startQdrant } from "#stores/qdrant.ts";
import { type Caller, loadQdrant, openQdrant, pathOf, pointIdOf } from "#stores/qdrant-rest.ts";
import { type Dataset, loadDataset } from "#support/dataset/read.ts";
import { eventually } from "#support/eventually.ts";
import { makePlace, type Place, runVerify, startVerify } from "#support/verify/verify-process.ts";

const all = loadDataset();
const dataset: Dataset = { ...all, chunks: all.chunks.slice(0, 300) };
const columns = ["lang", "pos", "words", "has_example"];
let postgres: Postgres;
let qdrant: Qdrant;
let caller: Caller;
let folder: Place;

beforeAll(async () => {
  [postgres, qdrant] = await Promise.all([
    startPostgres("127.0.0.72", ""),
    startQdrant({ address: "127.0.0.72", external: { url: undefined, apiKey: undefined } }),
  ]);
  caller = openQdrant(qdrant);
  const table = { schema: "public", table: "vector_chunks", index: "none" } as const;
  await loadPgvector(postgres.connectionString, table, dataset);
});

beforeEach(async () => {
  await qdrant.degrade.restore();
  await loadQdrant(qdrant, "chunks", dataset);
  folder = makePlace({ "retriever.json": baseOf({}) });
});

afterEach(() => folder.remove());

afterAll(async () => {
  await caller.close();
  await Promise.all([postgres.close(), qdrant.close()]);
});

function baseOf(shadow: object): object {
  const { connectionString } = postgres;
  const primary = { kind: "pgvector", connectionString, preparedStatements: false, metadataColumns: columns };
  const destination = { kind: "qdrant", url: qdrant.url, collection: "chunks", ...shadow };
  return { primary, dualRead: { enabled: true, shadow: destination } };
}

function idAt(row: number): string {
  return dataset.chunks[row]?.chunkId ?? "";
}

async function setPayload(row: number, payload: object): Promise<void> {
  const body = { payload, points: [pointIdOf(idAt(row))] };
  await caller.call({ method: "POST", path: pathOf("chunks", "/points/payload?wait=true"), body });
}

/** One fault of every kind. */
async function damage(): Promise<string[]> {
  const path = pathOf("chunks", "/points?wait=true");
  const remove = { points: [pointIdOf(idAt(1))] };
  await caller.call({ method: "POST", path: pathOf("chunks", "/points/delete?wait=true"), body: remove });
  const vector = [...dataset.vector(2)];
  const stray = { chunk_id: "stray", entity_id: "e", namespace: "n", updated_at: "2026-01-01T00:00:00Z" };
  const { lang, pos, words, hasExample, namespace, entityId, updatedAt } =
    dataset.chunks[3] ?? all.chunks[0] ?? never();
  const turned = {
    id: pointIdOf(idAt(3)),
    vector: [...dataset.vector(4)],
    payload: {
      chunk_id: idAt(3),
      entity_id: entityId,
      namespace,
      updated_at: updatedAt,
      lang,
      pos,
      words,
      has_example: hasExample,
    },
  };
  await caller.call({
    method: "PUT",
    path,
    body: { points: [{ id: pointIdOf("stray"), vector, payload: stray }, turned] },
  });
  await setPayload(5, { updated_at: "2020-01-01T00:00:00.000Z" });
  await setPayload(6, { words: 99 });
  await setPayload(7, { namespace: "moved" });
  return [
    `missing ${idAt(1)}`,
    "extra stray",
    `vector ${idAt(3)}`,
    `stale ${idAt(5)}`,
    `payload ${idAt(6)}`,
    `payload ${idAt(7)}`,
  ].toSorted();
}

function never(): never {
  throw new Error("an empty sample");
}

test("points that came without their vectors are no equal destination, and level vector names them", async () => {
  const { chunkId, entityId, updatedAt, namespace, lang, pos, words, hasExample } = dataset.chunks[3] ?? never();
  const payload = { chunk_id: chunkId, entity_id: entityId, updated_at: updatedAt, namespace, lang, pos, words };
  const point = { id: pointIdOf(idAt(3)), vector: {}, payload: { ...payload, has_example: hasExample } };
  await caller.call({ method: "PUT", path: pathOf("chunks", "/points?wait=true"), body: { points: [point] } });
  for (const level of ["ids", "fresh", "payload"]) {
    expect((await runVerify(folder, ["--level", level])).exitCode).toBe(2);
    expect(folder.report().reason).toContain("vectors: of the destination 1 chunk has none, of the source 0");
  }
  expect((await runVerify(folder, ["--level", "vector"])).exitCode).toBe(1);
  expect(folder.report().differences).toEqual([expect.objectContaining({ kind: "vector", id: idAt(3) })]);
});

test.each(["ids", "fresh", "payload", "vector"])(
  "two stores with the same sample are equal at level %s, and report, page and summary say so",
  async (level) => {
    const { exitCode: code, stdout } = await runVerify(folder, ["--level", level]);
    expect(code).toBe(0);
    const report = folder.report();
    expect(report).toMatchObject({ outcome: "equal", reason: null, isListComplete: true, differences: [] });
    expect(report.source).toMatchObject({ read: 300, dimension: 384, metric: "cosine", precision: "float32" });
    const { digest, ...rest } = report;
    expect(digestOfReport(rest)).toBe(digest);
    expect(folder.summary()).toMatchObject({ outcome: "equal", digest, read: { source: 300, destination: 300 } });
    expect(JSON.parse(stdout)).toEqual(folder.summary());
    expect(folder.page()).toContain("Both stores hold the same");
  },
);

test("a fault of every kind is named and nothing else, on the page, too; the exit code says drift", async () => {
  const expected = await damage();
  const { exitCode: code } = await runVerify(folder, ["--level", "vector", "--lag", "0.1"]);
  expect(code).toBe(1);
  const { differences, counts } = folder.report();
  expect(differences.map(({ kind, id }) => `${kind} ${id}`).toSorted()).toEqual(expected);
  expect(counts).toEqual({ missing: 1, extra: 1, stale: 1, payload: 2, vector: 1, lagging: 0 });
  expect(folder.summary().ids).toHaveLength(6);
  for (const { id } of differences) expect(folder.page()).toContain(id);
});

test("only what was written since a moment is compared, and an empty variable means none", async () => {
  const newest = dataset.chunks.map(({ updatedAt }) => updatedAt).toSorted();
  await runVerify(folder, [], { RETRIEVER_VERIFY_SINCE: newest.at(-20) ?? "" });
  expect(folder.report()).toMatchObject({ outcome: "equal", source: { read: 20 }, destination: { read: 20 } });
  await runVerify(folder, [], { RETRIEVER_VERIFY_SINCE: "" });
  expect(folder.report()).toMatchObject({ scope: { since: null }, source: { read: 300 } });
});

async function addressOf({ output, isRunning }: Awaited<ReturnType<typeof startVerify>>): Promise<string> {
  const find = async () => /"report":"([^"]+)"/.exec(output("stderr"))?.[1];
  const isOver = () => !isRunning();
  return `http://${await eventually("the report is served", find, { everyMs: 1, isOver })}/v1/report`;
}

test("the report is served until it was fetched whole, in the size that is asked for", async () => {
  await damage();
  const running = await startVerify(folder, ["--level", "payload", "--lag", "0.1", "--serve-report", "127.0.0.72:0"]);
  const url = await addressOf(running);
  const ask = async (method: "GET" | "HEAD", query = "") => {
    const { statusCode, body } = await request(`${url}${query}`, { method });
    return { statusCode, text: await body.text() };
  };
  const codes = new Set<number>();
  for (let code = 0; code !== 200; ) {
    code = (await ask("HEAD")).statusCode;
    codes.add(code);
  }
  expect([...codes].every((code) => code === 202 || code === 200)).toBe(true);
  expect((await ask("GET", "?maxBytes=x")).statusCode).toBe(400);
  const { text } = await ask("GET", "?maxBytes=2000");
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2000);
  const { digest, ...cut } = JSON.parse(text) as ReturnType<Place["report"]>;
  expect(cut).toMatchObject({ outcome: "drift", isListComplete: false });
  expect(cut.differences.length).toBeLessThan(5);
  expect(digestOfReport(cut)).toBe(digest);
  expect(await running.ended).toBe(1);
});

test("a store that fails makes the outcome unknown, and says why", async () => {
  await qdrant.degrade.fail();
  const { exitCode: code, stderr } = await runVerify(folder);
  await qdrant.degrade.restore();
  expect(code).toBe(2);
  expect(folder.report()).toMatchObject({ outcome: "unknown", isListComplete: false });
  expect(folder.summary().reason).toContain("RETR_BACKEND_UNAVAILABLE");
  expect(stderr).not.toContain(postgres.connectionString);
});

test.each([
  {
    args: ["--partition", "4/4", "--level", "all"],
    says: "--level: expected ids, fresh, payload, vector; --partition: ",
  },
  { args: ["--frobnicate"], says: "unknown option" },
])("bad usage such as $args ends with 3 and one sentence", async ({ args, says }) => {
  const { exitCode: code, stderr } = await runVerify(folder, args);
  expect(code).toBe(3);
  expect(stderr).toContain(says);
});

test("the overlay's destination is compared, from hosts that are allowed only", async () => {
  const { port } = new URL(qdrant.url);
  const { dualRead: _, ...base } = baseOf({}) as { dualRead: unknown };
  const summary = await sourceDigest();
  const overlay = {
    schema: 1,
    revision: { epoch: 1, migrationUid: "uid", plan: "plan" },
    source: { digest: summary },
    destination: { kind: "qdrant", url: qdrant.url, collection: "chunks" },
    primary: "source",
    shadow: "none",
    sampleRate: 0,
    thresholds: { scoreDelta: 0.2, latencyDeltaMs: 80 },
    released: false,
  };
  const own = makePlace({ "retriever.json": base, "migration.json": overlay });
  const refused = await runVerify(own);
  expect(refused).toMatchObject({ exitCode: 3, stderr: expect.stringContaining("RETR_HOST_NOT_ALLOWED") as string });
  expect(readFileSync(join(own.path, "termination-log"), "utf8")).toMatch(/^RETR_HOST_NOT_ALLOWED: destination: /);
  const allowed = await runVerify(own, [], { RETRIEVER_ALLOWED_HOSTS: `127.0.0.72:${port}` });
  expect(allowed.exitCode).toBe(0);
  const moved = { ...overlay, source: { digest: "0".repeat(32) } };
  const other = makePlace({ "retriever.json": base, "migration.json": moved });
  expect((await runVerify(other, [], { RETRIEVER_ALLOWED_HOSTS: "127.0.0.72" })).stderr).toContain(
    "RETR_SOURCE_CHANGED",
  );
  own.remove();
  other.remove();
});

async function sourceDigest(): Promise<string> {
  await runVerify(folder, ["--level", "ids"]);
  return folder.summary().source;
}

test("a table that lacks an agreed column is no drift: nothing can be said of it", async () => {
  const client = new Client({ connectionString: postgres.connectionString });
  await client.connect();
  await client.query("ALTER TABLE vector_chunks RENAME COLUMN words TO word_count");
  const { exitCode: code } = await runVerify(folder, ["--level", "payload"]);
  await client.query("ALTER TABLE vector_chunks RENAME COLUMN word_count TO words");
  await client.end();
  expect(code).toBe(2);
  expect(folder.report().reason).toContain("the table lacks words");
});
