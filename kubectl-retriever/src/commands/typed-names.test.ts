import { aRawMigration, aStatus } from "@retriever/operator/test/builders/migration.ts";
import { expect, test } from "vitest";
import { runCli } from "#program.ts";
import { makeFakeSurroundings } from "#test/fake-surroundings.ts";
import { makeFakeTerminal } from "#test/fake-terminal.ts";

function arrange() {
  const read: string[] = [];
  const client = {
    readMigration: async (namespace: string, name: string) => {
      read.push(`${namespace}/${name}`);
      return aRawMigration(aStatus({ phase: "Guard" }));
    },
    listMigrations: async () => [],
    listEvents: async () => [],
  };
  const terminal = makeFakeTerminal();
  const { around, connections } = makeFakeSurroundings({ client, terminal });
  return { run: (...words: readonly string[]) => runCli(words, around), read, connections, ...terminal };
}

test.each([
  "rmig/docs",
  "retrievermigration/docs",
  "retrievermigrations/docs",
  "retrievermigration.retriever.dev/docs",
  "retrievermigrations.v1alpha1.retriever.dev/docs",
])("a migration named %s, as kubectl and -o name write it, is the one of that name", async (typed) => {
  const { run, read } = arrange();
  expect(await run("status", typed)).toBe(0);
  expect(await run("wait", typed, "--for", "Guard")).toBe(0);
  expect(read).toEqual(["search/docs", "search/docs"]);
});

test.each(
  ["", ".", "..", "search/docs", "deployment/docs", "docs/status", "rmig/", "../docs", "rmig/a/b"].flatMap((typed) =>
    [
      ["status", typed],
      ["rollback", typed, "--yes"],
      ["report", typed],
      ["support-bundle", typed],
    ].map((words) => [words]),
  ),
)("%j names no migration: it is refused before any cluster is asked", async (words) => {
  const { run, connections, warned } = arrange();
  expect(await run(...words)).toBe(1);
  expect(connections).toEqual([]);
  expect(warned.join("\n")).toContain("expected the name of a RetrieverMigration, and its namespace by -n");
});

test.each(
  ["", "..", "Search", "a/b", "search "].flatMap((typed) =>
    [
      ["get", "-n", typed],
      ["rollback", "docs", "--yes", `--namespace=${typed}`],
      ["check", "--in", typed],
      ["version", "--operator-namespace", typed],
    ].map((words) => [words]),
  ),
)("%j names no namespace: it is refused before any cluster is asked", async (words) => {
  const { run, connections, warned } = arrange();
  expect(await run(...words)).toBe(1);
  expect(connections).toEqual([]);
  expect(warned.join("\n")).toContain("expected the name of a namespace");
});

test.each(["condition=Succeeded", "condition=Succeeded=True", "Succeeded"])(
  "wait --for %s, as kubectl wait takes it, waits for the condition",
  async (what) => {
    const { run, clock } = arrangeTime();
    const ended = run("wait", "docs", "--for", what, "--timeout", "2s");
    await clock.advance(5000);
    expect(await ended).toBe(124);
  },
);

function arrangeTime() {
  const client = { readMigration: async () => aRawMigration(aStatus({ phase: "Guard" })) };
  const { around, clock } = makeFakeSurroundings({ client });
  return { run: (...words: readonly string[]) => runCli(words, around), clock };
}
