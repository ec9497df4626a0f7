// `check-config --connect`: what it says of a collection, and how it ends.
import { type HeldPoints, serveHeldPoints } from "@retriever/stores/test/fakes/qdrant-points.ts";
import { type FakeQdrant, startFakeQdrant } from "@retriever/stores/test/fakes/qdrant-server.ts";
import { makePoints } from "@retriever/stores/test/points.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { CheckedStore } from "#config/check-connections.ts";
import { type ConfigDirectory, makeConfigDirectory } from "./config-directory.ts";
import { makeOverlay, qdrantBase, qdrantDestination, qdrantDigest } from "./documents.ts";
import { runSidecar } from "./sidecar-process.ts";

const points = makePoints(20);
const held: HeldPoints = new Map(points.map((point) => [JSON.stringify(point.id), point]));
const keyword = { data_type: "keyword" };
const indexed = { namespace: keyword, chunk_id: keyword, updated_at: { data_type: "datetime" } };
let store: FakeQdrant;
let directory: ConfigDirectory;

beforeAll(async () => {
  store = await startFakeQdrant({ points });
  directory = makeConfigDirectory();
});

beforeEach(() => describeAs());

afterAll(async () => {
  await store.close();
  directory.remove();
});

/** What the collection says of itself from now on. */
function describeAs(
  strict: Record<string, unknown> = {},
  indexes: Record<string, { data_type: string }> = indexed,
): void {
  serveHeldPoints(store, held, { strict, indexes, version: "1.18.3" });
}

function check(name: string, text: string, flags: readonly string[] = [], env: Record<string, string> = {}) {
  return checkText(name, text, ["--connect", ...flags], env);
}

async function checkText(name: string, text: string, flags: readonly string[] = [], env: Record<string, string> = {}) {
  directory.write({ [name]: text });
  const file = `${directory.path}/..data/${name}`;
  const { code, stdout, stderr } = await runSidecar(["check-config", ...flags, file], env);
  return { code, stdout: stdout.replaceAll(file, name), stderr };
}

async function findingsOf(change: object = {}) {
  const { code, stdout } = await check("retriever.json", qdrantBase(store.url, change), ["--output", "json"]);
  const { stores } = JSON.parse(stdout) as { readonly stores: readonly CheckedStore[] };
  const findings = stores.flatMap((each) => each.findings);
  return {
    code,
    bad: findings.filter(({ level }) => level !== "ok").map(({ level, field, found }) => `${level} ${field}: ${found}`),
  };
}

test("a collection with all it needs is told line by line, and exits with 0", async () => {
  const { code, stdout } = await check("retriever.json", qdrantBase(store.url));
  expect(stdout.split("\n")).toEqual([
    expect.stringMatching(/^primary qdrant:\/\/127\.0\.0\.1:\d+\/chunks$/),
    "  ok     url: Qdrant, reached in plain text; chunks has 20 points",
    "  ok     vectorName: 8 dimensions, Dot",
    "  ok     collection: a query is answered",
    "  ok     namespaceField: namespace has an index (keyword)",
    "  ok     collection: chunk_id has an index (keyword)",
    "  ok     collection: updated_at has an index (datetime)",
    "6 ok, 0 slow, 0 fails",
    "",
  ]);
  expect(code).toBe(0);
});

describe("a collection", () => {
  test("without payload indexes is slow, and exits with 1", async () => {
    describeAs({}, {});
    const { code, bad } = await findingsOf();
    expect(bad).toEqual([
      expect.stringMatching(/^slow namespaceField: namespace has no index of type keyword/),
      expect.stringMatching(/^slow collection: chunk_id has no index/),
      expect.stringMatching(/^slow collection: updated_at has no index of type datetime/),
    ]);
    expect(code).toBe(1);
  });

  test("whose strict mode refuses filters without an index fails and exits with 2", async () => {
    describeAs(
      { enabled: true, unindexed_filtering_retrieve: false, max_timeout: 1, max_query_limit: 100, read_rate_limit: 60 },
      { chunk_id: keyword, updated_at: indexed.updated_at },
    );
    const { code, bad } = await findingsOf({ timeoutMs: 3000 });
    expect(bad).toEqual([
      "slow timeoutMs: strict mode ends a request after 1 s (max_timeout), before timeoutMs",
      "slow collection: strict mode refuses requests with k above 100 (max_query_limit)",
      expect.stringMatching(/^slow collection: strict mode refuses more than 60 reads in a minute/),
      expect.stringMatching(/^fails namespaceField: namespace has no index .* are refused by strict mode$/),
    ]);
    expect(code).toBe(2);
  });

  test.each([
    {
      title: "that isn't there",
      change: { collection: "absent" },
      says: /^fails collection: Qdrant has no such collection/,
    },
    {
      title: "without the named vector",
      change: { vectorName: "text" },
      says: /^fails vectorName: the collection has no vector/,
    },
    { title: "behind TLS that isn't spoken", change: { url: "https" }, says: /^fails tls: TLS with Qdrant failed/ },
    {
      title: "where nothing listens",
      change: { url: "http://127.0.0.1:9" },
      says: /^fails url: Qdrant can't be reached \(ECONNREFUSED\)/,
    },
    {
      title: "whose key no header takes",
      change: { apiKey: "hunter2 x" },
      says: /^fails apiKey: .*the key holds a space/,
    },
    {
      title: "whose key isn't set",
      change: { apiKey: { fromEnv: "ABSENT" } },
      says: /^fails apiKey: .*ABSENT isn't set/,
    },
  ])("$title fails by its field, and exits with 2", async ({ change, says }) => {
    const url = change.url === "https" ? { url: store.url.replace("http:", "https:") } : {};
    const { code, bad } = await findingsOf({ ...change, ...url });
    expect(bad).toEqual([expect.stringMatching(says)]);
    expect(bad.join()).not.toContain("hunter2");
    expect(code).toBe(2);
  });

  test("that says nothing ends at the deadline", async () => {
    store.behave = () => undefined;
    const { code, stdout } = await check("retriever.json", qdrantBase(store.url), ["--deadline", "1"]);
    expect(stdout).toContain("fails  timeoutMs: Qdrant didn't answer within the deadline");
    expect(code).toBe(2);
  });
});

test("an overlay's destination is asked where the pod may reach it, and refused where it may not", async () => {
  const overlay = makeOverlay(qdrantDigest(store.url), qdrantDestination(store.url));
  const allowed = { RETRIEVER_ALLOWED_HOSTS: "127.0.0.1" };
  expect(await check("migration.json", overlay, [], allowed)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^destination qdrant:/) as string,
  });
  const refused = await check("migration.json", overlay);
  expect(refused.stdout).toContain("isn't listed in RETRIEVER_ALLOWED_HOSTS");
  expect(refused.code).toBe(2);
});

test.each([
  { title: "a file that isn't valid", text: "{}", flags: [] },
  { title: "a deadline that is none", text: null, flags: ["--deadline", "soon"] },
])("$title is told with its code, and exits with 2", async ({ text, flags }) => {
  const { code, stderr } = await check("retriever.json", text ?? qdrantBase(store.url), flags);
  expect(stderr).toContain("RETR_CONFIG_INVALID");
  expect(code).toBe(2);
});

describe("without --connect", () => {
  const connection = (text: string) =>
    JSON.stringify({ primary: { kind: "pgvector", connectionString: text, table: "t", fields: { text: "body" } } });

  test("a base is resolved and not asked; a credential in plain text is told, with what to do", async () => {
    const { code, stdout } = await checkText("retriever.json", qdrantBase("http://q:6333", { apiKey: "hunter2" }));
    expect(stdout.split("\n")).toEqual([
      "retriever.json: valid base, primary qdrant, dual read off",
      "primary qdrant://q:6333/chunks",
      "  ok     kind: to be reached in plain text; --connect asks it",
      "  ok     apiKey: stands here in plain text",
      expect.stringMatching(/^ {9}Name a variable \(fromEnv\)/),
      "2 ok, 0 slow, 0 fails",
      "",
    ]);
    expect(code).toBe(0);
  });

  test("what only the pod has is left to it, and fails where the stores are asked", async () => {
    const base = qdrantBase(store.url, { apiKey: { fromEnv: "ABSENT" } });
    const { code, stdout } = await checkText("retriever.json", base);
    expect(stdout).toContain("ok     apiKey: left to the pod: primary.apiKey: variable ABSENT isn't set");
    expect(code).toBe(0);
    expect((await check("retriever.json", base)).code).toBe(2);
  });

  test.each([
    ["a connection string that is none", connection("postgres://u:hunter2@h:5432/d?sslmode=maybe"), "sslmode"],
    ["a connection string of several hosts", connection("postgres://u:hunter2@a,b/d"), "connectionString"],
    [
      "a select of what isn't declared",
      JSON.stringify({ ...JSON.parse(connection("postgres://u@h/d")), select: ["author"] }),
      "select[0]",
    ],
  ])("%s fails with the words and the code of --connect", async (_title, text, words) => {
    const offline = await checkText("retriever.json", text);
    const asked = await check("retriever.json", text, ["--deadline", "1"]);
    expect(offline.stdout + offline.stderr).toContain(words);
    expect(offline.stdout + offline.stderr).not.toContain("hunter2");
    expect([offline.code, asked.code]).toEqual([2, 2]);
    expect(asked.stdout + asked.stderr).toContain(words);
  });
});

describe("a ConfigMap", () => {
  const mapOf = (data: object) =>
    JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" }, data });

  test("is checked by what it holds", async () => {
    const base = qdrantBase(store.url);
    const read = await checkText("c.yaml", mapOf({ "retriever.json": base }));
    expect(read).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^c\.yaml, data\["retriever\.json"\]: valid base/),
    });
    const listed = `kind: Namespace\n---\n${mapOf({ "retriever.yaml": "primary: 1" })}`;
    expect(await checkText("c.yaml", listed)).toMatchObject({ code: 2, stderr: expect.stringContaining("primary") });
  });

  test("that holds none, or both, is told as what it is", async () => {
    for (const data of [{ "other.json": "{}" }, { "retriever.json": "{}", "retriever.yaml": "{}" }]) {
      const { code, stderr } = await checkText("c.yaml", mapOf(data));
      expect(stderr).toContain("this is a ConfigMap; expected one of retriever.json, retriever.yaml");
      expect(code).toBe(2);
    }
  });
});
