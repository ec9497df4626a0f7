import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { OperatorError } from "@retriever/operator/errors.ts";
import { aCondition, aRawMigration, aStatus } from "@retriever/operator/test/builders/migration.ts";
import { describe, expect, test } from "vitest";
import type { KubeClient } from "#kube-client.ts";
import { viewMigration } from "#output/migration-view.ts";
import { runCli } from "#program.ts";
import { makeFakeSurroundings } from "#test/fake-surroundings.ts";
import { makeFakeTerminal } from "#test/fake-terminal.ts";
import { listRow } from "./list-migrations.ts";

const ramping = aStatus({ phase: "Ramp", stage: { index: 0, count: 3, sampleRate: 0.02 } });

function arrange(statuses: readonly MigrationStatus[] = [ramping], more: Partial<KubeClient> = {}) {
  let reads = 0;
  const asked: (string | undefined)[] = [];
  const client: Partial<KubeClient> = {
    readMigration: async () => aRawMigration(statuses[Math.min(reads++, statuses.length - 1)]),
    listMigrations: async (namespace) => {
      asked.push(namespace);
      return statuses.map((status) => aRawMigration(status));
    },
    listEvents: async () => [
      {
        name: "docs.1",
        at: "2026-01-01T00:00:00Z",
        type: "Normal",
        reason: "CutOver",
        message: "m\u001b[2J",
        count: 2,
      },
    ],
    ...more,
  };
  const terminal = makeFakeTerminal();
  const { around, clock } = makeFakeSurroundings({ client, terminal });
  return { run: (line: string) => runCli(line.split(" "), around), asked, clock, ...terminal };
}

test("get lists the context's namespace, with -A all of them and where each is", async () => {
  const { run, asked, printed } = arrange();
  expect(await run("get")).toBe(0);
  expect(await run("get -A")).toBe(0);
  expect(asked).toEqual(["search", undefined]);
  expect(printed[1]).toMatch(/^docs-to-qdrant +Ramp +1\/3/);
  expect(printed[3]).toMatch(/^search +docs-to-qdrant +Ramp/);
});

test("get with a name shows that one: a line, its name, or the object itself; another one is told with what there is", async () => {
  const missing = new OperatorError("ROP_NOT_FOUND", "docs");
  const { run, printed, warned } = arrange();
  expect(await run("get docs-to-qdrant")).toBe(0);
  expect(printed[1]).toMatch(/^docs-to-qdrant +Ramp +1\/3/);
  expect(await run("get docs-to-qdrant -o name")).toBe(0);
  expect(printed[2]).toBe("retrievermigration.retriever.dev/docs-to-qdrant");
  expect(await run("get docs-to-qdrant -o json")).toBe(0);
  expect(JSON.parse(printed[3] ?? "")).toMatchObject({ kind: "RetrieverMigration", status: { phase: "Ramp" } });
  expect(await run("get docs-to-qdrant -A")).toBe(1);
  expect(warned.join()).toContain("a name is of one namespace");
  const none = arrange([ramping], {
    readMigration: async () => {
      throw missing;
    },
  });
  expect(await none.run("get docs-to-qdrant-2")).toBe(1);
  expect(none.warned.join()).toContain("docs-to-qdrant?");
});

test("get shows how long a guard has watched, of how long", async () => {
  const at = "2026-01-01T00:00:00Z";
  const times = { startedAt: at, tickedAt: at, watchedSeconds: 86_399, idleSeconds: 0, unobservedSeconds: 0 };
  const { run, printed } = arrange([aStatus({ phase: "Guard", guard: { ...times, visibility: "watched" } })]);
  await run("get");
  expect(printed[1]).toMatch(/^docs-to-qdrant +Guard +- .* 23h\/24h /);
});

test("a row tells the first minute of a phase in seconds, and stays as it is between later ones", async () => {
  const migration = viewMigration(aRawMigration({ ...ramping, phaseStartedAt: "2026-01-01T00:00:00Z" }));
  const ages = [0, 59, 60, 119, 120, 3600].map((seconds) =>
    listRow(migration, Date.parse("2026-01-01T00:00:00Z") + seconds * 1000).at(-1),
  );
  expect(ages).toEqual(["0s", "59s", "1m", "1m", "2m", "1h"]);
});

test("get prints objects as a List, and names", async () => {
  const { run, printed } = arrange();
  await run("get -o json");
  await run("get -o name");
  expect(JSON.parse(printed[0] ?? "")).toMatchObject({ kind: "List", items: [{ kind: "RetrieverMigration" }] });
  expect(printed[1]).toBe("retrievermigration.retriever.dev/docs-to-qdrant");
});

test("objects are printed without who wrote which field, what they are called before what is in them", async () => {
  const raw = aRawMigration(ramping) as { readonly metadata: object };
  const { metadata, ...rest } = raw;
  const managed = { ...rest, metadata: { ...metadata, managedFields: [{ manager: "kubectl" }] } };
  const { run, printed } = arrange([], { listMigrations: async () => [managed], readMigration: async () => managed });
  await run("get -o yaml");
  await run("status docs -o json");
  expect(printed.join("\n")).not.toContain("managedFields");
  expect(Object.keys(JSON.parse(printed[1] ?? ""))).toEqual(Object.keys(managed));
});

test("get of nothing says so, apart from the data", async () => {
  const { run, printed, warned } = arrange([]);
  expect(await run("get")).toBe(0);
  expect([printed, warned]).toEqual([[], ["no migrations in search; -A lists those of all namespaces"]]);
});

test("events are told with their count, and without what a terminal obeys", async () => {
  const { run, printed } = arrange();
  expect(await run("events docs")).toBe(0);
  expect(printed).toEqual(["2026-01-01T00:00:00Z  Normal   CutOver  m [2J (2 times)"]);
});

test("events as names are those of their objects", async () => {
  const { run, printed } = arrange();
  expect(await run("events docs -o name")).toBe(0);
  expect(printed).toEqual(["event/docs.1"]);
});

test.each([
  ["a phase that comes", "Guard", [ramping, aStatus({ phase: "Guard" })], 0],
  ["a condition", "Settled", [aStatus({ phase: "Completed", conditions: [aCondition("Settled", "True")] })], 0],
  ["a phase that never comes", "Guard", [aStatus({ phase: "RolledBack" })], 4],
  ["a phase that it has left behind", "WarmUp", [ramping], 4],
  ["a phase that may come again", "Ramp", [aStatus({ phase: "AwaitingCutover" }), ramping], 0],
  [
    "a condition as kubectl writes it",
    "condition=Ready=True",
    [aStatus({ conditions: [aCondition("Ready", "True")] })],
    0,
  ],
  ["a condition and its value", "Ready=True", [aStatus({ conditions: [aCondition("Ready", "True")] })], 0],
  ["a condition that is to be False", "condition=Ready=False", [ramping], 1],
  ["a result that never comes", "Succeeded", [aStatus({ phase: "RolledBack" })], 4],
  ["a phase that doesn't come in time", "Guard", [ramping], 124],
  ["a word that is neither", "Gaurd", [ramping], 1],
] as const)("wait for %s ends with its code", async (_, what, statuses, code) => {
  const { run, clock } = arrange(statuses);
  const ended = run(`wait docs --for ${what} --timeout 3s`);
  await clock.advance(10_000);
  expect(await ended).toBe(code);
});

describe("wait on an API server that is away", () => {
  const away = new OperatorError("ROP_API_UNAVAILABLE", "nobody answers");
  const awayFor = (reads: number) => Array.from({ length: reads }, () => away);
  const waiting = (faults: readonly Error[], timeout: string) => {
    let reads = 0;
    const readMigration = async () => {
      const fault = faults[reads++];
      if (fault !== undefined) throw fault;
      return aRawMigration(aStatus({ phase: "Guard" }));
    };
    const { run, clock, warned } = arrange([], { readMigration });
    return { ended: run(`wait docs --for Guard --timeout ${timeout}`), clock, warned };
  };

  test("for half a minute goes on, and says once that it waits", async () => {
    const { ended, clock, warned } = waiting(awayFor(30), "30h");
    await clock.advance(40_000);
    expect(await ended).toBe(0);
    expect(warned).toEqual([expect.stringMatching(/^waiting: /)]);
  });

  test.each([
    ["for longer than a minute", awayFor(100), "30h", 1],
    ["until the time is over", awayFor(100), "3s", 1],
    ["and then may not read it any more", [away, new OperatorError("ROP_FORBIDDEN", "no")], "30h", 2],
  ])("%s fails with the reason", async (_, faults, timeout, code) => {
    const { ended, clock, warned } = waiting(faults, timeout);
    await clock.advance(100_000);
    expect(await ended).toBe(code);
    expect(warned.at(-2)).toMatch(/^ROP_/);
  });
});
