// The first manifest of README.md, taken from its text, run to its end: real pods, real stores, real verifications.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { loadPgvector } from "#stores/postgres.ts";
import { loadQdrant } from "#stores/qdrant-rest.ts";
import { namespace } from "#support/world/application-manifests.ts";
import { migrationsPath } from "#support/world/migration-status.ts";
import { startPlay } from "./play.ts";
import { openStage, type Stage } from "./stage.ts";
import { anyTime } from "./story-migration.ts";

const name = "readme";
const table = "readme_chunks";
const patienceMs = 120_000;

/** A day and more in seconds, and limits that a busy machine can't break; of what is asked nothing is left out. */
const inSeconds = {
  stages: [{ sampleRate: 1, minDuration: "1s", minSamples: 10 }],
  thresholds: anyTime,
  gates: { window: "1s", minDwell: "1s" },
  cutover: { ackTimeout: "3m", validationTimeout: "3m" },
  guard: { duration: "1s", deadline: "10m", minSamples: 1 },
  rollback: { window: "4s", sustainedFor: "1s", severeFor: "5s" },
};

const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");

function firstManifest(text: string): string {
  const found = /^```yaml\n(.*?)^```$/ms.exec(text)?.[1];
  if (found === undefined) throw new Error("README.md has no block of YAML");
  return found;
}

type Manifest = { readonly spec: { readonly target: object; readonly destination: object } };

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("readme");
});
afterAll(() => stage.close());

it("the README's manifest, but for its addresses and times, waits for a Promote alone and completes", async () => {
  const { client, postgres, dataset } = stage.world;
  await loadPgvector(postgres.connectionString, { schema: "public", table, index: "none" }, dataset);
  const play = await startPlay(stage, name, { table, verifier: (usual) => usual });
  await loadQdrant(play.destination, name, dataset);

  const { spec, ...manifest } = parse(firstManifest(readme)) as Manifest;
  const target = { ...spec.target, name };
  const destination = { ...spec.destination, url: play.destination.url, collection: name };
  const metadata = { name, namespace };
  await client.create(migrationsPath, { ...manifest, metadata, spec: { ...spec, target, destination, ...inSeconds } });

  await play.reach("AwaitingCutover", patienceMs);
  const promotable = await play.see(
    "has nothing open but the Promote",
    ({ openChecks = [] }) => openChecks.map(({ check }) => check).join() === "promotion",
  );
  const required = promotable.checklist?.filter(({ policy }) => policy === "Require").map(({ check }) => check);
  expect(required).toEqual(["reachable", "parity", "alerts"]);
  expect((await play.kubectl("status")).stdout).toMatch(/OPEN +promotion .*kubectl retriever promote readme/);

  await play.kubectl("promote", "--reason", "as the README says");
  const completed = await play.reach("Completed", patienceMs);
  expect(
    completed.verification?.runs.map(({ purpose, result }) => [purpose, result?.outcome, result?.counts?.missing]),
  ).toEqual([
    ["Preflight", "Compared", 0],
    ["Cutover", "Compared", 0],
  ]);
  expect(completed.rollback).toBeUndefined();
  await play.close();
});
