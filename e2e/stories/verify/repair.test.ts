// A drifted destination made right from a reviewed report, and a source that gets what only the new store received.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { repairSummarySchema } from "@retriever/sidecar/contract/repair-summary.ts";
import type { DifferenceKind } from "@retriever/sidecar/contract/verify-report.ts";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { loadPgvector, type Postgres, startPostgres } from "#stores/postgres.ts";
import { type Qdrant, startQdrant } from "#stores/qdrant.ts";
import { type Caller, loadQdrant, openQdrant, pathOf, pointIdOf } from "#stores/qdrant-rest.ts";
import { type Dataset, loadDataset } from "#support/dataset/read.ts";
import { type Place, placeOf, reportFile, runVerify, verify } from "#support/verify/verify-process.ts";

const all = loadDataset();
const dataset: Dataset = { ...all, chunks: all.chunks.slice(0, 300) };
const table = { schema: "public", table: "vector_chunks", index: "hnsw" } as const;
const level = ["--level", "vector", "--lag", "0"] as const;
const forward = ["--direction", "source-to-destination"] as const;
let postgres: Postgres;
let qdrant: Qdrant;
let caller: Caller;
let client: Client;

beforeAll(async () => {
  [postgres, qdrant] = await Promise.all([
    startPostgres("127.0.0.73", ""),
    startQdrant({ address: "127.0.0.73", apiKey: "secret-word", external: { url: undefined, apiKey: undefined } }),
  ]);
  caller = openQdrant(qdrant);
  client = new Client({ connectionString: postgres.connectionString });
  await client.connect();
});

beforeEach(async () => {
  await loadPgvector(postgres.connectionString, table, dataset);
  await loadQdrant(qdrant, "chunks", dataset);
});

afterAll(async () => {
  await client.end();
  await caller.close();
  await Promise.all([postgres.close(), qdrant.close()]);
});

function openPlace(indexSettings: object = {}): Place {
  const { connectionString } = postgres;
  const metadataColumns = ["lang", "pos", "words", "has_example"];
  const tuning = { metadataColumns, preparedStatements: false, indexSettings };
  const destination = { kind: "qdrant", url: qdrant.url, collection: "chunks", apiKey: qdrant.apiKey };
  const place = placeOf({ kind: "pgvector", connectionString, ...tuning }, destination);
  onTestFinished(place.remove);
  return place;
}

function idAt(row: number): string {
  return dataset.chunks[row]?.chunkId ?? "";
}

async function points(method: "POST" | "PUT", path: string, body: object): Promise<unknown> {
  return caller.call({ method, path: pathOf("chunks", `/points${path}`), body });
}

/** One fault of every kind at the destination. */
async function damage(): Promise<Record<string, DifferenceKind>> {
  const payload = { chunk_id: "stray", entity_id: "e", namespace: "n", updated_at: "2026-01-01T00:00:00Z" };
  await points("PUT", "?wait=true", {
    points: [{ id: pointIdOf("stray"), vector: [...dataset.vector(9)], payload }],
  });
  await points("POST", "/delete?wait=true", { points: [pointIdOf(idAt(1))] });
  const set = (row: number, change: object) =>
    points("POST", "/payload?wait=true", { points: [pointIdOf(idAt(row))], payload: change });
  await set(2, { updated_at: "2020-01-01T00:00:00Z", note: "the application's own" });
  await set(3, { words: 4711 });
  const [held] = (await points("POST", "", { ids: [pointIdOf(idAt(4))], with_payload: true })) as [{ payload: object }];
  await points("PUT", "?wait=true", {
    points: [{ id: pointIdOf(idAt(4)), vector: [...dataset.vector(5)], payload: held.payload }],
  });
  return { stray: "extra", [idAt(1)]: "missing", [idAt(2)]: "stale", [idAt(3)]: "payload", [idAt(4)]: "vector" };
}

async function repairFrom(place: Place, args: readonly string[]) {
  const { exitCode, stdout, stderr } = await runVerify(place, ["--repair", reportFile(place), ...args]);
  const output = `${stdout}\n${stderr}`;
  const line = output.split("\n").findLast((each) => each.startsWith('{"repair"'));
  return { exitCode, output, line: line === undefined ? null : (JSON.parse(line) as { repair: unknown }) };
}

test("a reviewed report first shows its plan, then makes the destination as the source is", async () => {
  const expected = await damage();
  const place = openPlace();
  const drifted = await verify(place, level);
  expect(Object.fromEntries(drifted.report.differences.map(({ id, kind }) => [id, kind]))).toEqual(expected);

  const dry = await repairFrom(place, [...forward, "--delete-extra"]);
  expect(dry.exitCode).toBe(1);
  expect(dry.output).toContain("dry run: nothing was written; --yes writes");
  expect(dry.output).toContain("remove  1 extra: stray");
  expect(dry.output).not.toContain("secret-word");
  expect((await verify(place, level)).report.counts).toEqual(drifted.report.counts);

  const careful = await repairFrom(place, [...forward, "--yes"]);
  expect(careful.exitCode).toBe(1);
  expect(careful.line?.repair).toMatchObject({ done: { written: 4, removed: 0, remaining: { extra: 1 } } });
  const whole = await repairFrom(place, [...forward, "--delete-extra", "--yes"]);
  expect(whole.exitCode).toBe(0);
  // What was written isn't what the report saw any more, and is left; it is the same in both stores.
  expect(whole.line?.repair).toMatchObject({ dryRun: false, done: { written: 0, removed: 1, remaining: {} } });

  const after = await verify(place, level);
  expect(after.report).toMatchObject({ outcome: "equal", differences: [] });
  const [kept] = (await points("POST", "", { ids: [pointIdOf(idAt(2))], with_payload: true })) as [{ payload: object }];
  expect(kept.payload).toMatchObject({ note: "the application's own", chunk_id: idAt(2) });
});

test("a delayed rollback brings the source what only the new store received", async () => {
  const updatedAt = new Date(Date.now() - 60_000).toISOString();
  const payload = {
    chunk_id: "after-cutover",
    entity_id: "e",
    namespace: "n",
    updated_at: updatedAt,
    words: 12,
    lang: "de",
  };
  await points("PUT", "?wait=true", {
    points: [{ id: pointIdOf("after-cutover"), vector: [...dataset.vector(0)], payload }],
  });
  const place = openPlace();
  const { report } = await verify(place, level);
  expect(report.differences).toMatchObject([{ id: "after-cutover", kind: "extra", destinationUpdatedAt: updatedAt }]);
  const { exitCode, line } = await repairFrom(place, ["--direction", "destination-to-source", "--yes"]);
  expect(line?.repair).toMatchObject({ planned: { write: { extra: 1 } }, done: { written: 1, remaining: {} } });
  expect(exitCode).toBe(0);
  const { rows } = await client.query("SELECT * FROM vector_chunks WHERE chunk_id = 'after-cutover'");
  expect(rows).toMatchObject([{ entity_id: "e", words: 12, lang: "de", pos: null, updated_at: new Date(updatedAt) }]);
  expect((await verify(place, level)).report.outcome).toBe("equal");
});

test("an edited report, one of other stores and half an order are bad usage, and nothing is written", async () => {
  await points("POST", "/delete?wait=true", { points: [pointIdOf(idAt(1))] });
  const place = openPlace();
  await verify(place, level);
  const noDirection = await repairFrom(place, ["--yes", "--since", "2026-01-01"]);
  expect(noDirection.exitCode).toBe(3);
  expect(noDirection.output).toContain(
    "--direction: expected source-to-destination or destination-to-source, got none",
  );
  expect(noDirection.output).toContain("--since: not with --repair");
  const text = readFileSync(reportFile(place), "utf8");
  writeFileSync(reportFile(place), text.replaceAll(idAt(1), idAt(7)));
  const edited = await repairFrom(place, [...forward, "--yes"]);
  expect([edited.exitCode, edited.line]).toEqual([3, null]);
  expect(edited.output).toContain("RETR_REPAIR_REFUSED");
  expect(edited.output).toContain("it was edited");
  expect((await verify(place, level)).report.counts.missing).toBe(1);
});

test("a store that fails ends the repair with what it came to, and can't say", async () => {
  await points("POST", "/delete?wait=true", { points: [pointIdOf(idAt(1))] });
  const place = openPlace();
  await verify(place, level);
  await client.query("ALTER TABLE vector_chunks RENAME TO elsewhere");
  const failed = await repairFrom(place, [...forward, "--yes"]);
  expect(failed.exitCode).toBe(2);
  expect(failed.output).toContain("stopped: before the first batch; the same report can be repaired from again");
  expect(failed.output).toContain("RETR_BACKEND_MISSING");
  await client.query("ALTER TABLE elsewhere RENAME TO vector_chunks");
  expect((await repairFrom(place, [...forward, "--yes"])).exitCode).toBe(0);
});

test("a mistuned index is blamed on its own store, in the report", async () => {
  // So few rows may be read quicker than an index; one session for all, as PGlite has it, needs the second.
  await client.query("ALTER ROLE CURRENT_USER SET enable_seqscan = off; SET enable_seqscan = off");
  // Lists of a few rows, of which one is looked through.
  await client.query(`DROP INDEX vector_chunks_embedding_idx;
    CREATE INDEX ON vector_chunks USING ivfflat (embedding vector_cosine_ops) WITH (lists = 200)`);
  const { report } = await verify(openPlace({ ivfflatProbes: 1 }), ["--quality", "15", "--k", "10"]);
  expect(report.outcome).toBe("equal");
  expect(report.quality).toMatchObject({ k: 10, source: { queries: 15 }, destination: { value: 1, queries: 15 } });
  expect(report.quality?.source?.interval[1]).toBeLessThan(report.quality?.destination?.interval[0] ?? 0);
});

test("a repair that somebody agreed to by digest writes from that report alone, and says at its end what is open", async () => {
  const updatedAt = new Date(Date.now() - 60_000).toISOString();
  const payload = { chunk_id: "after-cutover", entity_id: "e", namespace: "n", updated_at: updatedAt };
  await points("PUT", "?wait=true", {
    points: [{ id: pointIdOf("after-cutover"), vector: [...dataset.vector(0)], payload }],
  });
  const place = openPlace();
  const { report } = await verify(place, level);
  const log = join(dirname(reportFile(place)), "ended");
  const back = ["--direction", "destination-to-source", "--yes", "--termination-log", log, "--digest"];
  const other = await repairFrom(place, [...back, "0".repeat(64)]);
  expect(other.exitCode).toBe(3);
  expect(readFileSync(log, "utf8")).toContain("RETR_REPAIR_REFUSED");
  expect((await client.query("SELECT FROM vector_chunks WHERE chunk_id = 'after-cutover'")).rowCount).toBe(0);

  expect((await repairFrom(place, [...back, report.digest])).exitCode).toBe(0);
  const summary = repairSummarySchema.parse(JSON.parse(readFileSync(log, "utf8")));
  expect(summary).toMatchObject({ digest: report.digest, to: "source", named: 1, written: 1, open: 0 });
  expect((await client.query("SELECT FROM vector_chunks WHERE chunk_id = 'after-cutover'")).rowCount).toBe(1);
});
