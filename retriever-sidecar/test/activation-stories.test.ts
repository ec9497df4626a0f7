import { hash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FakeQdrant, startFakeQdrant } from "@retriever/stores/test/fakes/qdrant-server.ts";
import { makePoints, vectorAt } from "@retriever/stores/test/points.ts";
import { afterEach, expect, test } from "vitest";
import { type ConfigDirectory, makeConfigDirectory } from "./config-directory.ts";
import { makeOverlay, qdrantBase, qdrantDestination, qdrantDigest } from "./documents.ts";
import { runSidecar, type SidecarProcess, startSidecar } from "./sidecar-process.ts";
import { waitUntil } from "./wait-until.ts";

const points = makePoints(20);
const cleanups: (() => unknown)[] = [];
const allowAll = { RETRIEVER_ALLOWED_HOSTS: "127.0.0.1,127.0.0.2" };
const atDestination = { primary: "destination", shadow: "source", sampleRate: 1 } as const;
const question = { embedding: vectorAt(3), k: 1 };

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function store(host: string): Promise<FakeQdrant> {
  const server = await startFakeQdrant({ points, host });
  cleanups.push(() => server.close());
  return server;
}

function folder(files: Readonly<Record<string, string>>): ConfigDirectory {
  const directory = makeConfigDirectory();
  cleanups.push(() => directory.remove());
  directory.write(files);
  return directory;
}

async function start(
  directory: ConfigDirectory,
  env: Readonly<Record<string, string>> = allowAll,
): Promise<SidecarProcess> {
  const sidecar = await startSidecar({ config: directory.path, env });
  cleanups.push(() => sidecar.stop());
  return sidecar;
}

async function setting() {
  const [source, destination] = [await store("127.0.0.1"), await store("127.0.0.2")];
  const base = qdrantBase(source.url);
  const overlay = (change: Parameters<typeof makeOverlay>[2], adapter: object = {}): string =>
    makeOverlay(qdrantDigest(source.url), qdrantDestination(destination.url, adapter), change);
  return { source, destination, base, overlay };
}

function epoch(sidecar: SidecarProcess, wanted: number) {
  return waitUntil(async () => {
    const status = await sidecar.status();
    return status.config.epoch === wanted && status;
  });
}

test("every epoch is acknowledged with the hash of its exact text, and its evidence starts at zero", async () => {
  const { base, overlay } = await setting();
  const directory = folder({ "retriever.json": base });
  const sidecar = await start(directory);
  expect(await sidecar.logged("activated", 0)).toMatchObject({ primaryKind: "qdrant", shadowKind: "none" });
  await sidecar.retrieve(question);
  expect((await sidecar.status()).evidence.counters.requests).toBe(1);
  const text = `${overlay({ epoch: 5, shadow: "destination", sampleRate: 1 })}\n`;
  directory.write({ "retriever.json": base, "migration.json": text });
  const status = await epoch(sidecar, 5);
  expect(status.config).toMatchObject({ hash: hash("sha256", text), overlay: "in-force", shadow: "destination" });
  expect(status.evidence).toMatchObject({ epoch: 5, counters: { requests: 0 } });
  expect(await sidecar.logged("activated", 5)).toMatchObject({ shadowKind: "qdrant" });
});

test("a rollback, a restart and a scale-up work while the new store is down and its credential is missing", async () => {
  const { base, overlay, destination } = await setting();
  const directory = folder({ "retriever.json": base, "migration.json": overlay({ epoch: 3, ...atDestination }) });
  const running = await start(directory);
  await destination.close();
  expect((await running.retrieve(question)).body.error?.code).toBe("RETR_BACKEND_UNAVAILABLE");
  const adapter = { apiKey: { fromEnv: "RETRIEVER_CRED_GONE" } };
  directory.write({ "retriever.json": base, "migration.json": overlay({ epoch: 4 }, adapter) });
  await epoch(running, 4);
  const restarted = await start(directory);
  for (const sidecar of [running, restarted]) {
    expect((await sidecar.retrieve(question)).status).toBe(200);
    const status = await waitUntil(async () => {
      const status = await sidecar.status();
      return status.stores[1]?.lastError !== null && status;
    });
    expect(status.config).toMatchObject({ epoch: 4, primary: "source", shadow: "none" });
    expect(status.stores[1]?.lastError).toMatchObject({ code: "RETR_CREDENTIAL_MISSING" });
    expect(status.configFault).toBeNull();
  }
});

test("a shadow without its credential degrades alone: the pod starts, serves, and counts the samples as errors", async () => {
  const { base, overlay } = await setting();
  const migration = overlay({ shadow: "destination", sampleRate: 1 }, { apiKey: { fromEnv: "RETRIEVER_CRED_GONE" } });
  const sidecar = await start(folder({ "retriever.json": base, "migration.json": migration }));
  expect((await sidecar.retrieve(question)).status).toBe(200);
  await waitUntil(async () => (await sidecar.status()).evidence.counters.shadowErrors === 1);
  expect(await sidecar.ready()).toBe(200);
});

test("both stores down: the pod starts, stays ready, answers 503 and recovers with the store", async () => {
  const { base, overlay, source, destination } = await setting();
  const directory = folder({
    "retriever.json": base,
    "migration.json": overlay({ shadow: "destination", sampleRate: 1 }),
  });
  source.behave = (request) => request.socket.destroy();
  destination.behave = (request) => request.socket.destroy();
  const sidecar = await start(directory);
  expect(await sidecar.retrieve(question)).toMatchObject({
    status: 503,
    body: { error: { code: "RETR_BACKEND_UNAVAILABLE" } },
  });
  const { stores } = await waitUntil(async () => {
    const status = await sidecar.status();
    return status.stores.every((each) => each.reachable === false) && status;
  });
  expect(stores.map((each) => each.lastError?.code)).toEqual(["RETR_BACKEND_UNAVAILABLE", "RETR_BACKEND_UNAVAILABLE"]);
  expect(await sidecar.ready()).toBe(200);
  source.behave = undefined;
  expect((await sidecar.retrieve(question)).status).toBe(200);
  source.behave = () => undefined;
  expect(await sidecar.retrieve(question)).toMatchObject({
    status: 504,
    body: { error: { code: "RETR_DEADLINE_EXCEEDED" } },
  });
});

test("an overlay deleted by hand in the Guard: the pod keeps serving from the destination and reports it", async () => {
  const { base, overlay, destination } = await setting();
  const directory = folder({ "retriever.json": base, "migration.json": overlay({ epoch: 7, ...atDestination }) });
  const sidecar = await start(directory);
  directory.write({ "retriever.json": base });
  const status = await waitUntil(async () => {
    const status = await sidecar.status();
    return status.config.overlay === "vanished" && status;
  });
  expect(status.config).toMatchObject({
    epoch: 7,
    primary: "destination",
    primaryIdentity: { digest: qdrantDigest(destination.url) },
  });
  expect((await sidecar.retrieve(question)).status).toBe(200);
});

test("a released overlay that vanishes hands over to the base", async () => {
  const { overlay, destination } = await setting();
  const base = qdrantBase(destination.url);
  const released = overlay({ epoch: 9, primary: "destination", released: true });
  const directory = folder({ "retriever.json": base, "migration.json": released });
  const sidecar = await start(directory);
  expect((await sidecar.status()).config).toMatchObject({ epoch: 9, sourceChanged: true });
  directory.write({ "retriever.json": base });
  const status = await epoch(sidecar, 0);
  expect(status.config).toMatchObject({ primary: "source", overlay: "absent", hash: null, sourceChanged: false });
  expect(status.config.primaryIdentity.digest).toBe(qdrantDigest(destination.url));
});

test("the base is switched to the destination in the Guard: a running pod keeps its source, a new one serves alone", async () => {
  const { base, overlay, source, destination } = await setting();
  const guard = overlay({ epoch: 3, ...atDestination });
  const directory = folder({ "retriever.json": base, "migration.json": guard });
  const running = await start(directory);
  const changedBase = qdrantBase(destination.url);
  directory.write({ "retriever.json": changedBase, "migration.json": guard });
  await waitUntil(async () => (await running.status()).config.sourceChanged);
  const fresh = await start(directory);
  expect((await fresh.status()).config).toMatchObject({
    epoch: 3,
    primary: "destination",
    shadow: "none",
    sourceChanged: true,
  });
  directory.write({ "retriever.json": changedBase, "migration.json": overlay({ epoch: 4 }) });
  const status = await epoch(running, 4);
  expect(status.config.primaryIdentity.digest).toBe(qdrantDigest(source.url));
  expect(status.base?.digest).toBe(qdrantDigest(destination.url));
  const unacknowledged = await waitUntil(async () => {
    const status = await fresh.status();
    return status.config.primary === "source" && status;
  });
  expect(unacknowledged.config).toMatchObject({ epoch: 0, hash: null, sourceChanged: true });
  expect(unacknowledged.configFault?.code).toBe("RETR_SOURCE_CHANGED");
});

test("starting with an unreadable overlay stays alive but not ready, until the overlay can be read", async () => {
  const { base, overlay } = await setting();
  const directory = folder({ "retriever.json": base, "migration.json": '{"schema":1,' });
  const sidecar = await start(directory);
  expect(await sidecar.ready()).toBe(503);
  expect((await fetch(`${sidecar.adminUrl}/healthz`)).status).toBe(200);
  expect((await sidecar.retrieve(question)).body.error?.code).toBe("RETR_NOT_READY");
  directory.write({ "retriever.json": base, "migration.json": overlay({ epoch: 2 }) });
  await waitUntil(async () => (await sidecar.ready()) === 200);
  expect((await sidecar.status()).config.epoch).toBe(2);
});

test("a running sidecar refuses an invalid overlay with all its faults and keeps the old one", async () => {
  const { base, overlay } = await setting();
  const directory = folder({ "retriever.json": base, "migration.json": overlay({ epoch: 2 }) });
  const sidecar = await start(directory);
  directory.write({ "retriever.json": base, "migration.json": overlay({ epoch: 3, sampleRate: 7, shadow: "source" }) });
  const fault = await waitUntil(async () => (await sidecar.status()).configFault ?? undefined);
  expect(fault).toMatchObject({
    code: "RETR_CONFIG_INVALID",
    message: expect.stringContaining("sampleRate") as string,
  });
  expect((await sidecar.status()).config.epoch).toBe(2);
  directory.write({ "retriever.json": base, "migration.json": overlay({ epoch: 4 }) });
  expect((await epoch(sidecar, 4)).configFault).toBeNull();
});

test("a key in a file that is rotated reaches the store without a restart and without a new epoch", async () => {
  const { source } = await setting();
  const keys = mkdtempSync(join(tmpdir(), "retriever-keys-"));
  cleanups.push(() => rmSync(keys, { recursive: true }));
  writeFileSync(join(keys, "key"), "first\n");
  const sidecar = await start(
    folder({ "retriever.json": qdrantBase(source.url, { apiKey: { fromFile: join(keys, "key") } }) }),
  );
  await sidecar.retrieve(question);
  expect(source.seen.at(-1)?.apiKey).toBe("first");
  writeFileSync(join(keys, "key"), "second\n");
  await waitUntil(() => source.seen.at(-1)?.apiKey === "second");
  expect((await sidecar.retrieve(question)).status).toBe(200);
  expect((await sidecar.status()).evidence.counters).toMatchObject({ requests: 2, errors: 0 });
});

test("a shadow that never answers costs the application nothing and counts as timeouts", async () => {
  const { base, overlay, destination } = await setting();
  destination.behave = () => undefined;
  const directory = folder({
    "retriever.json": base,
    "migration.json": overlay({ shadow: "destination", sampleRate: 1 }),
  });
  const sidecar = await start(directory);
  // Ten answers that waited for the shadow's deadline would take five seconds.
  const startedAt = performance.now();
  for (let index = 0; index < 10; index += 1) expect((await sidecar.retrieve(question)).status).toBe(200);
  expect(performance.now() - startedAt).toBeLessThan(3000);
  await waitUntil(async () => (await sidecar.status()).evidence.counters.shadowTimeouts === 10);
});

test("the base's own variables serve where there is no directory", async () => {
  const { source } = await setting();
  const env = {
    RETRIEVER_PRIMARY_KIND: "qdrant",
    RETRIEVER_PRIMARY_CONFIG: JSON.stringify({ url: source.url, collection: "chunks" }),
    RETRIEVER_NORMALIZATION: "cosine",
  };
  const sidecar = await startSidecar({ config: null, env });
  cleanups.push(() => sidecar.stop());
  expect((await sidecar.retrieve(question)).body.candidates?.[0]?.chunkId).toBe("chunk-3");
  const both = await runSidecar(["serve", "--config", "/tmp"], env);
  expect(both).toMatchObject({ code: 1, stderr: expect.stringContaining("got both") as string });
});

const refusals = [
  {
    title: "another variable than allowed",
    adapter: { apiKey: { fromEnv: "DATABASE_PASSWORD" } },
    hosts: "127.0.0.2",
    code: "RETR_CONFIG_INVALID",
  },
  { title: "another host than allowed", adapter: {}, hosts: "127.0.0.9", code: "RETR_HOST_NOT_ALLOWED" },
  {
    title: "a credential bound to another host",
    adapter: { apiKey: { fromEnv: "RETRIEVER_CRED_Q" } },
    hosts: "127.0.0.2,127.0.0.9=RETRIEVER_CRED_Q",
    code: "RETR_CREDENTIAL_NOT_ALLOWED",
  },
];

test.each(refusals)(
  "an overlay whose primary names $title is refused, and nothing is sent there",
  async ({ adapter, hosts, code }) => {
    const { base, overlay, destination } = await setting();
    const directory = folder({ "retriever.json": base });
    const sidecar = await start(directory, {
      RETRIEVER_ALLOWED_HOSTS: hosts,
      RETRIEVER_CRED_Q: "the-key",
      DATABASE_PASSWORD: "pw",
    });
    directory.write({ "retriever.json": base, "migration.json": overlay({ ...atDestination }, adapter) });
    const fault = await waitUntil(async () => (await sidecar.status()).configFault ?? undefined);
    expect(fault.code).toBe(code);
    expect((await sidecar.status()).config).toMatchObject({ epoch: 0, primary: "source" });
    expect(destination.seen).toEqual([]);
  },
);

const badBases = [
  {
    title: "no base",
    files: { "other.txt": "x" },
    message: /no base: expected one of retriever.json.*found other.txt/,
  },
  {
    title: "two bases",
    files: { "retriever.json": "{}", "retriever.yaml": "{}" },
    message: /several bases.*retriever.json, retriever.yaml/,
  },
  {
    title: "a base that isn't YAML",
    files: { "retriever.yaml": "primary: [" },
    message: /expected valid JSON or YAML, line 1/,
  },
  {
    title: "a base with several faults and a secret",
    files: { "retriever.json": '{"primary":{"kind":"qdrant","url":"http://u:hunter2@x","collection":7},"extra":1}' },
    message: /primary.url: .*primary.collection: .*extra/,
  },
  {
    title: "a base whose credential isn't set",
    files: { "retriever.json": '{"primary":{"kind":"pgvector","connectionString":{"fromEnv":"PG_URL"}}}' },
    message: /RETR_CREDENTIAL_MISSING: primary.connectionString: variable PG_URL isn't set/,
  },
];

test.each(badBases)("starting with $title exits with what was found and expected", async ({ files, message }) => {
  const { path } = folder(files);
  const result = await runSidecar(["serve", "--config", path, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
  expect(result.code).toBe(1);
  expect(result.stderr).toMatch(message);
  expect(result.stderr).not.toContain("hunter2");
});

test("a cutover that is read after its deadline moves no request, until the process starts anew or goes back", async () => {
  const { base, overlay, destination } = await setting();
  const ramp = overlay({ epoch: 2, shadow: "destination", sampleRate: 0 });
  const directory = folder({ "retriever.json": base, "migration.json": ramp });
  const running = await start(directory);
  const activationDeadline = new Date(Date.now() - 1).toISOString();
  const cutover = overlay({ epoch: 3, ...atDestination, activationDeadline });
  directory.write({ "retriever.json": base, "migration.json": cutover });
  const fenced = await waitUntil(async () => {
    const { config } = await running.status();
    return config.fenced === 3 && config;
  });
  expect(fenced).toMatchObject({ epoch: 2, hash: hash("sha256", ramp), primary: "source", shadow: "destination" });
  expect((await running.status()).configFault).toBeNull();
  const noticed = () => running.log.filter(({ event }) => event === "noticed").map((line) => line["fenced"]);
  await waitUntil(async () => noticed().length > 0);
  expect(noticed()).toEqual([3]);
  await destination.close();
  expect((await running.retrieve(question)).status).toBe(200);
  expect((await running.status()).evidence).toMatchObject({ epoch: 2, counters: { requests: 1 } });
  expect((await (await start(directory)).status()).config).toMatchObject({ epoch: 3, primary: "destination" });
  directory.write({ "retriever.json": base, "migration.json": overlay({ epoch: 4 }) });
  const { config } = await epoch(running, 4);
  expect([config.primary, config.fenced]).toEqual(["source", undefined]);
});
