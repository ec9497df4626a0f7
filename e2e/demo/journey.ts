// One migration from `kubectl apply` to its end, as a person would live it: watch, promote, and (in a rollback story) trouble.

import { setTimeout as delay } from "node:timers/promises";
import type { MigrationStatus } from "@retriever/crds/migration-status.ts";
import { kubectlRetriever } from "#world/command-line.ts";
import { conditionOf, migrationsPath, readStatus } from "#world/migration-status.ts";
import type { World } from "#world/start-world.ts";
import type { Application } from "./application.ts";
import { migrationManifest } from "./migration-manifest.ts";
import type { Degradation } from "./options.ts";

const lookEveryMs = 250;
const slowMs = 2000;
/** Healthy seconds of guard before the trouble begins. */
const calmSeconds = 3;

export type Journey = {
  readonly name: string;
  readonly status: MigrationStatus;
  readonly seconds: number;
  /** From the first degraded answer to the last pod that serves from the source; only after a degradation. */
  readonly secondsToRollback: number | undefined;
};

export type JourneyOptions = {
  readonly name: string;
  readonly application: Application;
  readonly guardDuration: string;
  readonly degradation?: Degradation;
  /** Stop as soon as a look shows that it doesn't go on. */
  readonly stopWhen?: (status: MigrationStatus) => boolean;
  readonly deadlineSeconds: number;
  readonly onLook: (name: string, status: MigrationStatus) => void;
  readonly say: (line: string) => void;
};

const finalPhases = new Set(["Completed", "RolledBack", "Validated"]);

/** Rejects when the migration hasn't ended by the deadline. */
export async function travel(world: World, options: JourneyOptions): Promise<Journey> {
  const { name, application, say } = options;
  const startedAt = performance.now();
  const secondsPassed = () => (performance.now() - startedAt) / 1000;
  await world.client.create(
    migrationsPath,
    migrationManifest({
      name,
      target: application.name,
      url: application.url,
      collection: application.collection,
      guardDuration: options.guardDuration,
    }),
  );
  let promoted = false;
  let degradedAt: number | undefined;
  let recovery: Promise<number> | undefined;
  const signal = new AbortController();
  try {
    for (;;) {
      const status = await readStatus(world.client, name);
      options.onLook(name, status);
      if (finalPhases.has(status.phase) || options.stopWhen?.(status) === true) {
        const recoveredAt = recovery === undefined ? undefined : await recovery;
        const secondsToRollback =
          recoveredAt === undefined || degradedAt === undefined ? undefined : (recoveredAt - degradedAt) / 1000;
        return { name, status, seconds: secondsPassed(), secondsToRollback };
      }
      if (secondsPassed() > options.deadlineSeconds)
        throw new Error(`${name} is still in ${status.phase} after ${options.deadlineSeconds} s: ${status.message}`);
      if (
        !promoted &&
        status.phase === "AwaitingCutover" &&
        conditionOf(status, "Ready")?.reason === "AwaitingPromote"
      ) {
        promoted = true;
        say(`${name}: kubectl-retriever promote ${name}`);
        await promote(world, name);
      }
      if (options.degradation !== undefined && degradedAt === undefined && isCalm(status)) {
        await degrade(application, options.degradation);
        degradedAt = performance.now();
        say(`${name}: the destination ${describeDegradation(options.degradation)} from now on`);
        recovery = watchRecovery(application, status.source?.digest, signal.signal);
      }
      await delay(lookEveryMs);
    }
  } finally {
    signal.abort();
  }
}

async function promote(world: World, name: string): Promise<void> {
  const words = ["promote", name, "--reason", "the demo's person at the terminal"];
  const { exitCode, stderr } = await kubectlRetriever(world.adminKubeconfig, words);
  if (exitCode !== 0) throw new Error(`kubectl-retriever promote ${name}: ${stderr}`);
}

function isCalm(status: MigrationStatus): boolean {
  return status.phase === "Guard" && (status.guard?.healthySeconds ?? 0) >= calmSeconds;
}

async function degrade(application: Application, degradation: Degradation): Promise<void> {
  const { degrade } = application.qdrant;
  if (degradation === "lost-chunks") await degrade.loseHalf(application.collection);
  else if (degradation === "slow") await degrade.slow(slowMs);
  else await degrade.fail();
}

function describeDegradation(degradation: Degradation): string {
  if (degradation === "lost-chunks") return "has lost half of its chunks";
  return degradation === "slow" ? `answers ${slowMs} ms later` : "answers nothing but errors";
}

/** Moment at which every pod serves from the source again. */
async function watchRecovery(
  application: Application,
  source: string | undefined,
  signal: AbortSignal,
): Promise<number> {
  for (;;) {
    const primaries = await application.primaries();
    const now = performance.now();
    if (primaries.every((digest) => digest === source) || signal.aborted) return now;
    await delay(200);
  }
}
