import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { OperatorError } from "#errors.ts";
import { type Handler, type Played, playServer, reply } from "#test/api-server.ts";
import { canaryRule, groupsAnswer, place, rulesAnswer } from "#test/builders/prometheus-answers.ts";
import { type HttpAlertSources, makeHttpAlertSources } from "./http-alert-sources.ts";
import type { SourceConfig } from "./sources-file.ts";

const now = Date.parse("2026-03-01T12:00:00Z");
const alert = "RETR_DUAL_VARIANCE_HIGH";
const question = { source: "monitoring", alert, ...place };
const never = new AbortController().signal;

let folder: string;
const closing: (() => Promise<void>)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "retriever-sources-"));
  closing.push(() => rm(folder, { recursive: true }));
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

type Answers = { readonly rules?: object; readonly alertmanager?: object };

/** A Prometheus in order; parts of its answers replaced. */
function answering({ rules, alertmanager }: Answers = {}): Handler {
  const all: Readonly<Record<string, object>> = {
    "/api/v1/rules": rules ?? rulesAnswer(now, [{ name: alert }, canaryRule(now)]),
    "/api/v2/alerts": alertmanager ?? [],
  };
  return ({ url }, response) => reply(response, 200, all[url.pathname] ?? {});
}

async function play(handler: Handler): Promise<Played> {
  const played = await playServer(handler);
  closing.push(played.close);
  return played;
}

function open(config: Partial<SourceConfig> & { url: string }, deadlineMs = 20_000): HttpAlertSources {
  const sources = makeHttpAlertSources({
    sources: [{ name: "monitoring", ...config }],
    deadlineMs,
  });
  closing.push(sources.close);
  return sources;
}

const faultOf = (sources: HttpAlertSources, signal = never): Promise<OperatorError> =>
  sources.read(question, signal).then(
    () => Promise.reject(new Error("expected a fault")),
    (fault: unknown) => fault as OperatorError,
  );

describe("a read of a Prometheus", () => {
  test("asks for the rules by name and for nothing else", async () => {
    const played = await play(answering());
    const seen = await open(played).read(question, never);
    expect(seen).toEqual({
      isPinned: false,
      rules: [{ group: "retriever", forSeconds: 10, intervalSeconds: 5, health: "ok", evaluatedAt: now, labels: {} }],
      firings: [],
      canary: { rules: [expect.objectContaining({ forSeconds: 0 })], activeAt: now - 60_000 },
      delivery: {},
    });
    const urls = played.requests.map(({ url }) => new URL(url, "http://x"));
    expect(urls.map(({ pathname }) => pathname)).toEqual(["/api/v1/rules"]);
    expect(urls[0]?.searchParams.getAll("rule_name[]")).toEqual([alert, "RETR_ALERT_CANARY"]);
  });

  test("tells what fires for this target, with its causes and since when, and nothing that is pending", async () => {
    const since = (ms: number) => new Date(now - ms).toISOString();
    const labels = { alertname: alert, ...place };
    const alerts = [
      { labels: { ...labels, cause: "mismatch, odd" }, activeAt: since(25_000), annotations: { cause: "score-delta" } },
      { labels: { ...labels, evidence: "operator" }, activeAt: since(40_000) },
      { labels: { ...labels, cause: "latency-delta" }, activeAt: since(3000), state: "pending" },
      { labels: { ...labels, target: "other" }, activeAt: since(40_000) },
    ];
    const rules = rulesAnswer(now, [{ name: alert, alerts }, canaryRule(now)]);
    const { firings } = await open(await play(answering({ rules }))).read(question, never);
    const common = { evaluatedAt: now, forSeconds: 10, value: "1e+00" };
    expect(firings).toEqual([
      { ...common, labels: { evidence: "operator" }, causes: [], activeAt: now - 40_000 },
      {
        ...common,
        labels: { cause: "mismatch, odd" },
        causes: ["mismatch", "odd", "score-delta"],
        activeAt: now - 25_000,
      },
    ]);
  });

  test("sends the token of the file as it is at that moment", async () => {
    const tokenFile = join(folder, "token");
    await writeFile(tokenFile, "first\n");
    const played = await play(answering());
    const sources = open({ ...played, tokenFile });
    await sources.read(question, never);
    await writeFile(tokenFile, "second\n");
    await sources.read(question, never);
    expect(new Set(played.requests.map(({ headers }) => headers.authorization))).toEqual(
      new Set(["Bearer first", "Bearer second"]),
    );
  });

  test.each(["", "two\nlines", "twice\n\n", "ümlaut"])("with %j as token asks nobody", async (token) => {
    const tokenFile = join(folder, "token");
    await writeFile(tokenFile, token);
    const played = await play(answering());
    expect((await faultOf(open({ ...played, tokenFile }))).message).toContain("tokenFile");
    expect(played.requests).toEqual([]);
  });

  test("of a name that nobody configured says so", async () => {
    const sources = open({ url: "http://127.0.0.1:1" });
    const other = sources.read({ ...question, source: "other" }, never);
    await expect(other).rejects.toMatchObject({ code: "ROP_ALERTS_UNAVAILABLE" });
  });

  test("knows its Alertmanagers by whether one holds the canary", async () => {
    const held = await play(answering({ alertmanager: [{ labels: {} }] }));
    const empty = await play(answering());
    const delivery = async (...alertmanagers: { url: string }[]) =>
      (await open({ ...empty, alertmanagers }).read(question, never)).delivery.alertmanagers;
    expect(await delivery(empty, held)).toEqual({ ok: true, value: { asked: 2, holding: 1 } });
    expect(await delivery(empty)).toEqual({ ok: true, value: { asked: 1, holding: 0 } });
    expect(await delivery({ url: "http://127.0.0.1:1" }, held)).toMatchObject({ ok: true });
    expect(await delivery({ url: "http://127.0.0.1:1" }, empty)).toMatchObject({ ok: false });
  });
});

describe("a rule that the administrator pinned", () => {
  const file = "/etc/prometheus/rules/administrator.yaml";
  const pin = { alert, group: "ours", file };
  const rule = (activeAgoMs: number) => ({
    name: alert,
    alerts: [{ labels: { alertname: alert, ...place }, activeAt: new Date(now - activeAgoMs).toISOString() }],
  });
  const read = async (group: { name: string; file: string }, pinnedRules = [pin]) => {
    const groups = [
      { name: "tenant", file: "/etc/prometheus/rules/tenant.yaml", rules: [rule(90_000), canaryRule(now)] },
      { ...group, rules: [rule(20_000)] },
    ];
    const played = await play(answering({ rules: groupsAnswer(now, groups) }));
    return open({ ...played, pinnedRules }).read(question, never);
  };

  test("is the only one that counts, whatever names and labels another tenant's has", async () => {
    const { isPinned, rules, firings } = await read({ name: "ours", file });
    expect([isPinned, rules.map(({ group }) => group)]).toEqual([true, ["ours"]]);
    expect(firings.map(({ activeAt }) => activeAt)).toEqual([now - 20_000]);
  });

  test.each([
    ["file", { name: "ours", file: "/etc/prometheus/rules/other.yaml" }],
    ["group", { name: "others", file }],
  ])("and found in another %s is missing, and so is its firing", async (_, group) => {
    expect(await read(group)).toMatchObject({ isPinned: true, rules: [], firings: [] });
  });

  test("under another name leaves this alert unpinned, and may be the canary", async () => {
    const other = await read({ name: "ours", file }, [{ ...pin, alert: "RETR_ALERT_CANARY" }]);
    expect(other).toMatchObject({ isPinned: false, canary: { rules: [], activeAt: null } });
    expect(other.firings).toHaveLength(2);
  });
});

describe("an answer that can't be used is never 'not firing'", () => {
  const invalid = "ROP_ALERTS_ANSWER_INVALID";
  const unavailable = "ROP_ALERTS_UNAVAILABLE";
  const partial = { status: "success", data: { groups: [], groupNextToken: "more" } };
  const warned = { ...rulesAnswer(now, []), warnings: ["secret-canary"] };

  test.each([
    ["HTTP 500", (response) => reply(response, 500, { error: "secret-canary" }), unavailable],
    ["HTTP 503", (response) => reply(response, 503, "secret-canary"), unavailable],
    ["a redirect", (response) => reply(response, 302, {}, { location: "http://169.254.169.254/" }), unavailable],
    ["a login page", (response) => reply(response, 200, "<html>secret-canary</html>"), invalid],
    ["an empty body", (response) => reply(response, 200, ""), invalid],
    ["an error that is called a success", (response) => reply(response, 200, { status: "error" }), invalid],
    ["a part of the rules", (response) => reply(response, 200, partial), invalid],
    ["a warning", (response) => reply(response, 200, warned), invalid],
    ["no data", (response) => reply(response, 200, { status: "success" }), invalid],
    ["too much", (response) => reply(response, 200, "x".repeat(8 * 1024 * 1024 + 1)), invalid],
    [
      "a connection that breaks off",
      (response) => response.writeHead(200, { "content-length": "9" }).destroy(),
      unavailable,
    ],
  ] as [string, (response: ServerResponse) => void, string][])("%s", async (_, answer, code) => {
    const played = await play((_request, response) => answer(response));
    const error = await faultOf(open(played));
    expect(error.code).toBe(code);
    expect(error.message).not.toContain("secret-canary");
    expect(error.message).not.toContain(played.url);
  });

  test("no answer at all, to the deadline", async () => {
    const played = await play(() => undefined);
    expect((await faultOf(open(played, 100))).code).toBe("ROP_DEADLINE_EXCEEDED");
  });

  test("nobody there", async () => {
    expect((await faultOf(open({ url: "http://127.0.0.1:1" }))).code).toBe(unavailable);
  });

  test("a reconcile that is given up", async () => {
    const stop = new AbortController();
    const played = await play(() => stop.abort());
    expect((await faultOf(open(played), stop.signal)).code).toBe("ROP_STOPPED");
  });
});
