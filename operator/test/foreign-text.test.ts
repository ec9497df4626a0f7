// Bases and overlays that are made to take a reader long: refused before a parser sees them, in few words. How long each
// parser takes is measured by `make hostile ARGS=--only=Z2`.
import { describe, expect, it } from "vitest";
import { readBase } from "#observe/read-base.ts";
import { readOverlay } from "#observe/read-overlay.ts";
import { FakeClock } from "./fakes/fake-clock.ts";
import { FakeCluster } from "./fakes/fake-cluster.ts";

const keys = (size: number) => `{${Array.from({ length: size / 10 }, (_, index) => `"k${index}":1`).join(",")}}`;
const yamlKeys = (size: number) => Array.from({ length: size / 10 }, (_, index) => `k${index}: 1`).join("\n");
const nested = (size: number) => `${"[".repeat(size / 2)}${"]".repeat(size / 2)}`;
const nestedKeys = (size: number) => `${'{"a":'.repeat(size / 6)}1${"}".repeat(size / 6)}`;

const filled = (text: string) => [
  {
    source: { configMap: "base", optional: false, items: null },
    configMap: {
      name: "base",
      data: { "retriever.yaml": text },
      annotations: {},
      finalizers: [],
      deleting: false,
      foreignManagers: [],
    },
  },
];
const base = (text: string) => readBase(filled(text));
describe("a base", () => {
  const hostile: Readonly<Record<string, (size: number) => string>> = {
    "keys in YAML": yamlKeys,
    "keys in JSON": keys,
    "explicit keys": (size) => "? ".repeat(size / 2),
    brackets: (size) => "[".repeat(size),
    "closed brackets": nested,
    "nested objects": nestedKeys,
    dashes: (size) => "- ".repeat(size / 2),
    aliases: (size) => `a: &a 1\n${"b: *a\n".repeat(size / 6)}`,
    directives: (size) => "%A\n".repeat(size / 3),
    "lists in lists": (size) => "- a:\n".repeat(size / 5),
    tags: (size) => "!a ".repeat(size / 3),
    comments: (size) => "#\n".repeat(size / 2),
    "line ends": (size) => "\r".repeat(size),
  };

  it.each(Object.entries(hostile))("of 1 MiB of %s is refused unread, and one of 60 KiB with few words", (_, make) => {
    expect(base(make(1_048_576)).faults[0]?.message).toMatch(/^expected at most 65536 characters, got /);
    expect(base(make(60_000)).faults.length).toBeGreaterThan(0);
    expect(JSON.stringify(base(make(60_000)).faults).length).toBeLessThan(5000);
  });

  it("within the limit of what is read as YAML is read, one beyond it must be JSON", () => {
    const made = (keys: number, seed: string) =>
      `primary: ${seed}\n${Array.from({ length: keys }, (_, index) => `k${index}: 1`).join("\n")}`;
    expect(base(made(590, "a")).faults[0]?.path).not.toBe("(root)");
    expect(base(made(600, "a")).faults[0]?.message).toContain("YAML of at most 1000 lines and 600 marks");
  });

  it("may have comments, rulers and addresses enough", () => {
    const text = `# ${"-".repeat(70)}\n${"# why\n".repeat(300)}primary:\n  kind: pgvector\n  connectionString: { fromEnv: PG_URL }\n`;
    expect(base(text).faults).toEqual([]);
    expect(base("primary: { kind: pgvector, kind: qdrant }").faults).toEqual([
      { path: "(root)", message: "expected JSON or YAML; line 1: DUPLICATE_KEY" },
    ]);
  });
});

describe("an overlay in the cluster", () => {
  it.each([
    ["keys", keys],
    ["brackets", nested],
    ["objects in objects", nestedKeys],
  ])("of %s is none, whatever its length", async (_, make) => {
    for (const size of [60_000, 1_000_000]) {
      const cluster = new FakeCluster();
      cluster.writeConfigMap("search", "search-api-retriever-migration", { "migration.json": make(size) });
      const deadline = { clock: new FakeClock(), deadlineMs: 1000, signal: new AbortController().signal };
      const read = await readOverlay({ namespace: "search", target: "search-api" }, cluster, deadline);
      expect(read.ok && read.value?.document).toBeNull();
    }
  });
});
