// A Postgres that lies about lengths and ends, or never ends: each costs its connection, and nothing else.
import type { Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { copyRows } from "#pgvector/chunks/copy-query.ts";
import { makePool, withClient } from "#pgvector/client/pool.ts";
import { makePgvectorBackend } from "#pgvector/retrieve/backend.ts";
import {
  flood,
  type HostilePostgres,
  readyForQuery,
  startHostilePostgres,
  wireMessage,
} from "./fakes/hostile-postgres.ts";
import { requestOf } from "./requests.ts";
import { makeSpec, testDeps } from "./spec.ts";

const aRequest = requestOf({ embedding: [1, 0, 0], k: 10 });
let server: HostilePostgres;

afterEach(() => server.close());

function backendAt(port: number) {
  const connectionString = `postgres://app:word@127.0.0.1:${port}/search`;
  return makePgvectorBackend(makeSpec("pgvector", { connectionString, timeoutMs: 3000 }), testDeps);
}

const mebibyte = 1_048_576;
const emptyRows = Buffer.concat(Array.from({ length: 5000 }, () => wireMessage("D", Buffer.from([0, 0]))));
/** Fields that lead back to their own beginning, so that one row would be read as gigabytes. */
const backwards = Buffer.concat([Buffer.from([0x7f, 0xff]), Buffer.from([0xff, 0xff, 0xff, 0xf0])]);

const onLogin: readonly (readonly [string, (socket: Socket) => void])[] = [
  ["a report without its end", (socket) => socket.write(wireMessage("E", Buffer.from("S")))],
  ["a way to log in that there isn't", (socket) => socket.write(wireMessage("R", Buffer.from([0, 0, 0, 99])))],
  [
    "notices without end",
    (socket) => flood(socket, wireMessage("N", Buffer.from(`SNOTICE\0M${"x".repeat(60_000)}\0\0`))),
  ],
  ["settings without end", (socket) => flood(socket, wireMessage("S", Buffer.from("TimeZone\0UTC\0")))],
  ["a message of gigabytes", (socket) => flood(socket, wireMessage("S", Buffer.alloc(65_536), 0xff_ff_ff_ff))],
];
const onQuery: readonly (readonly [string, (socket: Socket) => void])[] = [
  ["rows without end", (socket) => flood(socket, emptyRows)],
  [
    "one value of megabytes",
    (socket) => flood(socket, Buffer.concat([wireMessage("D", Buffer.alloc(0), 15 * mebibyte), Buffer.alloc(65_536)])),
  ],
  ["a row of fields that aren't there", (socket) => socket.write(wireMessage("D", Buffer.from([0x7f, 0xff])))],
  ["a row of a negative count", (socket) => socket.write(wireMessage("D", Buffer.from([0xff, 0xff])))],
  ["a row whose fields lead backwards", (socket) => socket.write(wireMessage("D", backwards))],
  ["a report without its end", (socket) => socket.write(wireMessage("E", Buffer.from("SERROR\0C42P01")))],
  ["columns of which one is missing", (socket) => socket.write(wireMessage("T", Buffer.from([0, 9])))],
  ["nothing that is known", (socket) => socket.write(Buffer.alloc(4096, 0x58))],
  ["more ends than queries", (socket) => socket.write(Buffer.concat(Array.from({ length: 50 }, () => readyForQuery)))],
];
const all = [
  ...onLogin.map(([title, login]) => ({ title, answers: { login } })),
  ...onQuery.map(([title, query]) => ({ title, answers: { query } })),
];

test.each(all)("$title: the request and the probe fail with a code, in little memory", async ({ answers }) => {
  server = await startHostilePostgres(answers);
  const backend = backendAt(server.port);
  const before = process.memoryUsage().rss;
  const signal = AbortSignal.timeout(5000);
  await expect(backend.retrieve(aRequest, signal)).rejects.toMatchObject({
    code: expect.stringMatching(/^RETR_(BACKEND_|DEADLINE)/),
  });
  const { fault } = await backend.probe(signal);
  expect(fault?.code).toMatch(/^RETR_(BACKEND_|DEADLINE)/);
  expect((process.memoryUsage().rss - before) / mebibyte).toBeLessThan(100);
  await backend.close();
});

test("a copy without end is cut off at what its rows may take", async () => {
  const rows = wireMessage("d", Buffer.alloc(65_536));
  const done = Buffer.concat([wireMessage("C", Buffer.from("SET\0")), readyForQuery]);
  let isLoggedIn = false;
  // The session's settings come first.
  server = await startHostilePostgres({
    query: (socket) => {
      if (isLoggedIn) flood(socket, rows);
      else socket.write(done);
      isLoggedIn = true;
    },
  });
  const connectionString = `postgres://app:word@127.0.0.1:${server.port}/search`;
  const pool = makePool(makeSpec("pgvector", { connectionString }), 1, 3000);
  const copied = withClient(pool, AbortSignal.timeout(5000), (client) =>
    copyRows(client, "COPY", mebibyte, () => undefined),
  );
  await expect(copied).rejects.toThrow(`more than ${17 * mebibyte} bytes of an answer`);
  await pool.end();
});
