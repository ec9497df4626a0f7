// Every parser of text that others write: eight times the text takes about eight times as long, and none throws what
// nobody catches. A new parser of foreign text belongs into this list.
import { parseMigrationSpec } from "@retriever/crds/parse.ts";
import { migrationStatusSchema } from "@retriever/crds/status/migration-status.ts";
import { sidecarStatusSchema } from "@retriever/sidecar/contract/status.ts";
import { verifySummarySchema } from "@retriever/sidecar/contract/verify-report.ts";
import { leftOutOf } from "@retriever/stores/config/known-fields.ts";
import { cpuMsOf, growthOf } from "@retriever/stores/test/growth.ts";
import { describe, expect, it } from "vitest";
import { parseWebhookBody } from "#adapters/alertmanager/webhook-body.ts";
import { printSelector, readPodDocument, readWorkloadDocument } from "#adapters/cluster/read-workload.ts";
import { parseRules } from "#adapters/prometheus/answers.ts";
import { readPlan } from "#core/people/accepted-plan.ts";
import { bounded } from "#errors.ts";
import { readBase } from "#observe/read-base.ts";
import { readOverlay } from "#observe/read-overlay.ts";
import { parseIntent } from "#overlay-intent.ts";
import { aSidecarStatus } from "./builders/sidecar-status.ts";
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
const mount = (mountPath: string) =>
  readWorkloadDocument({
    spec: {
      template: {
        spec: {
          containers: [
            {
              name: "retriever-sidecar",
              args: ["--config", mountPath],
              volumeMounts: [{ name: "config", mountPath: `${mountPath}x` }],
            },
          ],
          volumes: [{ name: "config", configMap: { name: "base" } }],
        },
      },
    },
  });

const parsers: Readonly<Record<string, readonly [parse: (text: string) => unknown, make: (size: number) => string]>> = {
  "a mountPath of slashes": [mount, (size) => `${"/".repeat(size)}x`],
  "a label selector": [(text) => printSelector({ matchLabels: { app: text } }), (size) => ",".repeat(size)],
  "a pod's epoch": [
    (text) => readPodDocument({ metadata: { annotations: { "retriever.dev/config-epoch": text } } }),
    (size) => "9".repeat(size),
  ],
  "an intent of keys": [parseIntent, keys],
  "an intent of brackets": [parseIntent, nested],
  "an accepted plan": [readPlan, keys],
  "a spec of keys": [(text) => parseMigrationSpec(JSON.parse(text)), keys],
  "a status of keys": [(text) => migrationStatusSchema.safeParse(JSON.parse(text)), keys],
  "a sidecar's status": [
    (text) => {
      const status = JSON.parse(text) as object;
      return leftOutOf(status, sidecarStatusSchema.safeParse({ ...status, ...aSidecarStatus({ podUid: "u" }) }).data);
    },
    keys,
  ],
  "a summary": [(text) => verifySummarySchema.safeParse(JSON.parse(text)), keys],
  "a webhook's body": [parseWebhookBody, keys],
  "an answer of Prometheus": [(text) => parseRules("rules", JSON.parse(text), []), keys],
  "a fault's words": [bounded, (size) => " ".repeat(size)],
};

describe("text that others write", () => {
  it.each(Object.entries(parsers))("%s: the work grows with its length alone", (_, [parse, make]) => {
    expect(growthOf(parse, make, 40_000)).toBeLessThan(30);
  });
});

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

  it.each(Object.entries(hostile))("of 1 MiB of %s is refused at once, and one of 60 KiB soon", (_, make) => {
    expect(cpuMsOf(() => base(make(1_048_576)))).toBeLessThan(50);
    expect(base(make(1_048_576)).faults[0]?.message).toMatch(/^expected at most 65536 characters, got /);
    // The second look and those after it cost nothing: the least of five is theirs.
    expect(cpuMsOf(() => base(make(60_000)))).toBeLessThan(50);
    expect(base(make(60_000)).faults.length).toBeGreaterThan(0);
    expect(JSON.stringify(base(make(60_000)).faults).length).toBeLessThan(5000);
  });

  it("that is at the limit of what is read as YAML is read within a moment", () => {
    const made = (keys: number, seed: string) =>
      `primary: ${seed}\n${Array.from({ length: keys }, (_, index) => `k${index}: 1`).join("\n")}`;
    expect(base(made(590, "a")).faults[0]?.path).not.toBe("(root)");
    expect(base(made(600, "a")).faults[0]?.message).toContain("YAML of at most 1000 lines and 600 marks");
    expect(cpuMsOf(() => base(made(590, Math.random().toString())))).toBeLessThan(1000);
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
