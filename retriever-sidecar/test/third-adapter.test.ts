import { loadAdapters, storeKinds } from "@retriever/stores/kinds.ts";
import { adapterOf } from "@retriever/stores/registry.ts";
import { describeBackend } from "@retriever/stores/test/backend-contract.ts";
import { makeMemoryKind } from "@retriever/stores/test/memory-adapter/memory-adapter.ts";
import { makePoints, vectorAt } from "@retriever/stores/test/points.ts";
import { testDeps } from "@retriever/stores/test/spec.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sidecarStatusSchema } from "#contract/status.ts";
import type { Log } from "#telemetry/logger.ts";
import { type Sidecar, startSidecar } from "../src/sidecar.ts";
import { type ConfigDirectory, makeConfigDirectory } from "./config-directory.ts";
import { makeOverlay } from "./documents.ts";
import { waitUntil } from "./wait-until.ts";

const points = makePoints(40);
// The one line.
const memory = makeMemoryKind({ old: points, new: points });
const registry = await loadAdapters([...storeKinds, memory]);

const make = (store: string) => {
  const spec = { kind: "memory", store, namespaceField: "namespace", timeoutMs: 1000 };
  return adapterOf(registry, spec).makeBackend(spec, testDeps);
};

describeBackend({ backend: () => make("old"), missing: () => make("absent"), unreachable: () => make("down-1") });

let directory: ConfigDirectory;
let sidecar: Sidecar;
let [appUrl, adminUrl] = ["", ""];
const nothing = (): void => undefined;
const log: Log = {
  info: (fields) => {
    const { app, admin } = fields as { app?: { port: number }; admin?: { port: number } };
    if (app !== undefined) appUrl = `http://127.0.0.1:${app.port}`;
    if (admin !== undefined) adminUrl = `http://127.0.0.1:${admin.port}`;
  },
  warn: nothing,
  error: nothing,
};
const base = JSON.stringify({ primary: { kind: "memory", store: "old" } });

beforeAll(async () => {
  directory = makeConfigDirectory();
  directory.write({ "retriever.json": base });
  const address = { host: "127.0.0.1", port: 0 };
  const allowedHosts = [{ host: "memory", port: null, credential: null, demandsTls: false }];
  const settings = {
    config: directory.path,
    listen: address,
    admin: address,
    adminTls: null,
    podUid: "p",
    podName: "p",
  };
  sidecar = await startSidecar({
    settings: { ...settings, allowedHosts, showsNamespaces: false },
    env: {},
    version: "0",
    clock: testDeps.clock,
    random: () => 0,
    log,
    registry,
  });
});

afterAll(async () => {
  await sidecar.stop(1000);
  directory.remove();
});

async function status() {
  return sidecarStatusSchema.parse(await (await fetch(`${adminUrl}/v1/status`)).json());
}

test("a base and an overlay of the third kind go through a dual read and a cut-over like any other", async () => {
  const digest = (await status()).stores[0]?.identity.digest ?? "";
  const destination = { kind: "memory", store: "new" };
  const roles = { primary: "destination", shadow: "source", sampleRate: 1 } as const;
  directory.write({
    "retriever.json": base,
    "migration.json": makeOverlay(digest, destination, { epoch: 2, ...roles }),
  });
  await waitUntil(async () => (await status()).config.epoch === 2);
  const body = JSON.stringify({ embedding: vectorAt(4), k: 2 });
  const answer = await fetch(`${appUrl}/v1/retrieve`, { method: "POST", body });
  expect(await answer.json()).toMatchObject({ candidates: [{ chunkId: "chunk-4" }, { chunkId: "chunk-3" }] });
  const counters = await waitUntil(async () => {
    const { evidence } = await status();
    return evidence.counters.answered === 1 && evidence.counters;
  });
  expect(counters).toMatchObject({ requests: 1, mismatch: 0, overlapSum: 1 });
  expect((await status()).config.primaryIdentity.label).toBe("memory://memory:1/new");
});

test("a field the third kind doesn't know is refused with its place", async () => {
  directory.write({ "retriever.json": JSON.stringify({ primary: { kind: "memory", stoer: "old" } }) });
  const fault = await waitUntil(async () => (await status()).configFault ?? undefined);
  expect(fault.message).toContain("primary.store");
});
