// Sinks that want more than the message: somebody else's connection, a password in the clear, the operator's memory.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import type { SinkFault } from "#notify/sink-fault.ts";
import type { SinkConfig } from "#notify/sinks-file.ts";
import { makeSinks } from "./sinks.ts";

const folder = mkdtempSync(join(tmpdir(), "hostile-sinks-"));
const secretFile = join(folder, "secret");
const secret = "canary-s3cret";
writeFileSync(secretFile, secret);
afterAll(() => rmSync(folder, { recursive: true }));

const message = {
  key: "uid-1/4/Start/1",
  kind: "Start",
  text: "what happened",
  at: "2026-03-01T12:00:00.000Z",
} as const;
const said = { namespace: "search", migration: "docs", uid: "uid-1", message };

/** What becomes of a message: taken, or the fault's words. */
async function send(sink: SinkConfig): Promise<string> {
  const made = makeSinks({ sinks: [sink], deadlineMs: 60_000, incidentLastsMs: 300_000, clock: { now: () => 0 } });
  try {
    await made.send(sink.name, said, new AbortController().signal);
    return "taken";
  } catch (fault) {
    return (fault as SinkFault).message;
  } finally {
    await made.close();
  }
}

async function serveHttp(answer: RequestListener): Promise<string> {
  const server = createHttpServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const webhook = (url: string): SinkConfig => ({ name: "webhook", kind: "webhook", url, secretFile });

describe("a webhook", () => {
  it.each([301, 302, 303, 307, 308])("that answers %i to another place has nothing sent there", async (status) => {
    let asked = 0;
    const elsewhere = await serveHttp((_, response) => void response.end(String((asked += 1))));
    const url = await serveHttp((_, response) => void response.writeHead(status, { location: elsewhere }).end());
    expect(await send(webhook(url))).toBe(`HTTP ${status}`);
    expect(asked).toBe(0);
  });

  it("whose good answer never ends is read to a bound, and has taken the message", async () => {
    let written = 0;
    const url = await serveHttp((_, response) => {
      const part = Buffer.alloc(65_536, 32);
      const more = () => {
        while (!response.destroyed && response.write(part)) written += part.length;
      };
      response
        .writeHead(200)
        .on("drain", more)
        .on("error", () => undefined);
      more();
    });
    expect(await send(webhook(url))).toBe("taken");
    // What fills the buffers of both ends beside the bound.
    expect(written).toBeLessThan(64 * 1024 * 1024);
  });

  it("whose answer would unpack to a thousand times its size is read as it comes", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const url = await serveHttp(
      (_, response) => void response.writeHead(200, { "content-encoding": "gzip" }).end(bomb),
    );
    const before = process.memoryUsage().arrayBuffers;
    expect(await send(webhook(url))).toBe("taken");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
  });

  it("whose headers never end is left with a code", async () => {
    const server = createServer((socket) => {
      socket
        .on("error", () => undefined)
        .once("data", () => {
          socket.write("HTTP/1.1 200 OK\r\n");
          const more = () => {
            while (!socket.destroyed && socket.write(`x: ${"y".repeat(8000)}\r\n`));
          };
          socket.on("drain", more);
          more();
        });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    expect(await send(webhook(`http://127.0.0.1:${port}`))).toBe("UND_ERR_HEADERS_OVERFLOW");
  });
});

/** An SMTP server by its answers to each line; resolves with its port and all that it was sent. */
async function serveSmtp(answer: (line: string, socket: Socket) => string): Promise<{ port: number; heard: string[] }> {
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket
      .on("error", () => undefined)
      .on("data", (data) => {
        for (const line of data
          .toString("latin1")
          .split("\r\n")
          .filter((each) => each !== "")) {
          heard.push(line);
          socket.write(answer(line, socket));
        }
      });
    socket.write("220 smtp.example\r\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, heard };
}

describe("an SMTP server in whose way somebody stands", () => {
  const email = (port: number): SinkConfig => ({
    name: "email",
    kind: "email",
    host: "127.0.0.1",
    port,
    tls: "StartTls",
    user: "operator",
    secretFile,
    from: "o@example.org",
    to: ["sre@example.org"],
  });
  const greets = (extensions: readonly string[]) =>
    `${extensions.map((one) => `250-${one}\r\n`).join("")}250 AUTH PLAIN\r\n`;

  it.each<[string, (line: string) => string]>([
    [
      "leaves STARTTLS out of what it can",
      (line) => (line.startsWith("EHLO") ? greets(["smtp.example"]) : "250 ok\r\n"),
    ],
    [
      "refuses STARTTLS",
      (line) => (line.startsWith("EHLO") ? greets(["smtp.example", "STARTTLS"]) : "454 not now\r\n"),
    ],
    [
      "says what comes after TLS before it",
      () => `${greets(["smtp.example"])}220 go\r\n235 welcome\r\n250 ok\r\n354 go on\r\n`,
    ],
    ["knows no EHLO", (line) => (line.startsWith("EHLO") ? "502 what?\r\n" : "250 ok\r\n")],
  ])("and %s gets neither the password nor the message", async (_, answer) => {
    const { port, heard } = await serveSmtp(answer);
    expect(await send(email(port))).not.toBe("taken");
    const clear = heard.join("\n");
    expect(clear).not.toMatch(/^(?:AUTH|MAIL|RCPT|DATA)/m);
    expect(clear).not.toContain(Buffer.from(`\0operator\0${secret}`).toString("base64"));
    expect(clear).toContain("HLO");
  });
});
