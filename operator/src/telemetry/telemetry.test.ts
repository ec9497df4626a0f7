import { request } from "undici";
import { afterEach, describe, expect, test } from "vitest";
import { OperatorError } from "#errors.ts";
import type { Listener } from "#http/listener.ts";
import { aCondition, aStatus } from "#test/builders/migration.ts";
import { faultFields, makeLogger } from "./logger.ts";
import { metricTable } from "./metric-table.ts";
import { makeMetrics } from "./metrics.ts";
import { openTelemetryServer } from "./server.ts";

let server: Listener | undefined;
afterEach(() => server?.close());

async function open(listen = "127.0.0.1:0", ok = true) {
  const metrics = makeMetrics({ processMetrics: false });
  const probe = () => ({ ok, why: ok ? "fine" : "no list" });
  server = await openTelemetryServer({
    listen,
    healthz: probe,
    readyz: probe,
    metrics: metrics.render,
    contentType: metrics.contentType,
  });
  const { port } = server;
  return { port, get: async (path: string) => request(`http://127.0.0.1:${port}${path}`) };
}

describe("the telemetry server", () => {
  test("says alive, ready, and what was counted", async () => {
    const { get } = await open();
    for (const path of ["/healthz", "/readyz?verbose"]) expect((await get(path)).statusCode).toBe(200);
    expect(await (await get("/metrics")).body.text()).toContain("retriever_queue_depth");
    expect((await get("/debug")).statusCode).toBe(404);
  });

  test("says 503 and why when the loop lists nothing", async () => {
    const answer = await (await open("127.0.0.1:0", false)).get("/healthz");
    expect([answer.statusCode, await answer.body.text()]).toEqual([503, "no list\n"]);
  });

  test("on an address that is taken is a fault of the settings", async () => {
    const { port } = await open();
    const first = server;
    await expect(open(`127.0.0.1:${port}`)).rejects.toMatchObject({ code: "ROP_SETTINGS_INVALID" });
    await first?.close();
  });
});

describe("the metrics", () => {
  test("have one row per name, in base units", () => {
    expect(new Set(metricTable.map(({ name }) => name)).size).toBe(metricTable.length);
    for (const { name, kind } of metricTable) {
      expect(name).toMatch(/^retriever_[a-z_]+$/);
      expect(name.endsWith("_total")).toBe(kind === "counter");
      expect(name).not.toMatch(/_ms\b|_millis/);
    }
  });

  test("of a migration follow its status and vanish with it", async () => {
    const metrics = makeMetrics({ processMetrics: false });
    const facts = { namespace: "search", name: "docs", target: "app" };
    const gate = {
      gate: "mismatch",
      verdict: "NotYet",
      value: 0.1,
      interval: null,
      n: 10,
      limit: 0.2,
      windowSeconds: 1,
      message: "",
    } as const;
    metrics.showMigration({
      ...facts,
      status: aStatus({ phase: "Ramp", gates: [gate], conditions: [aCondition("Ready", "True")] }),
    });
    metrics.showMigration({
      ...facts,
      status: aStatus({ phase: "Guard", epoch: 4, conditions: [aCondition("Ready", "False")] }),
    });
    const text = await metrics.render();
    expect(text).toContain('retriever_migration_phase{namespace="search",name="docs",phase="Guard"} 1');
    expect(text).toContain('retriever_migration_phase{namespace="search",name="docs",phase="Ramp"} 0');
    expect(text).toContain(
      'retriever_migration_condition{namespace="search",name="docs",condition="Ready",status="false"} 1',
    );
    expect(text).not.toContain('gate="mismatch"');
    metrics.forgetMigration(facts);
    expect(await metrics.render()).not.toContain('name="docs"');
  });
});

describe("a log line", () => {
  test("of a fault has code, bounded message and details, no cause", () => {
    const cause = new Error("secret-canary");
    const fields = faultFields(
      new OperatorError("ROP_FORBIDDEN", "get configmaps", { cause, details: { verb: "get" } }),
    );
    expect(fields).toEqual({
      code: "ROP_FORBIDDEN",
      fault: expect.stringContaining("get configmaps"),
      details: { verb: "get" },
    });
  });

  test("never shows what is called a credential", () => {
    const lines: string[] = [];
    makeLogger({ level: "info", destination: { write: (line: string) => void lines.push(line) } }).info(
      { token: "secret-canary", request: { authorization: "secret-canary", password: "secret-canary" } },
      "x",
    );
    expect(lines.join("")).not.toContain("secret-canary");
  });
});
