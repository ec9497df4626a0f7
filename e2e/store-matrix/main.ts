// `make store-matrix`: stores as people really have them, on PostgreSQL with pgvector 0.6 and 0.8 and on Qdrant's stand-in
// (or where QDRANT_URL names one). Each is served exactly or refused at configuration, never a surprise per request; what
// is served can be verified. Then every operator x type of field x form of ids, and generated filters, by Qdrant's own engine.
// Exit 1 when anything is wrong.

import { parseArgs } from "node:util";
import { loadAdapters } from "@retriever/stores/kinds.ts";
import type { Backend } from "@retriever/stores/ports/backend.ts";
import { makeSpec, openBackend } from "@retriever/stores/test/spec.ts";
import Table from "cli-table3";
import { Client } from "pg";
import { startQdrant } from "#stores/qdrant.ts";
import { openQdrant, pathOf } from "#stores/qdrant-rest.ts";
import { startWheelPostgres } from "#stores/wheel-postgres.ts";
import { eventually } from "#support/eventually.ts";
import { endOnSignals } from "#support/process/start-process.ts";
import { askEngine, type Crossed, crossCollection, crossTable, formsFor } from "../matrix/filters/crossed.ts";
import { runFilterMatrix } from "../matrix/filters/run.ts";
import { chunkCount } from "./chunks.ts";
import { collectionCases, pointsOf, vectorsOf } from "./collections.ts";
import { type Expected, judge } from "./judge.ts";
import { runCopies } from "./law/copies.ts";
import { deadlineMs, limit } from "./law/probed.ts";
import { runCollectionLaw, runLaw } from "./law/run.ts";
import { statementsOf, type TableCase, tableCases, thereSince } from "./tables.ts";

const { values: options } = parseArgs({
  options: {
    filters: { type: "string", default: "5000" },
    forms: { type: "string", default: "16" },
    seed: { type: "string", default: "1" },
    tables: { type: "string", default: "400" },
  },
});

const address = "127.0.0.78";
const versions = ["16-0.6", "16-0.8"] as const;
/** One database for each; names and paths of nobody's session lead to the second. */
const schemas = ["public", "extensions"] as const;

const count = { passed: 0, failed: 0 };
const faults: string[] = [];
const rows = new Map<string, Map<string, number>>();

function note(group: string, place: string, name: string, wrong: readonly string[]): void {
  count[wrong.length === 0 ? "passed" : "failed"] += 1;
  const row = rows.get(group) ?? new Map<string, number>();
  rows.set(group, row.set(place, (row.get(place) ?? 0) + (wrong.length === 0 ? 0 : 1)));
  faults.push(...wrong.map((fault) => `FAIL ${place}, ${name}: ${fault}`.slice(0, 400)));
}

const adapters = await loadAdapters();

/** Whatever is served can be verified: described and read through. */
async function verifyFault(adapter: object): Promise<string[]> {
  const kind = adapters.find((each) => each.kind === "pgvector");
  const identity = { kind: "pgvector", label: "matrix", digest: "0".repeat(32) };
  const store = kind?.makeChunkStore?.(makeSpec("pgvector", adapter), { identity, fields: [] });
  if (store === undefined) return ["verify: no store"];
  const signal = limit();
  try {
    const { count: described } = await store.describe(signal);
    let read = 0;
    for await (const batch of store.scan({ level: "vector", sinceMs: null, after: null, pageSize: 100 }, signal)) {
      read += batch.count;
    }
    return described === chunkCount && read === chunkCount ? [] : [`verify: ${described} described, ${read} read`];
  } catch (error) {
    return [`verify: ${error instanceof Error ? error.message : String(error)}`];
  } finally {
    await store.close();
  }
}

/** The planner has found the index for what was sent. Sessions report what they did when they end. */
async function searched(client: Client): Promise<void> {
  const text = "SELECT sum(idx_scan) > 0 AS used FROM pg_stat_user_indexes WHERE indexrelname LIKE '%embedding%'";
  await eventually(
    "the index was used",
    async () => (await client.query<{ used: boolean }>(text)).rows[0]?.used === true,
  );
}

async function closing<T>(backend: Backend, work: (backend: Backend) => Promise<T>): Promise<T> {
  try {
    return await work(backend);
  } finally {
    await backend.close();
  }
}

function expectedOf({ vector, id, moment, index }: TableCase, minor: number): Expected {
  const ids = Array.from({ length: chunkCount }, (_, chunk) => id.idOf(chunk));
  const isServed = vector.servedSince !== null && minor >= vector.servedSince && moment.served !== undefined;
  return {
    isServed,
    ids,
    updatedAt: moment.served ?? null,
    lacksIndex: index === "none" || index === "other distance",
  };
}

async function runTables(connectionString: string, version: string, schema: string): Promise<void> {
  const url = new URL(connectionString);
  url.pathname = `/${schema}`;
  const client = new Client({ connectionString: url.href });
  await client.connect();
  const minor = Number(version.split(".")[1]);
  try {
    await client.query(
      `SET search_path TO public; CREATE SCHEMA IF NOT EXISTS ${schema}; CREATE EXTENSION vector SCHEMA ${schema}`,
    );
    for (const each of tableCases().filter((one) => thereSince(one) <= minor)) {
      await client.query(statementsOf(each, schema));
      const table = each.relation === "view" ? "served_view" : "served";
      // As behind a pooler in the one, prepared in the other.
      const pooled = { poolSize: 1, timeoutMs: deadlineMs, preparedStatements: schema === "public" };
      const adapter = { connectionString: url.href, table, ...pooled };
      const expected = expectedOf(each, minor);
      const wrong = await closing(await openBackend("pgvector", adapter), (backend) => judge(backend, expected));
      const unverified = expected.isServed ? await verifyFault(adapter) : [];
      if (expected.isServed && !expected.lacksIndex) await searched(client);
      note(each.group, `${version}, ${schema}`, each.name, [...wrong, ...unverified]);
    }
  } finally {
    await client.end();
  }
}

// What a role brings along changes nothing.
const oddSettings = [
  "datestyle TO 'SQL, DMY'",
  "timezone TO 'America/New_York'",
  "search_path TO ''",
  "row_security TO off",
];

async function runPostgres(version: (typeof versions)[number]): Promise<void> {
  const server = await startWheelPostgres({ address, version });
  const admin = new Client({ connectionString: server.connectionString });
  await admin.connect();
  try {
    // For so few rows the planner would take no index.
    const forced = ["enable_seqscan TO off", "enable_sort TO off"];
    for (const schema of schemas) await admin.query(`CREATE DATABASE ${schema}`);
    for (const schema of schemas) {
      const own = new URL(server.connectionString);
      own.pathname = `/${schema}`;
      for (const setting of [...oddSettings, ...forced]) await admin.query(`ALTER DATABASE ${schema} SET ${setting}`);
      await runTables(server.connectionString, version, schema);
    }
  } finally {
    await admin.end();
    await server.close();
  }
}

async function runQdrant(): Promise<void> {
  const qdrant = await startQdrant({ address });
  const { call, close } = openQdrant(qdrant);
  const key = qdrant.apiKey === undefined ? {} : { apiKey: qdrant.apiKey };
  try {
    for (const each of collectionCases()) {
      await call({ method: "DELETE", path: pathOf("served") });
      await call({ method: "PUT", path: pathOf("served"), body: { vectors: vectorsOf(each) } });
      await call({ method: "PUT", path: pathOf("served", "/points?wait=true"), body: { points: pointsOf(each) } });
      const ids = Array.from({ length: chunkCount }, (_, chunk) => each.served(chunk));
      const expected = { isServed: true, ids, updatedAt: "2026-04-03T08:11:12.000Z", lacksIndex: false };
      const name = each.vectorName ? { vectorName: each.vectorName } : {};
      const backend = await openBackend("qdrant", { url: qdrant.url, collection: "served", ...key, ...name });
      const wrong = await closing(backend, (opened) => judge(opened, expected));
      note(
        "points",
        qdrant.standIn ? "Qdrant's stand-in" : "Qdrant",
        `${each.name}, vector ${each.vectorName ?? "alone"}`,
        wrong,
      );
    }
  } finally {
    await close();
    await qdrant.close();
  }
}

type Wanted = Awaited<ReturnType<typeof askEngine>>;

/** Counts the filters of one form of ids. */
function noteCrossed(place: string, crossed: readonly Crossed[], wrong: readonly string[]): void {
  count.passed += crossed.length - wrong.length;
  if (wrong.length === 0) note("filters x ids", place, "filter", []);
  for (const fault of wrong) note("filters x ids", place, "filter", [fault]);
}

/** Ids of any form change nothing of what a filter passes. */
async function runCrossed(): Promise<void> {
  const wanted = await askEngine(Number(options.seed));
  const forms = formsFor(Number(options.forms), Number(options.seed));
  await Promise.all([
    ...versions.map((version) => crossTables(version, forms, wanted)),
    crossCollections(forms, wanted),
  ]);
}

async function crossTables(
  version: (typeof versions)[number],
  forms: ReturnType<typeof formsFor>,
  wanted: Wanted,
): Promise<void> {
  const { connectionString, close } = await startWheelPostgres({ address, version });
  const client = new Client({ connectionString });
  await client.connect();
  try {
    await client.query("CREATE EXTENSION vector");
    for (const form of forms)
      noteCrossed(version, wanted.crossed, await crossTable(client, connectionString, form, wanted));
  } finally {
    await client.end();
    await close();
  }
}

async function crossCollections(forms: ReturnType<typeof formsFor>, wanted: Wanted): Promise<void> {
  const qdrant = await startQdrant({ address });
  const caller = openQdrant(qdrant);
  const server = { url: qdrant.url, ...(qdrant.apiKey === undefined ? {} : { apiKey: qdrant.apiKey }) };
  try {
    for (const form of forms) {
      const wrong = await crossCollection(caller, server, form, wanted);
      noteCrossed(qdrant.standIn ? "Qdrant's stand-in" : "Qdrant", wanted.crossed, wrong);
    }
  } finally {
    await caller.close();
    await qdrant.close();
  }
}

/** What one way into a table accepts, every other accepts. */
async function runGenerated(): Promise<void> {
  const { tables, wrong } = await runLaw({ address, tables: Number(options.tables), seed: Number(options.seed) });
  count.passed += Math.max(0, tables - wrong.length - 1);
  note("generated tables", "16-0.8", "table", []);
  for (const fault of wrong) note("generated tables", "16-0.8", "table", [fault]);
  const collections = await runCollectionLaw({ address, collections: tables, seed: Number(options.seed) });
  note("generated collections", "Qdrant's stand-in", "collection", collections.wrong);
  const some = Math.ceil(tables / 8);
  const copies = await runCopies({ address, tables: some, collections: some, seed: Number(options.seed) });
  note("copies of them", "16-0.8", "all", copies.wrong);
}

/** The same filters pass the same rows in both stores. */
async function runFilters(): Promise<void> {
  const { connectionString, close } = await startWheelPostgres({ address, version: "16-0.8" });
  try {
    const [filters, seed] = [Number(options.filters), Number(options.seed)];
    const outcome = await runFilterMatrix({ connectionString, filters, seed, settings: oddSettings });
    for (const difference of outcome.differences) note("filters", "Qdrant's engine", "filter", [difference]);
    const same = outcome.compared - outcome.differences.length;
    count.passed += same;
    rows.set("filters", new Map([["Qdrant's engine", outcome.differences.length]]));
    process.stdout.write(
      `${same} of ${outcome.compared} filters pass the same rows, ${outcome.telling} of them some rows only\n`,
    );
  } finally {
    await close();
  }
}

endOnSignals();
try {
  await Promise.all([...versions.map(runPostgres), runQdrant()]);
  await runCrossed();
  await runFilters();
  await runGenerated();
} catch (error) {
  note("all", "", "the run itself", [error instanceof Error ? (error.stack ?? error.message) : String(error)]);
}
const places = [...new Set([...rows.values()].flatMap((row) => [...row.keys()]))].toSorted();
const table = new Table({ head: ["wrong, of", ...places], style: { head: [], border: [] } });
for (const [group, row] of rows) table.push([group, ...places.map((place) => row.get(place) ?? "")]);
process.stdout.write(
  `${table.toString()}\n${faults
    .slice(0, 40)
    .map((fault) => `${fault}\n`)
    .join("")}`,
);
process.stdout.write(`${count.passed} passed, ${count.failed} failed\n`);
process.exitCode = count.failed === 0 ? 0 : 1;
