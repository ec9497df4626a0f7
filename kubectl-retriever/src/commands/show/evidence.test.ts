import { printRecord } from "@retriever/operator/core/status/audit-record.ts";
import { OperatorError } from "@retriever/operator/errors.ts";
import type { KeptChain } from "@retriever/operator/ports/audit-store.ts";
import { aChain, aChainFile, aDraft, subject } from "@retriever/operator/test/builders/evidence.ts";
import { aRawMigration } from "@retriever/operator/test/builders/migration.ts";
import { describe, expect, test } from "vitest";
import { runCli } from "#program.ts";
import { makeFakeSurroundings } from "#test/fake-surroundings.ts";
import { makeFakeTerminal } from "#test/fake-terminal.ts";

const records = aChain([aDraft({ phase: "Pending", epoch: 0 }), aDraft({ phase: "Pending", epoch: 0, pods: 4 })]);
const file = aChainFile(records);
const chain: KeptChain = {
  after: { seq: 0, hash: "0".repeat(64) },
  end: records[1] ?? null,
  lines: records.map(printRecord),
};

function arrange(kept: KeptChain | null = chain, disk: Readonly<Record<string, string>> = { "e.jsonl": file }) {
  const terminal = makeFakeTerminal();
  const written = new Map<string, string>();
  const asked: unknown[] = [];
  const gone = (code: string) => Object.assign(new Error("private text"), { code });
  const client = {
    readMigration: async () => aRawMigration(),
    listMigrations: async () => [],
    readActIdentityProved: async () => true,
    userName: "from-kubeconfig",
    whoAmI: async () => "user-a",
  };
  const readChain = async (of: unknown) => {
    asked.push(of);
    return kept ?? undefined;
  };
  const files = {
    read: async (path: string) => disk[path] ?? Promise.reject(gone("ENOENT")),
    write: async (path: string, text: string) =>
      path === "/full" ? Promise.reject(gone("ENOSPC")) : void written.set(path, text),
  };
  const run = (line: string) =>
    runCli(line.split(" "), makeFakeSurroundings({ client, readChain, files, terminal }).around);
  return { run, asked, written, ...terminal };
}

describe("evidence", () => {
  test.each(["", " -o -"])(
    "prints the chain of this very migration, and that it is intact beside it:%s",
    async (to) => {
      const { run, asked, printed, warned } = arrange();
      expect(await run(`evidence docs-to-qdrant${to}`)).toBe(0);
      expect(`${printed.join("\n")}\n`).toBe(file);
      expect(warned).toEqual(["search/docs-to-qdrant: 2 records, chain intact"]);
      expect(asked).toEqual([subject]);
    },
  );

  test("writes a file when told to", async () => {
    const { run, written, printed } = arrange();
    expect(await run("evidence docs-to-qdrant -o out.jsonl")).toBe(0);
    expect(written.get("out.jsonl")).toBe(file);
    expect(printed).toEqual([]);
  });

  test("that can't be written says why", async () => {
    const { run, warned } = arrange();
    expect(await run("evidence docs-to-qdrant -o /full")).toBe(1);
    expect(warned).toEqual(["can't write /full: ENOSPC"]);
  });

  test("of a migration without any is an error", async () => {
    const { run, warned } = arrange(null);
    expect(await run("evidence docs-to-qdrant")).toBe(1);
    expect(warned).toEqual(["search/docs-to-qdrant: no evidence is kept yet"]);
  });

  test.each([
    ["a record is gone", { ...chain, lines: chain.lines.slice(1) }, "record 1: it is missing"],
    ["an end can't be read", { ...chain, end: null }, "an end can't be read"],
  ])("where %s is written all the same, and exits with 2", async (_, kept, why) => {
    const { run, warned, written } = arrange(kept);
    expect(await run("evidence docs-to-qdrant -o out.jsonl")).toBe(2);
    expect(warned[0]).toContain(why);
    expect(written.size).toBe(1);
  });
});

describe("replay", () => {
  test("of a file that holds says how much was proved", async () => {
    const { run, printed } = arrange();
    expect(await run("replay e.jsonl")).toBe(0);
    expect(printed).toEqual(["2 records, 0 decisions re-derived, chain intact"]);
  });

  test("of an altered file names the record and the line, and exits with 2", async () => {
    const { run, printed } = arrange(chain, { "e.jsonl": file.replace('"pods":4', '"pods":5') });
    expect(await run("replay e.jsonl")).toBe(2);
    expect(printed).toEqual([
      "record 2, line 3: its content isn't what its hash says: it was altered",
      "1 record before the fault, 0 decisions re-derived, chain broken",
    ]);
  });

  test("of a file that isn't there, or isn't evidence, says so", async () => {
    const { run, printed, warned } = arrange(chain, { "x.yaml": "a: 1" });
    expect(await run("replay nope")).toBe(1);
    expect(warned).toEqual(["can't read nope: there is no such file"]);
    expect(await run("replay x.yaml")).toBe(2);
    expect(printed[0]).toContain("line 1: it doesn't begin like an evidence file");
  });
});

test.each(["evidence dosc", "report dosc"])("%s names the migration that was probably meant", async (line) => {
  const terminal = makeFakeTerminal();
  const client = {
    readMigration: () => Promise.reject(new OperatorError("ROP_NOT_FOUND", "get")),
    listMigrations: async () => [{ metadata: { namespace: "search", name: "docs" } }],
  };
  expect(await runCli(line.split(" "), makeFakeSurroundings({ client, terminal }).around)).toBe(1);
  expect(terminal.warned[0]).toContain("no RetrieverMigration search/dosc; did you mean docs?");
});

test("where the namespace has no migration, the ones that have some are named", async () => {
  const terminal = makeFakeTerminal();
  const client = {
    readMigration: () => Promise.reject(new OperatorError("ROP_NOT_FOUND", "get")),
    listMigrations: async () => [{ metadata: { namespace: "elsewhere", name: "docs" } }],
  };
  expect(await runCli(["status", "other"], makeFakeSurroundings({ client, terminal }).around)).toBe(1);
  expect(terminal.warned[0]).toContain("there is none in namespace search, but in elsewhere (-n)");
});
