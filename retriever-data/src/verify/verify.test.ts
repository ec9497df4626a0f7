import { verifyReportSchema, verifySummarySchema } from "@retriever/sidecar/contract/verify-report.ts";
import { type ConfigDirectory, makeConfigDirectory } from "@retriever/sidecar/test/config-directory.ts";
import { RetrieverError } from "@retriever/stores/errors.ts";
import type { Adapter } from "@retriever/stores/kind.ts";
import { loadAdapters } from "@retriever/stores/kinds.ts";
import { makeMemoryKind } from "@retriever/stores/test/memory-adapter/memory-adapter.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type HeldChunk, makeMemoryChunkStore } from "#test/memory-chunk-store.ts";
import { type MemoryFiles, makeMemoryFiles } from "#test/verify-run.ts";
import { type CommandDeps, exitCodeOf, pageFile, reportFile, verify } from "./verify.ts";

const old = Date.UTC(2026, 0, 1);
const two: readonly HeldChunk[] = [
  { id: "one", updatedAtMs: old },
  { id: "two", updatedAtMs: old },
];
let config: ConfigDirectory;
let files: MemoryFiles;
let written: Map<string, string>;
let printed: string[];

beforeEach(() => {
  config = makeConfigDirectory();
  files = makeMemoryFiles();
  written = new Map();
  printed = [];
  const store = (name: string) => ({ kind: "memory", store: name });
  const base = { primary: store("a"), dualRead: { enabled: true, shadow: store("b") } };
  config.write({ "retriever.json": JSON.stringify(base) });
});

afterEach(() => config.remove());

const [memory] = (await loadAdapters([makeMemoryKind({})])) as [Adapter];

/** Stores by the name that the configuration gives them. */
function adapterOver(stores: Readonly<Record<string, readonly HeldChunk[]>>): Adapter {
  return {
    ...memory,
    makeChunkStore: (spec, { identity }) => {
      const name = (spec as unknown as { readonly store: string }).store;
      return Object.assign(makeMemoryChunkStore(name, stores[name] ?? []), { identity });
    },
  };
}

function run(
  stores: Readonly<Record<string, readonly HeldChunk[]>>,
  change: Partial<CommandDeps> = {},
  isTerminal = false,
) {
  const flags = { config: config.path, report: "folder", terminationLog: "last-words", budget: "none", lag: "0" };
  return verify(flags, {
    env: {},
    version: "1.2.3",
    registry: [adapterOver(stores)],
    clock: { wallMs: () => Date.UTC(2026, 5, 1), monotonicMs: () => 0 },
    random: () => 0.5,
    pause: async () => {},
    openFolder: () => files,
    writeFile: async (path, text) => void written.set(path, text),
    progress: { isTerminal, write: () => {} },
    print: (text) => void printed.push(text),
    signal: new AbortController().signal,
    ...change,
  });
}

test("equal stores end with 0, and report, page and summary are left; the checkpoint isn't", async () => {
  expect(await run({ a: two, b: two })).toBe(0);
  expect([...files.held.keys()].toSorted()).toEqual([pageFile, reportFile]);
  const report = verifyReportSchema.parse(JSON.parse(String(files.held.get(reportFile))));
  expect(report).toMatchObject({ outcome: "equal", version: "1.2.3", source: { read: 2 } });
  const summary = verifySummarySchema.parse(JSON.parse(written.get("last-words") ?? ""));
  expect(summary).toMatchObject({ outcome: "equal", digest: report.digest });
  expect(JSON.parse(printed.join(""))).toEqual(summary);
});

test("drift ends with 1, and on a terminal it is said in words", async () => {
  expect(await run({ a: two, b: two.slice(1) }, {}, true)).toBe(1);
  expect(printed.join("")).toMatch(/^drift: 1 missing\nsource memory:\/\/memory:1\/a: 2 chunks\n/);
});

test("a store that can't be read ends with 2 and a remedy, and the checkpoint stays", async () => {
  const failing = adapterOver({ a: two, b: two });
  const makeChunkStore: Adapter["makeChunkStore"] = (spec, access) => {
    const store = adapterOver({ a: two, b: two }).makeChunkStore?.(spec, access);
    const describe = () => Promise.reject(new RetrieverError({ code: "RETR_BACKEND_AUTH", message: "no" }));
    return { ...(store as NonNullable<typeof store>), describe };
  };
  expect(await run({}, { registry: [{ ...failing, makeChunkStore }] }, true)).toBe(2);
  expect(printed.join("")).toContain("RETR_BACKEND_AUTH: no\nCorrect the credential");
  expect(files.held.has("checkpoint.bin")).toBe(true);
});

test("a full report folder makes equal stores unknown, wherever the outcome is told", async () => {
  files.isFull = true;
  expect(await run({ a: two, b: two })).toBe(2);
  const summary = verifySummarySchema.parse(JSON.parse(written.get("last-words") ?? ""));
  expect(summary.outcome).toBe("unknown");
  expect(summary.reason).toBe("RETR_VERIFY_FOLDER_UNWRITABLE: full (ENOSPC)");
  expect(files.held.size).toBe(0);
});

test("a summary that can't be written costs nothing but itself", async () => {
  const writeFile = () => Promise.reject(new Error("EACCES"));
  expect(await run({ a: two, b: two }, { writeFile })).toBe(0);
  expect(files.held.has(reportFile)).toBe(true);
});

test("a kind that can't be read through, a missing destination and one store twice are bad usage", async () => {
  const refusal = async (registry: readonly Adapter[]) => {
    const error: unknown = await run({}, { registry }).catch((thrown: unknown) => thrown);
    return { code: exitCodeOf(error), message: error instanceof Error ? error.message : "" };
  };
  expect(await refusal([memory])).toMatchObject({
    code: 3,
    message: expect.stringContaining("memory") as string,
  });
  const primary = { kind: "memory", store: "a" };
  config.write({ "retriever.json": JSON.stringify({ primary }) });
  expect(await refusal([adapterOver({})])).toMatchObject({
    code: 3,
    message: expect.stringContaining("no destination") as string,
  });
  config.write({ "retriever.json": JSON.stringify({ primary, dualRead: { enabled: true, shadow: primary } }) });
  expect(await refusal([adapterOver({})])).toMatchObject({
    code: 3,
    message: expect.stringContaining("expected two stores") as string,
  });
});
