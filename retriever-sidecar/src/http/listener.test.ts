import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { RetrieverError } from "@retriever/stores/errors.ts";
import { afterEach, expect, test } from "vitest";
import { waitUntil } from "#test/wait-until.ts";
import { makeAppHandler } from "./app-listener.ts";
import { type Listener, listen } from "./listener.ts";

const limits = {
  headersTimeout: 150,
  requestTimeout: 300,
  keepAliveTimeout: 200,
  connectionsCheckingInterval: 20,
  maxHeaderSize: 4096,
  socketIdleMs: 400,
};
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

type Retrieve = Parameters<typeof makeAppHandler>[0]["retrieve"];

async function start(retrieve?: Retrieve): Promise<{ readonly served: string[]; readonly listener: Listener }> {
  const served: string[] = [];
  const handler = makeAppHandler({
    clock: { wallMs: () => 0, monotonicMs: () => 0 },
    retrieve: (body, trace, onFailed) => {
      served.push(trace?.traceparent ?? Buffer.from(body).toString());
      if (retrieve !== undefined) return retrieve(body, trace, onFailed);
      return Promise.resolve({ response: { candidates: [], vectorMs: 1 }, afterwards: () => undefined });
    },
    onTotal: () => undefined,
    onRejected: () => undefined,
  });
  const listener = await listen({ host: "127.0.0.1", port: 0 }, handler, { limits });
  cleanups.push(() => listener.close(0));
  return { served, listener };
}

/** Sends and reads until the server ends the connection. */
async function talk({ address }: Listener, text: string, allowHalfOpen = false): Promise<string> {
  const socket: Socket = connect({ host: address.host, port: address.port, allowHalfOpen });
  let answer = "";
  socket.on("data", (chunk: Buffer) => {
    answer += chunk.toString();
  });
  socket.write(text);
  await once(socket, "end", { signal: AbortSignal.timeout(5000) });
  socket.destroy();
  return answer;
}

const head = "POST /v1/retrieve HTTP/1.1\r\nhost: x\r\n";
const slow = [
  { title: "stops within its headers", text: head, status: "408" },
  { title: "stops within its body", text: `${head}content-length: 10\r\n\r\nabc`, status: "408" },
  { title: "sends headers beyond the limit", text: `${head}x: ${"y".repeat(5000)}\r\n\r\n`, status: "431" },
];

test.each(slow)("a client that $title is answered $status and let go, and nothing is served", async (client) => {
  const { served, listener } = await start();
  expect(await talk(listener, client.text)).toMatch(new RegExp(`^HTTP/1.1 ${client.status} `));
  expect(served).toEqual([]);
});

test("a client that connects and says nothing is let go", async () => {
  const { listener } = await start();
  expect(await talk(listener, "")).toMatch(/^(HTTP\/1.1 408 .*)?/);
});

test("a client that keeps its half open after the answer is let go once idle", async () => {
  const { served, listener } = await start();
  const answer = await talk(listener, `${head}content-length: 2\r\n\r\n{}`, true);
  expect(answer).toMatch(/^HTTP\/1.1 200 /);
  expect(served).toEqual(["{}"]);
});

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const traces = [
  { title: "a valid trace", value: traceparent, seen: traceparent },
  { title: "a trace of another form", value: "00-xyz-1-01", seen: "{}" },
  { title: "a trace of zeros", value: `00-${"0".repeat(32)}-b7ad6b7169203331-01`, seen: "{}" },
];

test.each(traces)("$title is passed on only if it is one", async ({ value, seen }) => {
  const { served, listener } = await start();
  await talk(listener, `${head}traceparent: ${value}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}`);
  expect(served).toEqual([seen]);
});

test("a client that leaves while its answer waits for a turn gives its place up", async () => {
  const entered: Promise<void>[] = [];
  const { listener } = await start(async (_, __, { enter }) => {
    const turn = enter(1000);
    entered.push(turn);
    await turn;
    return new Promise(() => undefined);
  });
  const ask = async (): Promise<Socket> => {
    const socket = connect(listener.address.port, "127.0.0.1");
    socket.on("error", () => undefined).write(`${head}content-length: 2\r\n\r\n{}`);
    const before = entered.length;
    await waitUntil(() => entered.length > before);
    return socket;
  };
  const [first, second, third] = [await ask(), await ask(), await ask()];
  const fourth = await ask();
  let isIn = false;
  void entered[3]?.then(() => (isIn = true));
  second.destroy();
  third.destroy();
  first.destroy();
  await waitUntil(() => isIn);
  expect(isIn).toBe(true);
  fourth.destroy();
});

test("answers that wait for a turn take no place of requests under way", async () => {
  let waiting = 0;
  const { listener } = await start(async (body, _, { enter }) => {
    if (Buffer.from(body).toString() === "{}") {
      waiting += 1;
      await enter(1000);
      return new Promise(() => undefined);
    }
    return { response: { candidates: [], vectorMs: 1 }, afterwards: () => undefined };
  });
  const sockets = Array.from({ length: 257 }, () => {
    const socket = connect(listener.address.port, "127.0.0.1").on("error", () => undefined);
    socket.write(`${head}content-length: 2\r\n\r\n{}`);
    return socket;
  });
  await waitUntil(() => waiting === sockets.length);
  expect(await talk(listener, `${head}content-length: 1\r\nconnection: close\r\n\r\n1`)).toMatch(/^HTTP\/1.1 200 /);
  for (const socket of sockets) socket.destroy();
});

test("what is left to do for a failed request is done once its failure has been answered", async () => {
  const order: string[] = [];
  const failure = new RetrieverError({ code: "RETR_BACKEND_UNAVAILABLE", message: "down" });
  const { listener } = await start((_, __, { onFailed }) => {
    onFailed(() => order.push("afterwards"));
    order.push("failed");
    return Promise.reject(failure);
  });
  const answer = await talk(listener, `${head}content-length: 2\r\nconnection: close\r\n\r\n{}`);
  expect(answer).toMatch(/^HTTP\/1.1 503 .*"code":"RETR_BACKEND_UNAVAILABLE"/s);
  await waitUntil(() => order.length === 2);
  expect(order).toEqual(["failed", "afterwards"]);
});

test("a connection is opened within the time: a listener isn't quiet before it has been closed for as long again", async () => {
  const { listener } = await start();
  const seen: string[] = [];
  const quiet = listener.quiet(50).then(() => seen.push("quiet"));
  const { host, port } = listener.address;
  const socket = connect(port, host);
  await once(socket, "connect");
  // The server ends it: longer than the listener would have to be quiet.
  socket.once("close", () => seen.push("closed"));
  socket.resume();
  await quiet;
  expect(seen).toEqual(["closed", "quiet"]);
});
