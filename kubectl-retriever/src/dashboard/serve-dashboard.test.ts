import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { connectTo } from "@retriever/operator/kube/kube-access.ts";
import { makeKubeRequest } from "@retriever/operator/kube/kube-request.ts";
import { aRawMigration, aStatus } from "@retriever/operator/test/builders/migration.ts";
import { FakeClock } from "@retriever/operator/test/fakes/fake-clock.ts";
import { afterEach, expect, test } from "vitest";
import { makeKubeClient } from "#kube-client.ts";
import { exitCodes } from "#output/exit-codes.ts";
import { makeFakeTerminal } from "#test/fake-terminal.ts";
import { serveDashboard } from "./serve-dashboard.ts";

type Mood = "well" | 401 | 403 | "hanging";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** Answers every read with one migration, or as its mood is; a watch stays open. */
async function startApi() {
  const api = { mood: "well" as Mood, server: "", aheadMs: 0 };
  const server: Server = createServer(({ url = "", method }, response) => {
    if (api.mood === "hanging") return;
    if (api.mood !== "well") return json(response, api.mood, { kind: "Status", code: api.mood });
    if (method === "POST") return json(response, 201, { status: { userInfo: { username: "user-a" }, allowed: true } });
    if (url.includes("watch=1")) return response.writeHead(200).flushHeaders();
    const items = url.includes("/retrievermigrations")
      ? [aRawMigration(aStatus({ phase: "Guard", phaseStartedAt: "2025-12-31T23:00:00Z" }))]
      : [];
    return json(response, 200, { metadata: { resourceVersion: "7" }, items });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  api.server = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  cleanups.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return api;
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** The command whole, over a real connection, at a clock that stands still until it is set forward. */
async function arrange() {
  const api = await startApi();
  const clock = new FakeClock();
  const access = {
    server: api.server,
    context: "prod-eu",
    proxyUrl: undefined,
    namespace: "search",
    userName: "u",
    apply: async () => {},
  };
  const kube = connectTo(access, { clock });
  const request = makeKubeRequest(kube, { deadlineMs: 2000, clock });
  const stop = new AbortController();
  const link = Promise.withResolvers<URL>();
  const terminal = makeFakeTerminal({
    print: (line) => {
      if (line.startsWith("http")) link.resolve(new URL(line));
    },
  });
  const evidence = { readChain: async () => undefined, readReport: async () => undefined };
  const client = makeKubeClient(request, "u");
  const { server, context } = kube;
  const reached = { server, context, kubeconfig: undefined, namespace: "search" };
  const connected = { client, kube, request, evidence, ...reached, close: kube.close };
  const clockAheadMs = () => api.aheadMs;
  const asked = { port: 0, namespaces: { kind: "all" }, flags: "" } as const;
  const ended = serveDashboard(asked, { terminal, clock, signal: stop.signal, clockAheadMs, ...connected });
  cleanups.push(kube.close, () => (stop.abort(), ended));
  const opened = await fetch(await link.promise);
  const cookie = String(opened.headers.get("set-cookie")).split(";")[0] ?? "";
  const { origin } = await link.promise;
  const path = /url=(\S+)/.exec(String(opened.headers.get("refresh")))?.[1] ?? "";
  const read = async (page = "") => (await fetch(`${origin}${path}${page}`, { headers: { cookie } })).text();
  /** Sets the clock forward until the list of migrations says it. */
  const shown = async (words: string): Promise<string> => {
    for (;;) {
      const text = await read();
      if (text.includes(words)) return text;
      await clock.advance(1000);
    }
  };
  return { api, clock, read, shown, stop, ended };
}

test.each([
  [401, "ROP_UNAUTHENTICATED"],
  [403, "ROP_FORBIDDEN"],
  ["hanging", "ROP_DEADLINE_EXCEEDED"],
] as const)(
  "an API server that turns to %s is told of as %s, with what was seen and the red acts, until it answers again",
  async (mood, code) => {
    const { api, read, shown } = await arrange();
    await shown("Live from");
    await shown("docs-to-qdrant");
    api.mood = mood;
    expect(await shown(code)).toContain("NOT LIVE");
    const page = await read("m/search/docs-to-qdrant");
    expect(page).toContain("docs-to-qdrant");
    expect(page).toContain("/act/rollback");
    api.mood = "well";
    await shown("Live from");
  },
);

test("ages are by the API server's clock, whatever the viewer's says, and the page says how far that is off", async () => {
  const { api, clock, shown, read } = await arrange();
  await shown("Live from");
  const ageOf = async () => /([^>]*) in phase/.exec(await read("m/search/docs-to-qdrant"))?.[1];
  const age = await ageOf();
  clock.jumpWall(7_200_000);
  api.aheadMs = 7_200_000;
  expect(await ageOf()).toBe(age);
  expect(await read()).toContain("clock is 2h ahead of the API server");
  clock.jumpWall(-14_400_000);
  api.aheadMs = -7_200_000;
  expect(await ageOf()).toBe(age);
  expect(await read()).toContain("clock is 2h behind the API server");
});

test("it ends when it is interrupted, also while the API server hangs", async () => {
  const { api, clock, shown, stop, ended } = await arrange();
  await shown("Live from");
  api.mood = "hanging";
  await clock.advance(5000);
  stop.abort();
  expect(await ended).toBe(exitCodes.interrupted);
});
