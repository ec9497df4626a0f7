// One migration from `kubectl apply` to its end, as a person would live it: watch, promote, and (in a rollback story) trouble.
import { setTimeout as delay } from "node:timers/promises";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { patienceMs } from "#support/patience.ts";
import { kubectlRetriever } from "#support/world/command-line.ts";
import { finalPhases } from "#support/world/migration-handle.ts";
import { conditionOf, migrationsPath, readStatus } from "#support/world/migration-status.ts";
import type { World } from "#support/world/start-world.ts";
import type { Application } from "./application.ts";
import { migrationManifest } from "./migration-manifest.ts";
import type { Degradation } from "./options.ts";
import { makeTrouble } from "./trouble.ts";

const pollIntervalMs = 250;
/** For one migration, on a quiet machine. */
const deadlineMs = 150_000;

export type Journey = {
  readonly name: string;
  readonly status: MigrationStatus;
  readonly seconds: number;
  /** From the first degraded answer to the last pod that serves from the source; only after a degradation. */
  readonly secondsToRollback: number | undefined;
};

type JourneyOptions = {
  readonly name: string;
  readonly application: Application;
  readonly guardDuration: string;
  readonly degradation?: Degradation;
  /** Whether the destination is filled and kept equal from the source. */
  readonly copies?: boolean;
  /** Slower by this than the source is harm; absent: in this story latency isn't judged. */
  readonly latencyLimitMs?: number | undefined;
  /** Stop as soon as a look shows that it doesn't go on. */
  readonly stopWhen?: (status: MigrationStatus) => boolean;
  /** What else a person does about what a look shows. */
  readonly attend?: (status: MigrationStatus) => Promise<void>;
  readonly onStatus: (name: string, status: MigrationStatus) => void;
  readonly say: (line: string) => void;
};

/** The immediate window of the late story, and how long after it somebody goes back. */
const lateWindow = "4s";

/** Rejects when the migration doesn't end. */
export async function travel(world: World, options: JourneyOptions): Promise<Journey> {
  const { name, application, degradation, guardDuration, latencyLimitMs, copies } = options;
  const { name: target, destination } = application;
  const say = (line: string) => options.say(`${name}: ${line}`);
  const startedAt = performance.now();
  const secondsPassed = () => (performance.now() - startedAt) / 1000;
  const verifyDriftAfter = degradation === "late" ? lateWindow : undefined;
  const times = { guardDuration, verifyDriftAfter, latencyLimitMs };
  const manifest = migrationManifest({ name, target, destination, copies, ...times });
  await world.client.create(migrationsPath, manifest);
  const person = makePerson(world, name, say);
  const trouble =
    degradation === undefined
      ? undefined
      : makeTrouble({ application, degradation, latencyLimitMs, say, rollBack: askBack(world, name) });
  try {
    for (;;) {
      const status = await readStatus(world.client, name);
      options.onStatus(name, status);
      if (finalPhases.has(status.phase) || options.stopWhen?.(status) === true) {
        return { name, status, seconds: secondsPassed(), secondsToRollback: await trouble?.secondsToRollback() };
      }
      if (secondsPassed() * 1000 > patienceMs(deadlineMs)) {
        const seconds = Math.round(secondsPassed());
        throw new Error(`${name} is still in ${status.phase} after ${seconds} s: ${status.message}`);
      }
      await person(status);
      await options.attend?.(status);
      await trouble?.observe(status);
      await delay(pollIntervalMs);
    }
  } finally {
    trouble?.stop();
  }
}

/** A person who goes back. */
function askBack(world: World, name: string): () => Promise<void> {
  return async () => {
    const words = ["rollback", name, "--reason", "answers look wrong to the people who read them"];
    const { exitCode, stderr } = await kubectlRetriever(world.adminKubeconfig, words);
    if (exitCode !== 0) throw new Error(`kubectl-retriever rollback ${name}: ${stderr}`);
  };
}

/** Promotes once, when the migration waits for it, and lets it begin again where a busy machine had it held before. */
function makePerson(
  world: World,
  name: string,
  say: (line: string) => void,
): (status: MigrationStatus) => Promise<void> {
  const act = async (words: readonly string[]) => {
    say(`kubectl-retriever ${words.join(" ")}`);
    const reason = ["--reason", "the demo's person at the terminal"];
    const { exitCode, stderr } = await kubectlRetriever(world.adminKubeconfig, [...words, ...reason]);
    if (exitCode !== 0) throw new Error(`kubectl-retriever ${words.join(" ")}: ${stderr}`);
  };
  let promoted = false;
  let resumed: string | undefined;
  return async (status) => {
    const { phase, harm } = status;
    const heldSince = phase === "WarmUp" || phase === "Ramp" ? harm?.heldSince : undefined;
    if (heldSince !== undefined && heldSince !== resumed) {
      resumed = heldSince;
      await act(["resume", name]);
    }
    const asked = phase === "AwaitingCutover" && conditionOf(status, "Ready")?.reason === "AwaitingPromote";
    if (promoted || !asked) return;
    promoted = true;
    // On a busy machine a gate may be unsure for a moment just now.
    await act(["promote", name, "--wait-for-gates"]);
  };
}
