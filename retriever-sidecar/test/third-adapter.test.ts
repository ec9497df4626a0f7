import { loadAdapters, storeKinds } from "@retriever/stores/kinds.ts";
import { adapterOf } from "@retriever/stores/registry.ts";
import { describeBackend } from "@retriever/stores/test/backend-contract.ts";
import { makeMemoryKind } from "@retriever/stores/test/memory-adapter/memory-adapter.ts";
import { makePoints, vectorAt } from "@retriever/stores/test/points.ts";
import { testDeps } from "@retriever/stores/test/spec.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeOverlay } from "./documents.ts";
import { type InProcessSidecar, startInProcess } from "./in-process-sidecar.ts";
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

let sidecar: InProcessSidecar;
const base = JSON.stringify({ primary: { kind: "memory", store: "old" } });

beforeAll(async () => {
  sidecar = await startInProcess({ base, registry, hosts: ["memory"], clock: testDeps.clock });
});

afterAll(() => sidecar.stop());

test("a base and an overlay of the third kind go through a dual read and a cut-over like any other", async () => {
  const digest = (await sidecar.status()).stores[0]?.identity.digest ?? "";
  const destination = { kind: "memory", store: "new" };
  const roles = { primary: "destination", shadow: "source", sampleRate: 1 } as const;
  sidecar.directory.write({
    "retriever.json": base,
    "migration.json": makeOverlay(digest, destination, { epoch: 2, ...roles }),
  });
  await waitUntil(async () => (await sidecar.status()).config.epoch === 2);
  const body = JSON.stringify({ embedding: vectorAt(4), k: 2 });
  const answer = await fetch(`${sidecar.appUrl}/v1/retrieve`, { method: "POST", body });
  expect(await answer.json()).toMatchObject({ candidates: [{ chunkId: "chunk-4" }, { chunkId: "chunk-3" }] });
  const counters = await waitUntil(async () => {
    const { evidence } = await sidecar.status();
    return evidence.counters.answered === 1 && evidence.counters;
  });
  expect(counters).toMatchObject({ requests: 1, mismatch: 0, overlapSum: 1 });
  expect((await sidecar.status()).config.primaryIdentity.label).toBe("memory://memory:1/new");
});

test("a field the third kind doesn't know is refused with its place", async () => {
  sidecar.directory.write({ "retriever.json": JSON.stringify({ primary: { kind: "memory", stoer: "old" } }) });
  const fault = await waitUntil(async () => (await sidecar.status()).configFault ?? undefined);
  expect(fault.message).toContain("primary.store");
});
