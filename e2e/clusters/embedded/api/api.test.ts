// What the conformance suite can't ask of a real API server: faults, history bounds, admission hooks, our own manifests.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppsV1Api, CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { at, type Client, connect } from "../../test/conformance/client.ts";
import { causeFields, expectFailure, expectStatus, mergePatch, versionOf } from "../../test/conformance/scene.ts";
import { untilTestEnds } from "../../test/conformance/until-test-ends.ts";
import { forbidden } from "./model/failure.ts";
import { type EmbeddedApi, startApi } from "./start-api.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";
const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const manifests = new URL("../../../../crds/manifests/", import.meta.url);

let api: EmbeddedApi;
let client: Client;
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "embedded-api-"));
  api = await startApi({ directory, maxHistory: 5 });
  client = connect(api.kubeconfigPath("admin"));
});

afterEach(async () => {
  await client[Symbol.asyncDispose]();
  await api.close();
  await rm(directory, { recursive: true });
});

async function create(name: string, data: Readonly<Record<string, string>> = {}) {
  return expectStatus(await client.request("POST", configMaps, { body: { metadata: { name }, data } }), 201);
}

describe("what the embedded API refuses", () => {
  it("answers 403 for a Secret, whoever asks and however", async () => {
    const secrets = "/api/v1/namespaces/default/secrets";
    const status = expectFailure(await client.request("GET", secrets), 403, "Forbidden");
    expect(status["message"]).toContain('cannot access resource "secrets"');
    expectFailure(await client.request("GET", `${secrets}/token`), 403, "Forbidden");
    expectFailure(await client.request("POST", secrets, { body: { metadata: { name: "x" } } }), 403, "Forbidden");
  });

  it("answers 400 for a query parameter that it would have to honour", async () => {
    const status = expectFailure(await client.request("GET", configMaps, { query: { shard: "1" } }), 400, "BadRequest");
    expect(status["message"]).toContain('"shard"');
  });

  it("answers 413 for a body over three megabytes", async () => {
    const body = { metadata: { name: "big" }, data: { x: "x".repeat(3 * 1024 * 1024) } };
    const status = expectFailure(await client.request("POST", configMaps, { body }), 413, "RequestEntityTooLarge");
    expect(status["message"]).toContain("limit is 3145728");
  });

  it("answers 400 for propagation that it has no collector for", async () => {
    await create("owner");
    const body = { propagationPolicy: "Foreground" };
    const status = expectFailure(await client.request("DELETE", `${configMaps}/owner`, { body }), 400, "BadRequest");
    expect(status["message"]).toContain("Foreground");
  });
});

describe("history of the embedded API", () => {
  it("tells a watch 410 when its version fell out of the bounded history", async () => {
    const first = await create("first");
    for (const name of ["a", "b", "c", "d", "e", "f"]) await create(name);
    const stream = untilTestEnds(await client.watch(configMaps, { resourceVersion: versionOf(first) }));
    const frame = await stream.next((one) => one.type === "ERROR");
    expect(frame.object).toMatchObject({ code: 410, reason: "Expired" });
  });

  it("answers 410 to a continue token whose version was compacted", async () => {
    for (const name of ["a", "b", "c"]) await create(name);
    const page = expectStatus(await client.request("GET", configMaps, { query: { limit: "1" } }), 200);
    await create("d");
    api.store.compact();
    const query = { limit: "1", continue: String(at(page, "metadata", "continue")) };
    const status = expectFailure(await client.request("GET", configMaps, { query }), 410, "Expired");
    expect(status["message"]).toContain("continue");
  });

  it("answers 504 to a version of the future", async () => {
    const status = expectFailure(
      await client.request("GET", configMaps, { query: { resourceVersion: "999999" } }),
      504,
      "Timeout",
    );
    expect(at(status, "details", "causes", 0, "reason")).toBe("ResourceVersionTooLarge");
  });

  it("sends bookmarks at the interval it was started with", async () => {
    const quick = untilTestEnds(await startApi({ directory: join(directory, "quick"), bookmarkEveryMs: 20 }));
    const other = untilTestEnds(connect(quick.kubeconfigPath("admin")));
    const stream = untilTestEnds(
      await other.watch(configMaps, {
        resourceVersion: String(quick.store.revision),
        allowWatchBookmarks: "true",
      }),
    );
    const mark = await stream.next((one) => one.type === "BOOKMARK");
    expect(versionOf(mark.object)).toBe(String(quick.store.revision));
  });
});

describe("planted faults", () => {
  const onWrites = { match: (request: { readonly method: string }) => request.method === "POST" };

  it("answer instead of the API, as often as asked, and are logged", async () => {
    api.faults.add({ ...onWrites, outcome: { status: 503 }, times: 1 });
    expect(
      (await client.request("POST", configMaps, { query: { fieldManager: "me" }, body: { metadata: { name: "x" } } }))
        .status,
    ).toBe(503);
    await create("x");
    expect(api.faults.struck()).toBe(1);
    expect(api.requests.all()).toContainEqual({
      method: "POST",
      path: configMaps,
      query: "?fieldManager=me",
      user: "admin",
      fieldManager: "me",
      status: 503,
    });
  });

  it("and what was answered are counted by user, verb and resource", async () => {
    await create("x");
    await client.request("GET", configMaps);
    await client.request("GET", `${configMaps}/x`);
    await client.request("PATCH", `${configMaps}/x`, { contentType: mergePatch, body: { data: { a: "1" } } });
    await client.request("GET", "/api/v1/namespaces/default");
    expect(Object.fromEntries(api.requests.counts("admin"))).toEqual({
      "create configmaps": 1,
      "list configmaps": 1,
      "get configmaps": 1,
      "patch configmaps": 1,
      "get namespaces": 1,
    });
    expect(api.requests.counts("operator").size).toBe(0);
  });

  it("reset: the connection breaks and nothing is stored", async () => {
    api.faults.add({ ...onWrites, outcome: "reset", times: 1 });
    await expect(create("x")).rejects.toThrow(/closed|reset|socket/i);
    expect(api.store.get("/configmaps", "default", "x")).toBeUndefined();
  });

  it("dropReply: the connection breaks and the write is stored", async () => {
    api.faults.add({ ...onWrites, outcome: "dropReply", times: 1 });
    await expect(create("x")).rejects.toThrow(/closed|reset|socket/i);
    expect(api.store.get("/configmaps", "default", "x")).toBeDefined();
  });

  it("hang: no answer comes, and close() still ends the server", async () => {
    api.faults.add({ ...onWrites, outcome: "hang", times: 1 });
    const pending = create("x").catch((error: unknown) => String(error));
    await expect.poll(() => api.faults.struck()).toBe(1);
    await api.close();
    expect(await pending).toMatch(/closed|reset|socket/i);
  });
});

describe("admission", () => {
  it("a hook sees user, old and new object and may refuse", async () => {
    const seen: string[] = [];
    const release = api.admission((request) => {
      seen.push(`${request.operation} ${request.resource} ${request.name} by ${request.user.username}`);
      if (request.object?.["data"] !== undefined)
        throw forbidden({ group: "", plural: "configmaps", kind: "ConfigMap" }, request.name, "no data here");
    });
    expectFailure(
      await client.request("POST", configMaps, { body: { metadata: { name: "x" }, data: { a: "1" } } }),
      403,
      "Forbidden",
    );
    release();
    await create("x", { a: "1" });
    expect(seen).toEqual(["create configmaps x by admin"]);
  });
});

describe("official client", () => {
  it("creates and reads through @kubernetes/client-node", async () => {
    const config = new KubeConfig();
    config.loadFromFile(api.kubeconfigPath("operator"));
    const core = config.makeApiClient(CoreV1Api);
    const apps = config.makeApiClient(AppsV1Api);
    await core.createNamespacedConfigMap({ namespace: "default", body: { metadata: { name: "x" }, data: { a: "1" } } });
    expect((await core.readNamespacedConfigMap({ namespace: "default", name: "x" })).data).toEqual({ a: "1" });
    const template = { metadata: { labels: { app: "x" } }, spec: { containers: [{ name: "app", image: "app" }] } };
    const body = { metadata: { name: "x" }, spec: { selector: { matchLabels: { app: "x" } }, template } };
    expect((await apps.createNamespacedDeployment({ namespace: "default", body })).spec?.replicas).toBe(1);
  });
});

describe("the project's own resources", () => {
  const migrations = "/apis/retriever.dev/v1alpha1/namespaces/default/retrievermigrations";
  const minimal = {
    apiVersion: "retriever.dev/v1alpha1",
    kind: "RetrieverMigration",
    metadata: { name: "docs-to-qdrant" },
    spec: {
      target: { kind: "Deployment", name: "search-api" },
      destination: {
        kind: "qdrant",
        url: "https://qdrant.search.svc:6333",
        collection: "chunks",
        apiKey: { fromEnv: "RETRIEVER_CRED_QDRANT" },
      },
    },
  };

  beforeEach(async () => {
    const files = (await readdir(manifests)).filter((name) => name.endsWith(".yaml"));
    if (files.length === 0) throw new Error("no manifests to install");
    for (const file of files) {
      const body: unknown = parse(await readFile(new URL(file, manifests), "utf8"));
      expectStatus(await client.request("POST", definitions, { body }), 201);
    }
  });

  it("the manifests install, and a migration of two fields gets the runbook's defaults", async () => {
    const made = expectStatus(await client.request("POST", migrations, { body: minimal }), 201);
    expect(at(made, "spec", "stages", 0)).toMatchObject({ sampleRate: 0.02, minDuration: "2h" });
    expect(at(made, "spec", "mode")).toBe("Migrate");
    expect(at(made, "spec", "guard", "duration")).toBe("24h");
  });

  it("an epoch in a status never falls, not even by removing the status", async () => {
    expectStatus(await client.request("POST", migrations, { body: minimal }), 201);
    const path = `${migrations}/docs-to-qdrant/status`;
    expectStatus(await client.request("PATCH", path, { contentType: mergePatch, body: { status: { epoch: 3 } } }), 200);
    const gone = await client.request("PATCH", path, { contentType: mergePatch, body: { status: null } });
    const status = expectFailure(gone, 422, "Invalid");
    expect(causeFields(status).length).toBeGreaterThan(0);
  });
});
