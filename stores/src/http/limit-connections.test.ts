import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type ConnectionLimits, limitConnections } from "./limit-connections.ts";

let server: Server;
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.closeAllConnections();
  server.close();
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function listen(
  limits: ConnectionLimits,
  answer: Answer = (_, response) => void response.end("ok"),
): Promise<number> {
  server = createServer();
  limitConnections(server, limits, answer);
  server.listen(0, "0.0.0.0");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** A connection that is accepted and says nothing. */
async function beSilent(port: number, localAddress: string): Promise<Socket> {
  const accepted = once(server, "connection");
  const socket = connect({ port, host: "127.0.0.1", localAddress });
  socket.on("error", () => undefined);
  sockets.push(socket);
  await accepted;
  return socket;
}

function ask(port: number, localAddress = "127.0.0.1"): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ port, host: "127.0.0.1", localAddress, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on("error", reject)
      .end();
  });
}

test("whoever asks is answered while silent connections hold every place", async () => {
  const port = await listen({ most: 4 });
  for (let count = 0; count < 12; count += 1) await beSilent(port, `127.0.0.${2 + (count % 5)}`);
  for (let count = 0; count < 5; count += 1) expect(await ask(port)).toBe(200);
});

test("an address that has all its places loses its own longest idle one, and nobody else's", async () => {
  const port = await listen({ most: 10, mostOfAddress: 2 });
  const other = await beSilent(port, "127.0.0.3");
  const [first] = [await beSilent(port, "127.0.0.2"), await beSilent(port, "127.0.0.2")];
  const ended = once(first, "close");
  await beSilent(port, "127.0.0.2");
  await ended;
  expect(other.closed).toBe(false);
});

test("a request under way is never cut off: the new connection is", async () => {
  const waiting: ServerResponse[] = [];
  const port = await listen({ most: 1 }, (_, response) => void waiting.push(response));
  const came = once(server, "request");
  const answered = ask(port);
  await came;
  await expect(ask(port)).rejects.toThrow();
  waiting[0]?.end("ok");
  expect(await answered).toBe(200);
});

test.each([
  ["half a request", "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf"],
  [
    "a request whose body is announced",
    "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n",
  ],
])("whoever has sent %s gives way to a new connection", async (_, text) => {
  const port = await listen(
    { most: 1 },
    (_request, response) => void (_request.method === "GET" && response.end("ok")),
  );
  const [slow, came] = [
    await beSilent(port, "127.0.0.2"),
    once(server, text.includes("expect") ? "checkContinue" : "request"),
  ];
  const ended = once(slow, "close");
  slow.write(text);
  await came;
  expect(await ask(port)).toBe(200);
  await ended;
});

test("whoever doesn't read its answer gives way to a new connection", async () => {
  const port = await listen({ most: 1 }, (_, response) => void response.end(Buffer.alloc(16_777_216)));
  const [socket, came] = [once(server, "connection"), once(server, "request")];
  (await beSilent(port, "127.0.0.2")).pause().write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  await came;
  const [accepted] = (await socket) as [Socket];
  const ended = once(accepted, "close");
  await beSilent(port, "127.0.0.3");
  await ended;
  expect(accepted.destroyed).toBe(true);
});

test("a client that was answered keeps its connection while others were opened and never used", async () => {
  const port = await listen({ most: 2 });
  const [client, answered] = [await beSilent(port, "127.0.0.2"), once(server, "request")];
  client.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  await answered;
  await once(client, "data");
  const silent = await beSilent(port, "127.0.0.3");
  const ended = once(silent, "close");
  await beSilent(port, "127.0.0.4");
  await ended;
  expect(client.closed).toBe(false);
});

test("whoever sends requests without reading the answers is cut off after the first few", async () => {
  let requests = 0;
  const port = await listen({ most: 9 }, () => void (requests += 1));
  const socket = await beSilent(port, "127.0.0.2");
  const ended = once(socket, "close");
  socket.resume().write("GET / HTTP/1.1\r\nhost: x\r\n\r\n".repeat(300));
  await ended;
  expect(requests).toBe(2);
});
