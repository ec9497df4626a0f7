import { createHmac } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OutboxMessage } from "@retriever/crds/status/outbox-status.ts";
import { afterEach, describe, expect, test } from "vitest";
import { makeSinks } from "#adapters/sinks/sinks.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import { Notifier } from "./notifier.ts";
import { parseSinks, type SinkConfig } from "./sinks-file.ts";

type Received = { readonly headers: IncomingMessage["headers"]; readonly body: string };

const meta = { namespace: "search", name: "docs-to-qdrant", uid: "uid-1" } as MigrationMeta;
const at = "2026-03-01T12:00:00.000Z";
const now = Date.parse(at);
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A sink that answers each request with the next code; 0 never answers. */
async function aSink(...codes: number[]): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server: Server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      received.push({ headers: request.headers, body });
      const code = codes[Math.min(received.length, codes.length) - 1] ?? 200;
      if (code === 0) return;
      response.writeHead(code, code === 302 ? { location: "/elsewhere" } : {}).end("x".repeat(10));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received };
}

function aNotifier(sinks: readonly SinkConfig[], deadlineMs = 2000): Notifier {
  const notifier = new Notifier({
    sinks: makeSinks({ sinks, deadlineMs, incidentLastsMs: 300_000, clock: { now: () => now } }),
  });
  closing.push(() => notifier.close());
  return notifier;
}

function aMessage(more: Partial<OutboxMessage> = {}): OutboxMessage {
  const key = "uid-1/4/PreCutover";
  return {
    key,
    kind: "PreCutover",
    text: "every stage passed; waiting",
    at,
    pending: ["engineering"],
    failed: [],
    attempts: 0,
    nextAttemptAt: at,
    ...more,
  };
}

describe("a webhook", () => {
  test("gets a signed envelope with the message's key and a calendar entry", async () => {
    const { url, received } = await aSink(204);
    const secretFile = join(mkdtempSync(join(tmpdir(), "sink-")), "key");
    writeFileSync(secretFile, "s3cret\n");
    const notifier = aNotifier([{ name: "engineering", kind: "webhook", url, secretFile }]);
    notifier.send(meta, { messages: [aMessage({ text: "every stage passed; waiting\rATTENDEE:eve\nfor ada" })], now });
    await notifier.idle();
    expect(notifier.answers(meta)).toEqual([{ key: "uid-1/4/PreCutover", sink: "engineering", error: null }]);
    const [{ headers, body }] = received as [Received];
    const whole = `uid-1/4/PreCutover.${now / 1000}.${body}`;
    expect(headers["webhook-timestamp"]).toBe(String(now / 1000));
    expect(headers["webhook-signature"]).toBe(`v1,${createHmac("sha256", "s3cret").update(whole).digest("base64")}`);
    expect(headers["x-retriever-signature"]).toBe(
      `sha256=${createHmac("sha256", "s3cret").update(body).digest("hex")}`,
    );
    const envelope = JSON.parse(body) as { data: { calendar: string } };
    expect(envelope).toMatchObject({
      specversion: "1.0",
      id: "uid-1/4/PreCutover",
      source: "/namespaces/search/retrievermigrations/docs-to-qdrant",
      type: "dev.retriever.migration.PreCutover",
    });
    const lines = envelope.data.calendar.split("\r\n");
    expect(lines).toContain("DTSTART:20260301T120000Z");
    // Some readers end a line at a return alone.
    const described = "DESCRIPTION:every stage passed\\; waiting\\\\u000dATTENDEE:eve\\nfor ada";
    expect(lines.join("").replaceAll("\r", "\n")).toContain(described);
    expect(lines.every((line) => Buffer.byteLength(line) <= 75)).toBe(true);
  });

  test("that asked for patience gets it, while the other sink of the message is asked when it is due", async () => {
    const { url, received } = await aSink(204);
    const sinks = ["engineering", "patient"].map((name) => ({ name, kind: "webhook" as const, url }));
    const notifier = aNotifier(sinks);
    const tries = [{ sink: "patient", attempts: 1, nextAttemptAt: new Date(now + 3_600_000).toISOString() }];
    notifier.send(meta, { messages: [aMessage({ pending: ["engineering", "patient"], tries })], now });
    await notifier.idle();
    expect(notifier.answers(meta).map(({ sink }) => sink)).toEqual(["engineering"]);
    expect(received).toHaveLength(1);
  });

  test("that hangs takes no more than its share of what is under way, and another sink is asked", async () => {
    const [hanging, other] = [await aSink(0), await aSink(204)];
    const notifier = aNotifier(
      [
        { name: "hanging", kind: "webhook", url: hanging.url },
        { name: "engineering", kind: "webhook", url: other.url },
      ],
      500,
    );
    const many = Array.from({ length: 80 }, (_, index) =>
      aMessage({ key: `uid-1/${index}/Page`, pending: ["hanging"] }),
    );
    notifier.send(meta, { messages: [...many, aMessage()], now });
    await notifier.idle();
    const told = notifier.answers(meta).filter(({ error }) => error === null);
    expect(told.map(({ sink }) => sink)).toEqual(["engineering"]);
  });

  test.each([
    ["fails", 500, "HTTP 500"],
    ["sends elsewhere", 302, "HTTP 302"],
    ["hangs", 0, "no answer within the deadline"],
  ])("that %s is asked once, and the answer says why it didn't take it", async (_name, code, error) => {
    const { url, received } = await aSink(code);
    const notifier = aNotifier([{ name: "engineering", kind: "webhook", url }], 300);
    notifier.send(meta, { messages: [aMessage()], now });
    notifier.send(meta, { messages: [aMessage()], now });
    await notifier.idle();
    expect(notifier.answers(meta)).toEqual([{ key: "uid-1/4/PreCutover", sink: "engineering", error }]);
    expect(received).toHaveLength(1);
  });
});

test("a Slack message is plain text below 6 kB without markup of others", async () => {
  const { url, received } = await aSink(200);
  const notifier = aNotifier([{ name: "engineering", kind: "slack", url }]);
  notifier.send(meta, { messages: [aMessage({ text: `<!channel> & ${"ü".repeat(5000)}` })], now });
  await notifier.idle();
  const { body } = received[0] as Received;
  expect(Buffer.byteLength(body)).toBeLessThan(6000);
  expect((JSON.parse(body) as { text: string }).text).toContain("&lt;!channel&gt; &amp; ü");
});

describe("a notifier", () => {
  test("sends nothing before it is due, and nothing anew before the answer stands in a status", async () => {
    const { url, received } = await aSink(500, 200);
    const notifier = aNotifier([{ name: "engineering", kind: "webhook", url }]);
    notifier.send(meta, { messages: [aMessage()], now: now - 1 });
    await notifier.idle();
    expect(received).toHaveLength(0);
    notifier.send(meta, { messages: [aMessage()], now });
    await notifier.idle();
    notifier.send(meta, { messages: [aMessage()], now });
    await notifier.idle();
    expect(received).toHaveLength(1);
    notifier.forget(notifier.answers(meta));
    notifier.send(meta, { messages: [aMessage({ attempts: 1 })], now });
    await notifier.idle();
    expect(received).toHaveLength(2);
  });

  test("that restarts between sending and recording sends the same message under the same key", async () => {
    const { url, received } = await aSink(200);
    const sinks: SinkConfig[] = [{ name: "engineering", kind: "webhook", url }];
    for (const notifier of [aNotifier(sinks), aNotifier(sinks)]) {
      notifier.send(meta, { messages: [aMessage()], now });
      await notifier.idle();
    }
    expect(received.map(({ headers }) => headers["x-retriever-id"])).toEqual([
      "uid-1/4/PreCutover",
      "uid-1/4/PreCutover",
    ]);
  });

  test("holds what a thousand migrations were answered that are gone since, and sends for the next one all the same", async () => {
    const sent: string[] = [];
    const send = async (_sink: string, { uid }: { readonly uid: string }) => sent.push(uid) > 0;
    const notifier = new Notifier({ sinks: { send, forgets: () => false, close: async () => undefined } });
    for (let gone = 0; gone < 1000; gone += 1) {
      const uid = `gone-${gone}`;
      notifier.send({ ...meta, uid }, { messages: [aMessage({ key: `${uid}/4/PreCutover` })], now });
      await notifier.idle();
    }
    notifier.send(meta, { messages: [aMessage()], now });
    await notifier.idle();
    expect(sent.at(-1)).toBe("uid-1");
    expect(notifier.answers(meta)).toEqual([{ key: "uid-1/4/PreCutover", sink: "engineering", error: null }]);
  });

  test("says again what a sink forgets, on a clock that was put back too", async () => {
    const sent: number[] = [];
    const send = async () => sent.push(0) > 0;
    const notifier = new Notifier({ sinks: { send, forgets: () => true, close: async () => undefined } });
    const open = aMessage({ kind: "Page", incident: "Page/Blind", pending: [], delivered: ["alertmanager"] });
    for (const at of [now, now + 1000, now - 3_600_000]) {
      notifier.send(meta, { messages: [open], now: at });
      await notifier.idle();
    }
    expect(sent).toHaveLength(2);
  });

  test("says of a sink nobody configured that there is none", async () => {
    const notifier = aNotifier([]);
    notifier.send(meta, { messages: [aMessage()], now });
    await notifier.idle();
    expect(notifier.answers(meta)[0]?.error).toBe("no sink of this name is configured");
    expect(notifier.answers({ uid: "uid-2" })).toEqual([]);
  });
});

describe("a flood of one namespace", () => {
  function aHangingNotifier() {
    const sent: string[] = [];
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const send = (sink: string, { namespace }: { readonly namespace: string }) => {
      sent.push(`${namespace} at ${sink}`);
      return promise;
    };
    const notifier = new Notifier({ sinks: { send, forgets: () => false, close: async () => undefined } });
    closing.push(async () => {
      resolve(true);
      await notifier.close();
    });
    return { notifier, sent };
  }

  /** As many as it takes, at these sinks. */
  function flood(notifier: Notifier, sinks: readonly string[]): void {
    for (let index = 0; index < 200; index += 1) {
      const message = aMessage({ key: `uid-${index}/1/Page`, pending: [...sinks] });
      notifier.send({ ...meta, namespace: "noisy", uid: `uid-${index}` }, { messages: [message], now });
    }
  }

  test.each([
    ["at its own dead sinks", ["one", "two", "three", "four", "five"]],
    ["at the sink of all", ["engineering"]],
  ])("%s keeps no other's page waiting", (_, sinks) => {
    const { notifier, sent } = aHangingNotifier();
    flood(notifier, sinks);
    expect(sent.length).toBeLessThan(80);
    notifier.send(meta, { messages: [aMessage()], now });
    expect(sent.at(-1)).toBe("search at engineering");
  });

  test("is bounded, however many namespaces it is of", () => {
    const { notifier, sent } = aHangingNotifier();
    for (let index = 0; index < 600; index += 1)
      notifier.send(
        { ...meta, namespace: `n-${index}` },
        { messages: [aMessage({ key: `uid-${index}/1/Page` })], now },
      );
    expect(sent).toHaveLength(512);
  });
});

describe("the file of sinks", () => {
  test("lists names, kinds and addresses", () => {
    const text = "sinks:\n  - { name: eng, kind: slack, url: 'https://hooks.example/x' }\n";
    expect(parseSinks(text)).toEqual([{ name: "eng", kind: "slack", url: "https://hooks.example/x" }]);
  });

  test.each([
    ["no YAML", "sinks: [", "(root)"],
    ["an unknown kind", "sinks: [{ name: a, kind: pigeon, url: 'http://a' }]", "sinks.0.kind"],
    ["another protocol", "sinks: [{ name: a, kind: slack, url: 'ftp://secret' }]", "sinks.0.url"],
    [
      "a name twice",
      "sinks: [{ name: a, kind: slack, url: 'http://a' }, { name: a, kind: slack, url: 'http://b' }]",
      "once",
    ],
  ])("with %s is refused without quoting an address", (_name, text, words) => {
    expect(() => parseSinks(text)).toThrow(words);
    expect(() => parseSinks(text)).not.toThrow("secret");
  });
});
