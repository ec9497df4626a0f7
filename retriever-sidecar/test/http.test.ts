import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Agent, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { type FakeQdrant, startFakeQdrant } from "@retriever/stores/test/fakes/qdrant-server.ts";
import { dimension, makePoints, vectorAt } from "@retriever/stores/test/points.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ConfigDirectory, makeConfigDirectory } from "./config-directory.ts";
import { qdrantBase } from "./documents.ts";
import { runSidecar, type SidecarProcess, startSidecar } from "./sidecar-process.ts";
import { waitUntil } from "./wait-until.ts";

let store: FakeQdrant;
let directory: ConfigDirectory;
let patient: ConfigDirectory;
let sidecar: SidecarProcess;

beforeAll(async () => {
  store = await startFakeQdrant({ points: makePoints(20) });
  directory = makeConfigDirectory();
  patient = makeConfigDirectory();
  directory.write({ "retriever.yaml": qdrantBase(store.url) });
  sidecar = await startSidecar({ config: directory.path });
  await waitUntil(async () => (await sidecar.status()).stores[0]?.dimension === dimension);
});

afterAll(async () => {
  await sidecar.stop();
  await store.close();
  directory.remove();
  patient.remove();
});

const good = JSON.stringify({ embedding: vectorAt(1), k: 1 });
const hostile = [
  { title: "a body that is not JSON", body: "hello", path: "(root)" },
  { title: "an empty body", body: "", path: "(root)" },
  { title: "NaN in the embedding", body: good.replace("[", "[NaN,"), path: "embedding" },
  { title: "an embedding of a wrong dimension", body: '{"embedding":[1,2],"k":1}', path: "embedding" },
  { title: "k of 0", body: good.replace('"k":1', '"k":0'), path: "k" },
  { title: "k of a million", body: good.replace('"k":1', '"k":1000000'), path: "k" },
];

test.each(hostile)("$title gets a 400 that names the place", async ({ body, path }) => {
  const before = store.seen.filter((request) => request.path.includes("query")).length;
  const answer = await sidecar.retrieve(body);
  expect(answer).toMatchObject({ status: 400, body: { error: { code: "RETR_REQUEST_INVALID", path } } });
  expect(answer.body.error?.message).toContain("expected");
  expect(store.seen.filter((request) => request.path.includes("query"))).toHaveLength(before);
});

test("a body of 10 MB gets a 413 without being taken in, announced or not", async () => {
  const huge = Buffer.alloc(10_000_000, 32);
  expect(await sidecar.retrieve(huge)).toMatchObject({ status: 413, body: { error: { code: "RETR_BODY_TOO_LARGE" } } });
  const { port } = new URL(sidecar.appUrl);
  const answer = await exchange(Number(port), [
    "POST /v1/retrieve HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n",
    ...Array.from({ length: 30 }, () => `10000\r\n${" ".repeat(65_536)}\r\n`),
  ]);
  expect(answer).toMatch(/^HTTP\/1.1 413 /);
  expect((await sidecar.retrieve(good)).status).toBe(200);
});

test("a client that expects to be asked for its body is refused before it sends one", async () => {
  const { port } = new URL(sidecar.appUrl);
  const head = "POST /v1/retrieve HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 9999999\r\n\r\n";
  expect(await exchange(Number(port), [head])).toMatch(/^HTTP\/1.1 413 /);
});

const misses = [
  { title: "another path", path: "/v1/other", method: "POST", status: 404 },
  { title: "another method", path: "/v1/retrieve", method: "GET", status: 405 },
];

test.each(misses)("$title is refused with $status", async ({ path, method, status }) => {
  expect((await fetch(`${sidecar.appUrl}${path}`, { method })).status).toBe(status);
});

const questions = [
  { title: "windows that aren't any", query: "windows=15,x", path: "windows", got: '"15,x"' },
  { title: "bins from a time of day", query: "bins=2026-01-01", path: "bins", got: '"2026-01-01"' },
  { title: "bins from no instant", query: "bins=", path: "bins", got: '""' },
  { title: "bins from before 1970", query: "bins=-10", path: "bins", got: '"-10"' },
  { title: "bins from a part of a second", query: "bins=1.5", path: "bins", got: '"1.5"' },
  { title: "bins from milliseconds", query: "bins=1790000000000", path: "bins", got: '"1790000000000"' },
  { title: "bins from two instants", query: "bins=1&bins=2", path: "bins", got: '"1&2"' },
];

test.each(questions)("a status with $title is refused with the field, what was expected and what came", async (row) => {
  const answer = await fetch(`${sidecar.adminUrl}/v1/status?${row.query}`);
  expect(answer.status).toBe(400);
  const { error } = (await answer.json()) as { error: { code: string; path: string; message: string } };
  expect(error).toMatchObject({ code: "RETR_REQUEST_INVALID", path: row.path });
  expect(error.message).toMatch(new RegExp(`^${row.path}: expected .*, got `));
  expect(error.message).toContain(`got ${row.got}`);
});

test("a status without bins still says until when they are closed, and none is asked for from tomorrow on", async () => {
  const before = Math.floor(Date.now() / 1000);
  const { closedAt, bins } = (await sidecar.status()).evidence;
  expect([closedAt % 10, bins]).toEqual([0, []]);
  expect(closedAt).toBeGreaterThan(before - 10);
  const tomorrow = await fetch(`${sidecar.adminUrl}/v1/status?bins=${before + 86_400}`);
  expect(await tomorrow.json()).toMatchObject({ evidence: { bins: [] } });
});

test("the admin listener refuses everything but reads", async () => {
  expect((await fetch(`${sidecar.adminUrl}/v1/status`, { method: "POST" })).status).toBe(405);
  expect((await fetch(`${sidecar.adminUrl}/nothing`)).status).toBe(404);
});

test("the contract's documents are served as they lie under docs/", async () => {
  for (const name of [
    "retriever-config.schema.json",
    "retriever-overlay.schema.json",
    "sidecar-openapi.json",
    "verify-report.schema.json",
  ]) {
    const answer = await fetch(`${sidecar.adminUrl}/docs/${name}`);
    const file = fileURLToPath(new URL(`../../docs/${name}`, import.meta.url));
    expect(await answer.json()).toEqual(JSON.parse(readFileSync(file, "utf8")));
  }
  expect((await fetch(`${sidecar.adminUrl}/docs/toString`)).status).toBe(404);
});

test("a request's trace reaches the store", async () => {
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const headers = { traceparent, tracestate: "vendor=1" };
  await fetch(`${sidecar.appUrl}/v1/retrieve`, { method: "POST", body: good, headers });
  expect(store.seen.findLast(({ path }) => path.includes("query"))?.headers).toMatchObject(headers);
});

test("metrics carry the contract's names after one request", async () => {
  await sidecar.retrieve(good);
  const text = await (await fetch(`${sidecar.adminUrl}/metrics`)).text();
  expect(text).toMatch(/^retrieval_total \d+$/m);
  expect(text).toMatch(/^retr_latency_vector_ms\{quantile="p95"\} [\d.]+$/m);
  expect(text).toMatch(/^retr_backend_latency_ms\{backend="qdrant",role="primary",quantile="p50"\} [\d.]+$/m);
  expect(text).toMatch(/^retr_dual_score_loss_bucket\{le="0.2"\} 0$/m);
});

test("check-config judges base and overlay files and lists every fault", async () => {
  const files = makeConfigDirectory();
  files.write({ "retriever.yaml": qdrantBase(store.url), "migration.json": '{"schema":2,"primary":"x"}' });
  expect(await runSidecar(["check-config", `${files.path}/..data/retriever.yaml`])).toMatchObject({ code: 0 });
  const refused = await runSidecar(["check-config", `${files.path}/..data/migration.json`]);
  files.remove();
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/RETR_CONFIG_INVALID: overlay: schema: .*; revision: .*; primary: /);
});

test("more requests at once than the limit are refused as overload, and served again afterwards", async () => {
  const other = await startPatient();
  store.behave = () => undefined;
  const answers = await Promise.all(Array.from({ length: 300 }, () => other.retrieve(good)));
  store.behave = undefined;
  const codes = answers.map((answer) => answer.body.error?.code);
  expect(codes.filter((code) => code === "RETR_OVERLOADED")).toHaveLength(300 - 256);
  expect(codes.filter((code) => code === "RETR_DEADLINE_EXCEEDED")).toHaveLength(256);
  expect((await other.retrieve(good)).status).toBe(200);
  const told = (await (await fetch(`${other.adminUrl}/v1/status`)).json()) as { evidence: { counters: object } };
  expect(told.evidence.counters).toMatchObject({ requests: 256 + 1, errors: 256, overloaded: 300 - 256 });
  await other.stop();
});

test("SIGINT lets a running request finish, refuses new ones and ends within the grace period", async () => {
  const other = await startPatient();
  let finish: () => void = () => undefined;
  store.behave = (request, response) => {
    if (request.method === "GET") return "as usual";
    finish = () => response.end(JSON.stringify({ result: { points: [] } }));
    return undefined;
  };
  const seen = store.seen.length;
  const running = other.retrieve(good);
  await waitUntil(() => store.seen.slice(seen).some((request) => request.path.includes("query")));
  const startedAt = performance.now();
  const stopping = other.stop();
  await waitUntil(() =>
    fetch(other.appUrl).then(
      () => false,
      () => true,
    ),
  );
  expect(await other.ready()).toBe(503);
  finish();
  expect((await running).status).toBe(200);
  expect(await stopping).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(8000);
  store.behave = undefined;
});

test("SIGTERM, which an application gets at the same time, ends it only once the application has let go of it", async () => {
  const other = await startPatient();
  const agent = new Agent({ keepAlive: true });
  const ask = (kept?: Agent) => statusOf(other.appUrl, kept);
  expect(await ask(agent)).toBe(200);
  const stopping = other.stop("SIGTERM");
  await waitUntil(async () => (await other.ready()) === 503);
  // By a connection of its own, as an application without a pool asks; and by the one that was kept.
  expect([await ask(), await ask(), await ask(agent)]).toEqual([200, 200, 200]);
  agent.destroy();
  expect(await stopping).toBe(0);
  await expect(ask()).rejects.toThrow("ECONNREFUSED");
});

/** Of a request by `node:http`, over a connection that is closed after it where no agent keeps one. */
async function statusOf(url: string, agent: Agent | false = false): Promise<number | undefined> {
  const sent = request(`${url}/v1/retrieve`, { method: "POST", agent });
  sent.end(good);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  answer.resume();
  await once(answer, "end");
  return answer.statusCode;
}

/** A sidecar that waits five seconds for its store, so that a busy machine doesn't decide the test. */
async function startPatient(): Promise<SidecarProcess> {
  patient.write({ "retriever.json": qdrantBase(store.url, { timeoutMs: 5000 }) });
  return startSidecar({ config: patient.path });
}

/** Sends raw pieces one after the other and reads until the server closes. */
function exchange(port: number, pieces: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      for (const piece of pieces) socket.write(piece);
    });
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString();
    });
    socket.once("close", () => resolve(text));
    socket.once("error", reject);
  });
}

test("the time that the store asks to be left alone is passed on with the refusal", async () => {
  store.behave = (request, response) => {
    if (request.method === "GET") return "as usual";
    return response.writeHead(429, { "retry-after": "7" }).end("{}");
  };
  const answer = await fetch(`${sidecar.appUrl}/v1/retrieve`, { method: "POST", body: good });
  store.behave = undefined;
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "7"]);
  expect(await answer.json()).toMatchObject({
    error: { code: "RETR_BACKEND_UNAVAILABLE", message: expect.stringContaining("asks to wait 7 s") as string },
  });
});
