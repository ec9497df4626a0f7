import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { OperatorError } from "#errors.ts";
import { type Handler, type Played, playServer, reply } from "#test/api-server.ts";
import { canaryRule, place, rulesAnswer, samplesAnswer } from "#test/builders/prometheus-answers.ts";
import { type HttpAlertSources, makeHttpAlertSources } from "./http-alert-sources.ts";
import type { SourceConfig } from "./sources-file.ts";

const now = Date.parse("2026-03-01T12:00:00Z");
const alert = "RETR_DUAL_VARIANCE_HIGH";
const question = { source: "monitoring", alert, ...place, since: now - 600_000 };
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

type Answers = { readonly rules?: object; readonly query?: object; readonly alertmanager?: object };

/** A Prometheus in order; parts of its answers replaced. */
function answering({ rules, query, alertmanager }: Answers = {}): Handler {
  const all: Readonly<Record<string, object>> = {
    "/api/v1/rules": rules ?? rulesAnswer(now, [{ name: alert }, canaryRule(now)]),
    "/api/v1/query": query ?? samplesAnswer([]),
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
    clock: { now: () => now },
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
  test("asks for the rules by name and for every firing sample since the epoch, a minute before included", async () => {
    const played = await play(answering());
    const seen = await open(played).read(question, never);
    expect(seen).toEqual({
      rules: [{ group: "retriever", forSeconds: 10, intervalSeconds: 5, health: "ok", evaluatedAt: now, labels: {} }],
      firings: [],
      canary: { rules: [expect.objectContaining({ forSeconds: 0 })], activeAt: now - 60_000 },
      delivery: {},
    });
    const urls = played.requests.map(({ url }) => new URL(url, "http://x"));
    const query = urls.find(({ pathname }) => pathname === "/api/v1/query")?.searchParams.get("query");
    expect(query).toBe(`ALERTS{alertname="${alert}",alertstate="firing",namespace="search",target="search-api"}[660s]`);
    const rules = urls.find(({ pathname }) => pathname === "/api/v1/rules")?.searchParams;
    expect(rules?.getAll("rule_name[]")).toEqual([alert, "RETR_ALERT_CANARY"]);
  });

  test("joins samples into runs, and tells the one that fires now from the one that ended", async () => {
    const labels = { alertname: alert, ...place, cause: "mismatch" };
    const activeAt = new Date(now - 25_000).toISOString();
    const query = samplesAnswer([now - 300_000, now - 295_000, now - 15_000, now - 10_000, now - 5000], {
      cause: "mismatch",
    });
    const rules = rulesAnswer(now, [{ name: alert, alerts: [{ labels, activeAt }] }, canaryRule(now)]);
    const { firings } = await open(await play(answering({ rules, query }))).read(question, never);
    const common = { labels: { cause: "mismatch" }, causes: ["mismatch"], forSeconds: 10 };
    expect(firings).toEqual([
      { ...common, firstAt: now - 300_000, lastAt: now - 295_000, activeAt: null, value: null },
      { ...common, firstAt: now - 15_000, lastAt: now, activeAt: now - 25_000, value: "1e+00" },
    ]);
  });

  test("takes an alert that fires by the rules alone, and none of another target", async () => {
    const activeAt = new Date(now - 20_000).toISOString();
    const alerts = ["search-api", "other"].map((target) => ({
      labels: { alertname: alert, namespace: "search", target },
      activeAt,
    }));
    const rules = rulesAnswer(now, [{ name: alert, alerts }, canaryRule(now)]);
    const { firings } = await open(await play(answering({ rules }))).read(question, never);
    expect(firings).toMatchObject([{ firstAt: now, lastAt: now, activeAt: now - 20_000 }]);
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

  test.each(["", "two\nlines"])("with %j as token asks nobody", async (token) => {
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
  ] as [string, (response: ServerResponse) => void, string][])(
    "%s, by either of the reads",
    async (_, answer, code) => {
      for (const path of ["/api/v1/rules", "/api/v1/query"]) {
        const good = answering();
        const played = await play((request, response) =>
          request.url.pathname === path ? answer(response) : good(request, response),
        );
        const error = await faultOf(open(played));
        expect([path, error.code]).toEqual([path, code]);
        expect(error.message).not.toContain("secret-canary");
        expect(error.message).not.toContain(played.url);
      }
    },
  );

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
