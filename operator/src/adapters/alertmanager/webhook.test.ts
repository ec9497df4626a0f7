import { mkdtemp, rm, unlink, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Listener } from "#http/listener.ts";
import { FakeClock } from "#test/fakes/fake-clock.ts";
import { makeCanaryArrivals } from "./canary-arrivals.ts";
import { type CallResult, openWebhook } from "./webhook.ts";
import type { CalledAlert } from "./webhook-body.ts";

const token = "token-of-the-webhook";
const bearer = { authorization: `Bearer ${token}` };
const place = { namespace: "search", target: "search-api" };

let folder: string;
let tokenFile: string;
let webhook: Listener | undefined;
let taken: (readonly CalledAlert[])[];
let results: CallResult[];
let leads: boolean;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "retriever-webhook-"));
  tokenFile = join(folder, "token");
  await writeFile(tokenFile, `${token}\n`);
  taken = [];
  results = [];
  leads = true;
});
afterEach(async () => {
  await webhook?.close();
  webhook = undefined;
  await rm(folder, { recursive: true });
});

async function open(deadlineMs = 2000): Promise<string> {
  webhook = await openWebhook({
    listen: "127.0.0.1:0",
    tokenFile,
    deadlineMs,
    take: (alerts) => {
      if (leads) taken.push(alerts);
      return leads;
    },
    report: (result) => results.push(result),
  });
  return `http://127.0.0.1:${webhook.port}/v1/alerts`;
}

/** The body that an Alertmanager 0.25 sends, with what isn't read here. */
function body(...alerts: { status?: string; labels: Record<string, string> }[]): string {
  return JSON.stringify({
    receiver: "operator",
    status: "firing",
    version: "4",
    groupKey: "{}:{}",
    truncatedAlerts: 0,
    alerts: alerts.map((alert) => ({ status: "firing", annotations: {}, startsAt: "2026-03-01T12:00:00Z", ...alert })),
  });
}
const firing = body({ labels: { alertname: "RETR_DUAL_VARIANCE_HIGH", ...place } });
const post = (url: string, text: string, headers: Record<string, string> = bearer) =>
  fetch(url, { method: "POST", body: text, headers });

describe("a call of the webhook", () => {
  test("with the token passes on which alerts name which target, each once", async () => {
    const url = await open();
    const labels = { alertname: "A", ...place, cause: "mismatch" };
    const text = body({ labels }, { labels: { ...labels, cause: "score-delta" } }, { labels: { alertname: "B" } });
    expect((await post(url, text)).status).toBe(200);
    expect(taken).toEqual([[{ name: "A", status: "firing", ...place }]]);
    expect(results).toEqual(["taken"]);
  });

  test.each([
    ["no token", {}],
    ["another token", { authorization: "Bearer another" }],
    ["the token of another scheme", { authorization: `Basic ${token}` }],
    ["a longer token", { authorization: `Bearer ${token}x` }],
  ])("with %s is refused, counted and wakes nobody", async (_, headers) => {
    const answer = await post(await open(), firing, headers);
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    expect(await answer.text()).not.toContain(token);
    expect([taken, results]).toEqual([[], ["unauthorized"]]);
  });

  test.each([
    ["no JSON", "firing"],
    ["no body", ""],
    ["another version", firing.replace('"version":"4"', '"version":"3"')],
    ["another document", '{"alerts":[]}'],
    ["labels that are no text", '{"version":"4","alerts":[{"status":"firing","labels":{"a":1}}]}'],
  ])("with %s is a bad request", async (_, text) => {
    expect((await post(await open(), text)).status).toBe(400);
    expect([taken, results]).toEqual([[], ["invalid"]]);
  });

  test("with more than a MiB is refused, announced or not", async () => {
    const url = await open();
    const large = "x".repeat(1024 * 1024 + 1);
    expect((await post(url, large)).status).toBe(413);
    const stream = new Blob([large]).stream();
    const answer = await fetch(url, { method: "POST", body: stream, headers: bearer, duplex: "half" });
    expect(answer.status).toBe(413);
    expect(results).toEqual(["tooLarge", "tooLarge"]);
  });

  test("whose body never ends is answered at the deadline", async () => {
    const { port, hostname } = new URL(await open(200));
    const socket = connect(Number(port), hostname);
    socket.write(`POST /v1/alerts HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-length: 9\r\n\r\n{`);
    let text = "";
    for await (const part of socket) text += String(part);
    expect(text).toMatch(/^HTTP\/1.1 408/);
    expect(taken).toEqual([]);
  });

  test("to another path or with another method is none", async () => {
    const url = await open();
    expect((await post(`${url}/x`, firing)).status).toBe(404);
    expect((await fetch(url, { headers: bearer })).status).toBe(405);
    expect(results).toEqual(["notFound", "wrongMethod"]);
  });

  test("while another replica leads is sent there", async () => {
    leads = false;
    const answer = await post(await open(), firing);
    expect([answer.status, answer.headers.get("connection")]).toEqual([503, "close"]);
  });

  test("after the token was rotated needs the new one; without a token file nobody may call", async () => {
    const url = await open();
    await writeFile(tokenFile, "the-token-after-it");
    expect((await post(url, firing)).status).toBe(401);
    expect((await post(url, firing, { authorization: "Bearer the-token-after-it" })).status).toBe(200);
    await unlink(tokenFile);
    expect((await post(url, firing)).status).toBe(503);
    expect(results).toEqual(["unauthorized", "taken", "tokenUnreadable"]);
  });
});

describe("a webhook", () => {
  test.each(["", "short", "a token with spaces"])("whose token is %j doesn't open", async (text) => {
    await writeFile(tokenFile, text);
    await expect(open()).rejects.toMatchObject({ code: "ROP_SETTINGS_INVALID" });
  });

  test("whose address is taken doesn't open", async () => {
    const { port } = new URL(await open());
    const again = openWebhook({ listen: `127.0.0.1:${port}`, tokenFile, take: () => true, report: () => undefined });
    await expect(again).rejects.toMatchObject({ code: "ROP_SETTINGS_INVALID" });
  });
});

describe("the canary's arrivals", () => {
  test("are remembered by target, from firing alone", async () => {
    const clock = new FakeClock();
    const arrivals = makeCanaryArrivals(clock);
    const canary = { name: "RETR_ALERT_CANARY", status: "firing", ...place } as const;
    arrivals.note([
      { ...canary, status: "resolved" },
      { ...canary, name: "RETR_DUAL_VARIANCE_HIGH" },
    ]);
    expect(arrivals.arrivedAt(place)).toBeNull();
    arrivals.note([canary]);
    expect(arrivals.arrivedAt(place)).toBe(clock.now());
    expect(arrivals.arrivedAt({ ...place, target: "other" })).toBeNull();
  });
});
