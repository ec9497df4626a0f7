import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { QdrantClient } from "@qdrant/js-client-rest";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "#ports/backend.ts";
import { describeBackend } from "#test/backend-contract.ts";
import { makeCertificate } from "#test/certificate.ts";
import { type FakeQdrant, startFakeQdrant } from "#test/fakes/qdrant-server.ts";
import { makePoints, vectorAt } from "#test/points.ts";
import { requestOf, requestOfText } from "#test/requests.ts";
import { makeSpec, testDeps } from "#test/spec.ts";
import { makeQdrantBackend } from "./backend.ts";

let server: FakeQdrant;
let backend: Backend;

beforeAll(async () => {
  server = await startFakeQdrant({ points: makePoints(40), apiKey: "key" });
  backend = make({});
});

afterEach(() => {
  server.behave = undefined;
});

afterAll(async () => {
  await backend.close();
  await server.close();
});

function make(change: object): Backend {
  return makeQdrantBackend(
    makeSpec("qdrant", { url: server.url, collection: "chunks", apiKey: "key", ...change }),
    testDeps,
  );
}

function ask(target: Backend, body: object = { embedding: vectorAt(3), k: 1 }) {
  return target.retrieve(requestOf(body), AbortSignal.timeout(2000));
}

describeBackend({
  backend: () => backend,
  missing: () => make({ collection: "absent" }),
  unreachable: () => make({ url: "http://127.0.0.1:9" }),
});

test("the query carries the application's own bytes, the key, and Qdrant's words for the contract's", async () => {
  const strong = make({ consistency: "strong", vectorName: "text", timeoutMs: 1500 });
  await strong.retrieve(requestOfText(`{"k":2,"embedding":[1e0, ${"0,".repeat(6)}0.50]}`), AbortSignal.timeout(2000));
  await strong.close();
  const seen = server.seen.findLast((request) => request.path.includes("/points/query"));
  expect(seen?.path).toBe("/collections/chunks/points/query?consistency=all&timeout=2");
  expect(seen?.apiKey).toBe("key");
  expect(seen?.body).toBe(
    `{"query":[1e0, ${"0,".repeat(6)}0.50],"limit":2,"with_payload":["chunk_id","entity_id","updated_at"],"using":"text"}`,
  );
});

test("answers that are to include a text are refused by a collection whose fields name none", async () => {
  const request = { ...requestOf({ embedding: vectorAt(1), k: 1 }), content: { text: true, metadata: [] } };
  await expect(backend.retrieve(request, AbortSignal.timeout(2000))).rejects.toMatchObject({
    code: "RETR_BACKEND_MISSING",
    message: "the store's fields name no text, which answers are to include: name it by fields.text",
  });
});

test("an exact request asks Qdrant for a search without its index, and gives it more time", async () => {
  const exact = { ...requestOf({ embedding: vectorAt(3), k: 1 }), isExact: true };
  await backend.retrieve(exact, AbortSignal.timeout(2000));
  const seen = server.seen.findLast((request) => request.path.includes("/points/query"));
  expect(seen?.path).toBe("/collections/chunks/points/query?timeout=10");
  expect(JSON.parse(seen?.body ?? "")).toMatchObject({ limit: 1, params: { exact: true } });
  await backend.retrieve({ ...exact, timeoutMs: 1500 }, AbortSignal.timeout(2000));
  expect(server.seen.at(-1)?.path).toBe("/collections/chunks/points/query?timeout=2");
  await ask(backend);
  expect(server.seen.at(-1)?.body).not.toContain("exact");
});

test("the official client, asked the same, ranks and scores the same", async () => {
  const client = new QdrantClient({ url: server.url, apiKey: "key", checkCompatibility: false });
  const oracle = await client.query("chunks", { query: vectorAt(11.4), limit: 10, with_payload: true });
  const { candidates } = await ask(backend, { embedding: vectorAt(11.4), k: 10 });
  expect(candidates.map((each) => each.chunkId)).toEqual(oracle.points.map((point) => point.payload?.["chunk_id"]));
  expect(candidates.map((each) => each.similarity)).toEqual(oracle.points.map((point) => (point.score + 1) / 2));
});

test("a fraction is filtered by a range of one point, as match takes none", async () => {
  await ask(backend, { embedding: vectorAt(3), k: 1, filters: { rank: 1.5, lang: "de" } });
  const body = JSON.parse(server.seen.findLast((request) => request.path.includes("query"))?.body ?? "") as {
    filter: unknown;
  };
  expect(body.filter).toEqual({
    must: [
      { key: "rank", range: { gte: 1.5, lte: 1.5 } },
      { key: "lang", match: { value: "de" } },
    ],
  });
});

test("a wrong key is told as such by request and probe", async () => {
  const wrong = make({ apiKey: "other" });
  await expect(ask(wrong)).rejects.toMatchObject({ code: "RETR_BACKEND_AUTH" });
  expect(await wrong.probe(AbortSignal.timeout(2000))).toMatchObject({ reachable: true, authenticated: false });
  await wrong.close();
});

test("a vector name that the collection doesn't have is found by the probe", async () => {
  const named = make({ vectorName: "absent" });
  const facts = await named.probe(AbortSignal.timeout(2000));
  expect(facts).toMatchObject({ reachable: true, exists: true, fault: { code: "RETR_BACKEND_MISSING" } });
  expect(facts.fault?.message).toContain("vectorName");
  await named.close();
});

test("a redirect is refused, so that the key stays with its host", async () => {
  const elsewhere = await startFakeQdrant({ points: makePoints(40) });
  server.behave = (_, response) => response.writeHead(307, { location: `${elsewhere.url}/collections/chunks` }).end();
  await expect(ask(backend)).rejects.toMatchObject({ code: "RETR_BACKEND_ANSWER_INVALID" });
  expect(elsewhere.seen).toEqual([]);
  await elsewhere.close();
});

const answers = [
  { title: "a page of HTML", body: "<html>", code: "RETR_BACKEND_ANSWER_INVALID", status: 200 },
  { title: "an answer without points", body: '{"result":{}}', code: "RETR_BACKEND_ANSWER_INVALID", status: 200 },
  { title: "a server error", body: "{}", code: "RETR_BACKEND_UNAVAILABLE", status: 500 },
];

test.each(answers)("$title is $code", async ({ body, status, code }) => {
  server.behave = (_, response) => response.writeHead(status).end(body);
  await expect(ask(backend)).rejects.toMatchObject({ code });
});

test("an answer that never comes ends at the signal", async () => {
  server.behave = () => undefined;
  const request = requestOf({ embedding: vectorAt(3), k: 1 });
  await expect(backend.retrieve(request, AbortSignal.timeout(100))).rejects.toMatchObject({
    code: "RETR_DEADLINE_EXCEEDED",
  });
});

test("a certificate is verified against the adapter's own authority, and against that alone", async () => {
  const [certificate, stranger] = [makeCertificate("127.0.0.1"), makeCertificate("127.0.0.1")];
  const secure = await startFakeQdrant({ points: makePoints(40), apiKey: "key", tls: certificate });
  const folder = mkdtempSync(join(tmpdir(), "retriever-ca-"));
  const trusting = (name: string, cert: string): Backend => {
    writeFileSync(join(folder, name), cert);
    return make({ url: secure.url, tls: { caFile: join(folder, name) } });
  };
  const backends = [
    trusting("own.pem", certificate.cert),
    trusting("other.pem", stranger.cert),
    make({ url: secure.url }),
  ];
  const facts = await Promise.all(backends.map((each) => each.probe(AbortSignal.timeout(2000))));
  expect(facts.map((each) => each.tls)).toEqual(["verified", "failed", "failed"]);
  expect(facts.map((each) => each.count)).toEqual([40, null, null]);
  expect(facts[1]?.fault?.code).toBe("RETR_BACKEND_TLS");
  expect((await ask(backends[0] as Backend)).candidates[0]?.chunkId).toBe("chunk-3");
  expect(secure.seen.every((request) => request.apiKey === "key")).toBe(true);
  for (const each of backends) await each.close();
  await secure.close();
  rmSync(folder, { recursive: true });
});

test("TLS with a certificate of unknown origin fails as TLS, not as a dead store", async () => {
  const plain = make({ url: server.url.replace("http:", "https:") });
  expect(await plain.probe(AbortSignal.timeout(2000))).toMatchObject({ reachable: true, tls: "failed" });
  await plain.close();
});

describe("an alias that was pointed at a collection of another metric", () => {
  const points = [7.5, 3, 0.25];
  const distances = { Cosine: [0.9, 0.5, -0.2], Dot: points, Euclid: points.toReversed() };

  test.each([
    { before: "Cosine", after: "Euclid", similarities: [0.8, 0.25, 1 / 8.5] },
    { before: "Cosine", after: "Dot", similarities: points.map((x) => (1 + x / (1 + x)) / 2) },
    { before: "Euclid", after: "Cosine", similarities: [0.95, 0.75, 0.4] },
  ] as const)(
    "from $before to $after is scored by the new one with the first answer",
    async ({ before, after, similarities }) => {
      const alias: { distance: keyof typeof distances } = { distance: before };
      server.behave = (request, response) => {
        const result = request.url?.includes("query")
          ? { points: distances[alias.distance].map((score, id) => ({ id, score, payload: { chunk_id: `c${id}` } })) }
          : { config: { params: { vectors: { size: 8, distance: alias.distance } } } };
        response.end(JSON.stringify({ result }));
      };
      const switched = make({});
      await ask(switched, { embedding: vectorAt(3), k: 3 });
      alias.distance = after;
      const { candidates } = await ask(switched, { embedding: vectorAt(3), k: 3 });
      const found = candidates.map(({ similarity }) => similarity);
      for (const [at, similarity] of similarities.entries()) expect(found[at]).toBeCloseTo(similarity, 9);
      await switched.close();
    },
  );

  test("is asked once more for its metric, and not with each answer, where the scores go on speaking against it", async () => {
    server.behave = (request, response) => {
      const points = [300, 120].map((score, id) => ({ id, score, payload: { chunk_id: `c${id}` } }));
      const info = { config: { params: { vectors: { size: 8, distance: "Cosine" } } } };
      response.end(JSON.stringify({ result: request.url?.includes("query") ? { points } : info }));
    };
    const quantised = make({});
    const before = server.seen.length;
    for (let time = 0; time < 3; time += 1) await ask(quantised, { embedding: vectorAt(3), k: 2 });
    const asked = server.seen.slice(before).filter(({ path }) => !path.includes("query"));
    expect(asked).toHaveLength(2);
    await quantised.close();
  });

  test("from one size of vectors to another is learnt anew with the request after the one that failed", async () => {
    const alias = { size: 8 };
    server.behave = (request, response) => {
      if (request.url?.includes("query") !== true)
        return response.end(
          JSON.stringify({ result: { config: { params: { vectors: { size: alias.size, distance: "Cosine" } } } } }),
        );
      if (alias.size === 8) return "as usual";
      const error = "Wrong input: Vector dimension error: expected dim: 4, got 8";
      return response.writeHead(400).end(JSON.stringify({ status: { error } }));
    };
    const switched = make({});
    await ask(switched);
    alias.size = 4;
    await expect(ask(switched)).rejects.toMatchObject({ code: "RETR_REQUEST_INVALID", path: "embedding" });
    const before = server.seen.length;
    await expect(ask(switched)).rejects.toMatchObject({ code: "RETR_REQUEST_INVALID", path: "embedding" });
    expect(server.seen.slice(before).map(({ path }) => path)).toEqual(["/collections/chunks", expect.any(String)]);
    await switched.close();
  });
});

test("a plain request to a server that speaks TLS alone was answered, and the scheme is named", async () => {
  const alert = Buffer.from("15030300020232", "hex");
  const secure = createServer((socket) => socket.on("error", () => undefined).end(alert)).listen(0, "127.0.0.1");
  await once(secure, "listening");
  const plain = make({ url: `http://127.0.0.1:${(secure.address() as AddressInfo).port}` });
  await expect(ask(plain)).rejects.toMatchObject({
    code: "RETR_BACKEND_ANSWER_INVALID",
    message: expect.stringContaining("scheme (https)") as string,
  });
  await plain.close();
  secure.close();
});
