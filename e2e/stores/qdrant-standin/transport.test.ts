// The stand-in's habits on the wire, the inconvenient ones included.
import { once } from "node:events";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type StandIn, startStandIn } from "./start.ts";

let standIn: StandIn;
/** Closes idle connections soon. Nobody keeps one to it, whom the news would reach late. */
let hasty: StandIn;

beforeAll(async () => {
  standIn = await startStandIn({ address: "127.0.0.1", port: 0, seed: 1 });
  hasty = await startStandIn({ address: "127.0.0.1", port: 0, seed: 1, idleMs: 150 });
});
afterAll(() => Promise.all([standIn.close(), hasty.close()]));

/** Writes text to a fresh connection; everything that came until the server closed it. */
async function exchange(text: string): Promise<string> {
  const socket = connect(hasty.port, "127.0.0.1").setTimeout(60_000);
  socket.on("timeout", () => socket.destroy(new Error("the server didn't close the connection")));
  let received = "";
  socket.setEncoding("utf8").on("data", (part: string) => {
    received += part;
  });
  socket.write(text);
  await once(socket, "close");
  return received;
}

const head = "Host: x\r\n";

describe("a connection", () => {
  it("is closed when idle, without a header that would have announced it", async () => {
    const received = await exchange(`GET /healthz HTTP/1.1\r\n${head}\r\n`);
    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(received.toLowerCase()).not.toContain("keep-alive");
    expect(received.toLowerCase()).not.toContain("connection:");
    expect(received.toLowerCase()).not.toContain("\r\nserver:");
  });

  it("is closed after a 404 for a request with a body, unannounced", async () => {
    const received = await exchange(`POST /nope HTTP/1.1\r\n${head}Content-Length: 2\r\n\r\n{}`);
    expect(received).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
    expect(received.toLowerCase()).not.toContain("connection:");
  });

  it("carries several requests sent at once", async () => {
    const one = `GET /healthz HTTP/1.1\r\n${head}\r\n`;
    const received = await exchange(one + one + one);
    expect(received.match(/healthz check passed/g)).toHaveLength(3);
  });

  it("is answered 400, bare, when it doesn't speak HTTP", async () => {
    const received = await exchange("hello\r\n\r\n");
    expect(received).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(received).toContain("connection: close");
    expect(received).not.toContain("vary");
  });

  it("is answered 408 when no whole head comes in time", async () => {
    const received = await exchange("GET / HTTP/1.1\r\n");
    expect(received).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
  });
});

describe("an answer", () => {
  it("is sent gzipped and chunked to a client that takes it", async () => {
    const answer = await request(`${standIn.url}/healthz`, { headers: { "accept-encoding": "gzip, deflate" } });
    expect(answer.headers).toMatchObject({ "content-encoding": "gzip", "transfer-encoding": "chunked" });
    expect(answer.headers["content-length"]).toBeUndefined();
    expect(answer.headers["vary"]).toMatch(/^accept-encoding, /);
    expect(gunzipSync(Buffer.from(await answer.body.arrayBuffer())).toString()).toBe("healthz check passed");
  });

  it("has a length when nothing the client takes is known", async () => {
    const answer = await request(`${standIn.url}/healthz`, { headers: { "accept-encoding": "identity" } });
    expect(answer.headers["content-length"]).toBe("20");
    await answer.body.dump();
  });
});

describe("a body", () => {
  it("beyond the limit without an announced length is refused while it comes", async () => {
    async function* endless() {
      for (let part = 0; part < 40; part += 1) yield Buffer.alloc(1_048_576, " ");
    }
    const sent = request(`${standIn.url}/collections/c/points/query`, {
      method: "POST",
      body: Readable.from(endless()),
    });
    const answer = await sent.then(({ statusCode, body }) => body.text().then((text) => `${statusCode} ${text}`));
    expect(answer).toContain("400 ");
    expect(answer).toContain("JSON payload has exceeded limit (33554432 bytes).");
  });
});
