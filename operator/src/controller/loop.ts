// The loop: events wake the queue, the queue runs passes. Knows whether it is alive.
import type { Clock } from "#ports/clock.ts";
import type { MigrationKey } from "#ports/cluster.ts";
import type { EventSource } from "#ports/event-source.ts";
import type { Metrics } from "#telemetry/metrics.ts";
import type { Probe } from "#telemetry/server.ts";
import { WorkQueue } from "./queue.ts";
import type { Reconcile } from "./reconcile.ts";

type LoopOptions = {
  readonly events: EventSource;
  readonly reconcile: Reconcile;
  readonly clock: Clock;
  /** 0..1 */
  readonly random: () => number;
  readonly metrics: Metrics;
  readonly concurrency: number;
  readonly resyncMs: number;
  /** Told of every migration that something happened to, before its pass. */
  readonly forget?: (key: MigrationKey) => void;
};

export type Loop = {
  readonly start: () => void;
  /** Resolves when no pass is under way any more. */
  readonly stop: () => Promise<void>;
  /** Reconciles the migrations of a workload soon. False while the loop isn't running. */
  readonly wakeTarget: (workload: MigrationKey) => boolean;
  /** Whether everything was listed lately. */
  readonly probe: () => Probe;
};

const backoff = { baseMs: 500, capMs: 30_000 };
/** Of one namespace: whoever may make migrations in it fills no other's. */
const maxKeys = 10_000;

/** A loop that is not started yet. */
export function makeLoop(options: LoopOptions): Loop {
  const { events, reconcile, clock, random, metrics, concurrency, resyncMs } = options;
  const queue = new WorkQueue<MigrationKey>({
    clock,
    random,
    concurrency,
    maxKeys,
    backoff,
    idOf: ({ namespace, name }) => `${namespace}/${name}`,
    groupOf: ({ namespace }) => namespace,
    handle: reconcile,
  });
  metrics.follow("retriever_queue_depth", () => queue.depth);
  let startedAt: number | undefined;
  let isRunning = false;
  const wake = (key: MigrationKey, isNews = true): void => {
    if (isNews) options.forget?.(key);
    if (!queue.add(key)) metrics.count("retriever_queue_refused_total");
  };
  return {
    start: () => {
      startedAt = clock.elapsed();
      isRunning = true;
      events.start(wake);
    },
    stop: async () => {
      isRunning = false;
      await Promise.all([events.stop(), queue.stop()]);
    },
    wakeTarget: (workload) => {
      if (isRunning) events.keysOfTarget(workload).forEach((key) => wake(key));
      return isRunning;
    },
    probe: () => probeOf(events.listedAt() ?? startedAt, clock.elapsed(), resyncMs),
  };
}

/** Not alive: no complete list for more than three resyncs and a minute of grace. */
function probeOf(listedAt: number | undefined, elapsed: number, resyncMs: number): Probe {
  if (listedAt === undefined) return { ok: true, why: "not started" };
  const ageSeconds = Math.round((elapsed - listedAt) / 1000);
  const ok = elapsed - listedAt < 3 * resyncMs + 60_000;
  return { ok, why: `last complete list ${ageSeconds} s ago` };
}
