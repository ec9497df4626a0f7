import { once } from "node:events";
import { type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { request as requestSafely } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { connect as connectSafely } from "node:tls";
import { afterEach, expect, test } from "vitest";
import { makeCertificate } from "#test/certificate.ts";
import { type ConnectionLimits, makeLimitedServer } from "./limit-connections.ts";

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
  server = makeLimitedServer({}, limits, answer);
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

test("over TLS, too: silent connections give way, and those that shook hands and say nothing", async () => {
  const { cert, key } = makeCertificate("127.0.0.1");
  server = makeLimitedServer({ tls: { cert, key } }, { most: 4 }, (_, response) => void response.end("ok"));
  server.listen(0, "0.0.0.0");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const askSafely = (): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const asked = requestSafely({ port, host: "127.0.0.1", ca: cert, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.on("error", reject).end();
    });
  for (let count = 0; count < 6; count += 1) await beSilent(port, `127.0.0.${2 + count}`);
  expect(await askSafely()).toBe(200);
  for (let count = 0; count < 6; count += 1) {
    const secure = connectSafely({ port, host: "127.0.0.1", ca: cert }).on("error", () => undefined);
    sockets.push(secure);
    await once(secure, "secureConnect");
  }
  for (let count = 0; count < 3; count += 1) expect(await askSafely()).toBe(200);
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

test.each([
  ["requests", "GET / HTTP/1.1\r\nhost: x\r\n\r\n", 2],
  ["requests with a body", "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}", 2],
  // Refused by Node itself, each with an answer.
  ["requests that name no host", "GET / HTTP/1.1\r\n\r\n", 0],
  ["requests that expect what there isn't", "GET / HTTP/1.1\r\nhost: x\r\nexpect: more\r\n\r\n", 0],
  ["requests for a tunnel", "CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n", 0],
])("whoever sends %s without reading the answers is cut off before the third is read", async (_, text, handled) => {
  let requests = 0;
  const port = await listen({ most: 9 }, () => void (requests += 1));
  const made: unknown[] = [];
  const accepted = once(server, "connection");
  const socket = await beSilent(port, "127.0.0.2");
  const [ours] = (await accepted) as [Socket];
  const write = ours.write.bind(ours);
  ours.write = ((...all: Parameters<typeof write>) => made.push(all) > 0 && write(...all)) as typeof ours.write;
  // A reset that comes before the end isn't one to wait for.
  const ended = new Promise((resolve) => socket.once("close", resolve));
  socket.resume().write(text.repeat(20_000));
  await ended;
  expect(requests).toBe(handled);
  expect(made.length).toBeLessThan(9);
});

test("a client that asks once more whenever it was answered keeps its connection, also to hear what is refused", async () => {
  const port = await listen({ most: 9 });
  const socket = await beSilent(port, "127.0.0.2");
  for (const more of ["", "expect: more\r\n", "connection: upgrade\r\nupgrade: x\r\n", "", ""]) {
    socket.write(`GET / HTTP/1.1\r\nhost: x\r\n${more}\r\n`);
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString()).toMatch(more.startsWith("expect") ? /^HTTP\/1.1 417/ : /^HTTP\/1.1 200/);
  }
});
