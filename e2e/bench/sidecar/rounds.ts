// Interleaved rounds: every subject once a round, in changing order, so that what disturbs the machine disturbs all.
import { setTimeout as wait } from "node:timers/promises";
import type { WatchedProcess } from "#support/process/start-process.ts";
import { readCpuMicros } from "./cpu-time.ts";
import type { Load } from "./load.ts";
import type { Subject, SubjectName } from "./subjects.ts";

export type Sample = {
  readonly cpuMicros: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
};
/** Samples of each subject, one a round. */
type Samples = ReadonlyMap<SubjectName, readonly Sample[]>;
type RoundOptions = {
  /** At least so many. */
  readonly rounds: number;
  /** At most so many, as long as there is time. */
  readonly maxRounds: number;
  /** Of one subject in a round: so many that waking up, with cold caches, hardly counts. */
  readonly requests: number;
  /** Requests to each subject before the first round: a young process compiles more than it serves. */
  readonly warmUp: number;
  readonly load: Load;
  readonly onRound: (round: number) => void;
};
/** CPU microseconds: of JSON parsed and printed again, and of base64 decoded, checked and encoded for pgvector. */
export type CodecCosts = { readonly numbersMicros: number; readonly base64Micros: number };
export type Measured = {
  readonly samples: Samples;
  /** What one vector of 768 costs in its forms, one a round. */
  readonly codec: readonly CodecCosts[];
};

const connections = 16;
const deadlineMs = 60_000;
/** More rounds than demanded are run only within this time. */
const roundsMs = 480_000;
/** For what a subject still does after its last answer: the shadow's samples. */
const settleMs = 50;

/** Warms up, then runs `rounds` rounds, and up to `maxRounds` while eight minutes last. Rejects when a subject fails requests. */
export async function runRounds(
  subjects: readonly Subject[],
  codecProcess: WatchedProcess<unknown>,
  { rounds, maxRounds, requests, warmUp, load, onRound }: RoundOptions,
): Promise<Measured> {
  const samples = new Map<SubjectName, Sample[]>(subjects.map(({ name }) => [name, []]));
  const codec: CodecCosts[] = [];
  for (const subject of subjects) await measure(subject, warmUp, load);
  const startedAt = performance.now();
  const hasTime = (): boolean => performance.now() - startedAt < roundsMs;
  for (let round = 0; round < rounds || (round < maxRounds && hasTime()); round += 1) {
    for (const subject of orderOf(subjects, round))
      samples.get(subject.name)?.push(await measure(subject, requests, load));
    codec.push((await codecProcess.ask({}, deadlineMs)) as CodecCosts);
    onRound(round);
  }
  return { samples, codec };
}

/** Another start each round, every second round backwards: nobody always runs after the same neighbour. */
export function orderOf<T>(items: readonly T[], round: number): T[] {
  const start = items.length === 0 ? 0 : round % items.length;
  const rotated = [...items.slice(start), ...items.slice(0, start)];
  return round % 2 === 0 ? rotated : rotated.toReversed();
}

async function measure({ name, url, pid, body }: Subject, requests: number, load: Load): Promise<Sample> {
  const before = readCpuMicros(pid);
  const shot = { url, body, connections, requests, deadlineMs };
  const { completed, failed, seconds, p50Ms, p99Ms } = await load.fire(shot);
  if (failed > 0 || completed < requests) {
    throw new Error(`${name}: ${completed} of ${requests} requests answered, ${failed} failed`);
  }
  await wait(settleMs);
  const cpuMicros = (readCpuMicros(pid) - before) / Math.max(1, completed);
  return { cpuMicros, perSecond: completed / seconds, p50Ms, p99Ms, failed };
}
