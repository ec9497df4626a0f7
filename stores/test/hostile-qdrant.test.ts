// A Qdrant that answers without end, or with what takes many times its size: each request fails with a code, in little memory.
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import type { Backend } from "#ports/backend.ts";
import { makeQdrantBackend } from "#qdrant/retrieve/backend.ts";
import { requestOf } from "./requests.ts";
import { makeSpec, testDeps } from "./spec.ts";

const mebibyte = 1_048_576;
const known = { result: { config: { params: { vectors: { size: 3, distance: "Cosine" } } } } };
let server: Server;
let backend: Backend;

afterEach(async () => {
  await backend.close();
  server.closeAllConnections();
  server.close();
});

async function open(answer: (response: ServerResponse) => void): Promise<void> {
  server = createServer((request, response) => {
    response.on("error", () => undefined);
    if (request.method === "GET") response.end(JSON.stringify(known));
    else answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  backend = makeQdrantBackend(
    makeSpec("qdrant", { url, collection: "chunks", timeoutMs: 4000, fields: { text: "text" } }),
    testDeps,
  );
}

/** The same bytes again and again, as fast as they are taken. */
function flood(response: ServerResponse, bytes: Buffer): void {
  const more = (): void => {
    while (!response.destroyed && response.write(bytes));
  };
  response.on("drain", more);
  more();
}

/** Made once, so that the server that answers takes none of the memory that is measured. */
const brackets = Buffer.alloc(15 * mebibyte, "[");
const bomb = gzipSync(Buffer.alloc(64 * mebibyte, 0x20));
const letters = Buffer.alloc(65_536, "x");
const manyPoints = Buffer.from('{"result":{"points":['.concat('{"id":1},'.repeat(5000)));

const answers: readonly (readonly [string, (response: ServerResponse) => void])[] = [
  ["a body without end", (response) => flood(response, letters)],
  ["points without end", (response) => flood(response, manyPoints)],
  ["lists in lists", (response) => response.end(brackets)],
  [
    "a bomb that unpacks to much",
    (response) => {
      response.setHeader("content-encoding", "gzip");
      response.end(bomb);
    },
  ],
  [
    "heads without end",
    (response) => {
      for (let count = 0; count < 100; count += 1)
        response.socket?.write("HTTP/1.1 103 Informational\r\nlink: </x>\r\n\r\n");
      flood(response, letters);
    },
  ],
  ["a length that it doesn't keep", (response) => response.writeHead(200, { "content-length": 1e12 }).write("{")],
];
const asked = [
  { what: "a search", more: {} },
  { what: "a search for content", more: { content: { text: true, metadata: ["lang"] } } },
];
const rows = answers.flatMap(([title, answer]) => asked.map(({ what, more }) => ({ title, what, more, answer })));

test.each(rows)("$title for $what: 20 at once fail with a code, in little memory", async ({ more, answer }) => {
  await open(answer);
  const before = process.memoryUsage().rss;
  const request = { ...requestOf({ embedding: [1, 0, 0], k: 10 }), ...more };
  const ask = () => backend.retrieve(request, AbortSignal.timeout(4000));
  const ended = await Promise.allSettled(Array.from({ length: 20 }, ask));
  for (const each of ended) {
    expect(each).toMatchObject({
      status: "rejected",
      reason: { code: expect.stringMatching(/^RETR_(BACKEND_|DEADLINE|OVERLOADED)/) },
    });
  }
  expect((process.memoryUsage().rss - before) / mebibyte).toBeLessThan(200);
});

test("answers that are under way and fill the room refuse one as overload, which is no fault of the store", async () => {
  const waiting: ServerResponse[] = [];
  await open((response) => {
    // Below what one answer may have.
    response.write(`{"usage":"${" ".repeat(5.9 * mebibyte)}`);
    waiting.push(response);
  });
  const request = { ...requestOf({ embedding: [1, 0, 0], k: 10 }), content: { text: true, metadata: [] } };
  const asked = Array.from({ length: 11 }, () => backend.retrieve(request, AbortSignal.timeout(20_000)));
  // None is ended before, so that what comes first is a refusal.
  await expect(Promise.race(asked)).rejects.toMatchObject({ code: "RETR_OVERLOADED", retryAfterSeconds: 1 });
  for (const response of waiting) response.end('","result":{"points":[]},"status":"ok","time":0}');
  const ended = await Promise.allSettled(asked);
  expect(ended.filter(({ status }) => status === "fulfilled")).toHaveLength(10);
});
