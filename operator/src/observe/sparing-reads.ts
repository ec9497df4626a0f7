// Reads that aren't repeated in every pass: what a migration reads while nothing is about to change may be some seconds
// old. Whoever decides on it to do anything reads once more, live; an event forgets what was read at once.

import type { Phase } from "@retriever/crds/status/migration-status.ts";
import type { Clock } from "#ports/clock.ts";
import type { Cluster, MigrationKey } from "#ports/cluster.ts";

type ReadName =
  | "readMigration"
  | "readWorkload"
  | "readNamespaceTerminating"
  | "readConfigMap"
  | "listPods"
  | "listClaims"
  | "listActs";

/** How old a read may be, in seconds, while something is sampled: what events tell of, and pods, are read most often. */
const sampledSeconds: Readonly<Record<ReadName, number>> = {
  readMigration: 30,
  listActs: 10,
  listPods: 8,
  readConfigMap: 30,
  readWorkload: 60,
  readNamespaceTerminating: 120,
  listClaims: 120,
};
/** The same while it waits for a person, or for what comes with an event. */
const waitingSeconds = 240;
const waitingOftenSeconds = 120;
const readOften: readonly ReadName[] = ["listActs", "listPods"];

/** Pods may serve from both stores, or a rollback is under way: every read of every pass is live. */
const urgent: readonly Phase[] = ["CuttingOver", "RollingBack", "VerifyingDrift"];
const sampled: readonly Phase[] = ["Pending", "Preflight", "WarmUp", "Ramp", "Guard"];

type Kept = { readonly at: number; readonly value: unknown };

/** `isLive`: every read of the pass is made in it. */
export type PassReads = { readonly cluster: Cluster; readonly isLive: boolean };

export type SparingReads = {
  /** The cluster as a migration reads it that was in such a phase; live where the phase is unknown or can't wait. */
  readonly of: (key: MigrationKey, phase: Phase | undefined) => PassReads;
  /** The phase it was in when it was read last; undefined: nothing is kept. */
  readonly phaseOf: (key: MigrationKey) => Phase | undefined;
  /**
   * After a live pass: the phase it led to, undefined where no other pass follows by itself, and whether what was read stands
   * yet. Gone is what an event forgot meanwhile.
   */
  readonly noteLive: (key: MigrationKey, phase: Phase | undefined, stands: boolean) => void;
  /** It was written: the version that is kept of it is no longer its own. */
  readonly forgetMigration: (key: MigrationKey) => void;
  /** What it read is to be read anew, and who else has its target by the others of its namespace. */
  readonly forget: (key: MigrationKey) => void;
};

const mostMigrations = 10_000;

/** Holds what was read last, for each migration by itself. */
export function makeSparingReads(cluster: Cluster, clock: Clock): SparingReads {
  const kept = new Map<string, Map<string, Kept>>();
  const phases = new Map<string, Phase>();
  const idOf = ({ namespace, name }: MigrationKey) => `${namespace}/${name}`;
  return {
    of: (key, phase) => {
      const isLive = phase === undefined || urgent.includes(phase);
      const reads = (isLive ? undefined : kept.get(idOf(key))) ?? new Map<string, Kept>();
      if (kept.size >= mostMigrations) kept.clear();
      kept.set(idOf(key), reads);
      if (isLive) phases.delete(idOf(key));
      else phases.set(idOf(key), phase);
      const secondsOf = isLive ? () => 0 : sampled.includes(phase) ? sampledSecondsOf : waitingSecondsOf;
      return { cluster: sparing(cluster, clock, reads, secondsOf), isLive };
    },
    phaseOf: (key) => (kept.has(idOf(key)) ? phases.get(idOf(key)) : undefined),
    noteLive: (key, phase, stands) => {
      const isOver = phase === undefined || urgent.includes(phase);
      if (isOver) kept.delete(idOf(key));
      else if (!stands || !kept.has(idOf(key))) kept.set(idOf(key), new Map());
      if (isOver) phases.delete(idOf(key));
      else phases.set(idOf(key), phase);
    },
    forgetMigration: (key) => {
      const reads = kept.get(idOf(key));
      for (const question of reads?.keys() ?? []) if (question.startsWith("readMigration ")) reads?.delete(question);
    },
    forget: (key) => {
      kept.delete(idOf(key));
      phases.delete(idOf(key));
      for (const [id, reads] of kept) {
        if (!id.startsWith(`${key.namespace}/`)) continue;
        for (const question of reads.keys()) if (question.startsWith("listClaims ")) reads.delete(question);
      }
    },
  };
}

/** What is asked, whatever status it is asked with: a status is written often, and what is kept must not grow with it. */
function questionOf(name: ReadName, args: readonly unknown[]): string {
  const asked = name === "listActs" ? [] : args.filter((arg) => !(arg instanceof AbortSignal));
  return `${name} ${JSON.stringify(asked)}`;
}

const sampledSecondsOf = (name: ReadName): number => sampledSeconds[name];
const waitingSecondsOf = (name: ReadName): number => (readOften.includes(name) ? waitingOftenSeconds : waitingSeconds);

function sparing(
  cluster: Cluster,
  clock: Clock,
  reads: Map<string, Kept>,
  secondsOf: (name: ReadName) => number,
): Cluster {
  const once = <Name extends ReadName>(name: Name): Cluster[Name] => {
    const read = cluster[name] as (...args: unknown[]) => Promise<unknown>;
    const spare = async (...args: unknown[]): Promise<unknown> => {
      const question = questionOf(name, args);
      const before = reads.get(question);
      const now = clock.elapsed();
      if (before !== undefined && now - before.at < secondsOf(name) * 1000) return before.value;
      const value = await read.apply(cluster, args);
      reads.set(question, { at: now, value });
      return value;
    };
    return spare as unknown as Cluster[Name];
  };
  return new Proxy(cluster, {
    get: (target, name) => {
      if (typeof name === "string" && name in sampledSeconds) return once(name as ReadName);
      const other = Reflect.get(target, name) as unknown;
      return typeof other === "function" ? (other.bind(target) as unknown) : other;
    },
  });
}
