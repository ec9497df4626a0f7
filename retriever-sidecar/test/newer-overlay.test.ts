// Overlays of a newer operator, and a destination that fails while the source would answer.
import { hash } from "node:crypto";
import { type FakeQdrant, startFakeQdrant } from "@retriever/stores/test/fakes/qdrant-server.ts";
import { makePoints, vectorAt } from "@retriever/stores/test/points.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ConfigDirectory, makeConfigDirectory } from "./config-directory.ts";
import { makeOverlay, qdrantBase, qdrantDestination, qdrantDigest } from "./documents.ts";
import { runSidecar, type SidecarProcess, startSidecar } from "./sidecar-process.ts";
import { waitUntil } from "./wait-until.ts";

let source: FakeQdrant;
let destination: FakeQdrant;
let directory: ConfigDirectory;
let sidecar: SidecarProcess;
const question = { embedding: vectorAt(3), k: 1, namespace: "odd" };

beforeEach(async () => {
  const points = makePoints(20);
  source = await startFakeQdrant({ points, host: "127.0.0.1" });
  destination = await startFakeQdrant({ points, host: "127.0.0.2" });
  directory = makeConfigDirectory();
  directory.write({ "retriever.json": qdrantBase(source.url) });
  sidecar = await startSidecar({
    config: directory.path,
    env: { RETRIEVER_ALLOWED_HOSTS: "127.0.0.1,127.0.0.2" },
  });
});

afterEach(async () => {
  await sidecar.stop();
  await Promise.all([source.close(), destination.close()]);
  directory.remove();
});

function overlay(change: Parameters<typeof makeOverlay>[2]): Record<string, unknown> {
  const text = makeOverlay(qdrantDigest(source.url), qdrantDestination(destination.url), change);
  return JSON.parse(text) as Record<string, unknown>;
}

async function offer(document: object): Promise<string> {
  const text = JSON.stringify(document);
  directory.write({ "retriever.json": qdrantBase(source.url), "migration.json": text });
  await waitUntil(async () => (await sidecar.status()).config.hash === hash("sha256", text));
  return text;
}

function ignoredLines() {
  return sidecar.log.filter((line) => line["event"] === "overlay-keys-ignored").map((line) => line["keys"]);
}

test("keys that only a newer operator writes are left out and named, in the status and once in the log", async () => {
  const ramp = { shadow: "destination", sampleRate: 1 } as const;
  const known = overlay({ epoch: 2, ...ramp });
  const newer = { ...known, moon: true, destination: { ...(known["destination"] as object), shard: 3 } };
  await offer(newer);
  await offer({ ...newer, revision: { epoch: 3, migrationUid: "migration-1", plan: "plan-1" } });
  const keys = ["moon", "destination.shard"];
  const { config, configFault } = await sidecar.status();
  expect(config).toMatchObject({ epoch: 3, shadow: "destination", overlay: "in-force", effectiveSampleRate: 1 });
  expect([config.ignoredKeys.toSorted(), configFault]).toEqual([keys.toSorted(), null]);
  expect(ignoredLines()).toEqual([config.ignoredKeys]);
  const checked = await runSidecar(["check-config", `${directory.path}/..data/migration.json`]);
  expect(checked).toMatchObject({ code: 0, stdout: expect.stringContaining("left out: ") });
  await offer(overlay({ epoch: 4, ...ramp }));
  expect((await sidecar.status()).config.ignoredKeys).toEqual([]);
  await offer({ ...newer, revision: { epoch: 5, migrationUid: "migration-1", plan: "plan-1" } });
  expect(ignoredLines()).toHaveLength(2);
});

test("a known key of a wrong type refuses the overlay, whatever else it has that is unknown", async () => {
  const before = await offer(overlay({ epoch: 2 }));
  directory.write({
    "retriever.json": qdrantBase(source.url),
    "migration.json": JSON.stringify({ ...overlay({ epoch: 3 }), moon: true, sampleRate: "5 %" }),
  });
  const fault = await waitUntil(async () => (await sidecar.status()).configFault ?? false);
  expect(fault.code).toBe("RETR_CONFIG_INVALID");
  expect(fault.message).toMatch(/^overlay: sampleRate: .*number/);
  expect((await sidecar.status()).config).toMatchObject({ epoch: 2, hash: hash("sha256", before) });
});

test("requests that a dead destination fails are put to the source afterwards, as far as the cap allows", async () => {
  const sampling = { maxRate: 0.000_001, maxQueriesPerSecond: 0.01 };
  const guard = { epoch: 2, primary: "destination", shadow: "source", sampleRate: 0 } as const;
  await offer(overlay({ ...guard, sampling }));
  await destination.close();
  for (let index = 0; index < 6; index += 1) {
    const answer = await sidecar.retrieve(question);
    expect([answer.status, answer.body.error?.code]).toEqual([503, "RETR_BACKEND_UNAVAILABLE"]);
  }
  const counters = await waitUntil(async () => {
    const { counters } = (await sidecar.status()).evidence;
    return counters.failedChecked > 0 && counters;
  });
  // The allowance is four queries, two of which are kept for requests that are answered.
  expect(counters).toMatchObject({ requests: 6, errors: 6, failedChecked: 2, failedWorse: 2, answered: 0 });
  const metrics = await (await fetch(`${sidecar.adminUrl}/metrics`)).text();
  expect(metrics).toMatch(/^retr_failed_worse_total 2$/m);
  expect(metrics).toMatch(/^retr_dual_sample_rate 0.000001$/m);
});
