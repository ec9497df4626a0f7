// One trial: the leader is stopped in the middle of its work, its successor takes over and writes, and it is woken again.
// Everything it does after that is in the book.
import { setTimeout as delay } from "node:timers/promises";
import { overlayName } from "@retriever/sidecar/contract/names.ts";
import { eventually } from "#support/eventually.ts";
import { createMigration, isSettled, migrationStorage, requestRollback, statusOf } from "./acts.ts";
import { kinds } from "./bench-cluster.ts";
import { type AcceptedWrite, lateWrites, loweringWrites } from "./deposed-writes.ts";
import { createStubApplication, removeStubApplication } from "./stub-application.ts";
import type { Seat, TakeoverWorld } from "./takeover-world.ts";

type TrialPlan = {
  readonly application: string;
  /** Stopped while this request of its work is answered: the so-manieth write, or the so-manieth of all. */
  readonly stopAt: { readonly of: "writes" | "requests"; readonly count: number };
  /** Between the successor's first write of the overlay and the waking. */
  readonly wakeAfterMs: number;
};

export type TrialResult = {
  readonly late: readonly AcceptedWrite[];
  readonly lowering: readonly AcceptedWrite[];
  /** The request during which the leader was stopped. */
  readonly stoppedAt: string;
  /** From the stop to the successor's first write, in ms. */
  readonly takeoverMs: number;
  /** Writes that the deposed leader sent after it was woken, whatever became of them; leases apart. */
  readonly sentAfter: number;
};

const deadlineMs = 60_000;

/**
 * Runs a trial. Says why when it proves nothing: the work was over before the leader came to its stop, or one of the two
 * lost its lease by itself, as it happens on a busy machine.
 */
export async function runTrial(world: TakeoverWorld, plan: TrialPlan): Promise<TrialResult | string> {
  const place = { namespace: world.namespace, name: plan.application };
  const [deposed, successor] = await leaderFirst(world);
  const stop = watchForStop(world, deposed, plan);
  createStubApplication(world.api, place, world.addresses);
  try {
    createMigration(world.api, place);
    const stoppedAt = await provoke(world, plan.application, stop);
    if (stoppedAt === undefined) return "the leader came to no stop";
    if (!(await takeOver(world, successor, plan.application))) return "the successor had nothing to write, or ended";
    const takeoverMs = (world.firstWriteAt(successor.user) ?? Number.NaN) - stop.at();
    await delay(plan.wakeAfterMs);
    const before = world.writesSent(deposed.user);
    deposed.process.signal("SIGCONT");
    await eventually(`${deposed.user} ends`, async () => !deposed.process.isRunning(), { deadlineMs });
    const writes = world.writes();
    return {
      late: lateWrites(writes, deposed.user, successor.user),
      lowering: loweringWrites(writes),
      stoppedAt,
      takeoverMs,
      sentAfter: world.writesSent(deposed.user) - before,
    };
  } finally {
    stop.disarm();
    deposed.process.signal("SIGKILL");
    await cleanUp(world, plan.application);
    removeStubApplication(world.api, place, world.addresses.length);
  }
}

/** The seat that leads, and the other one; ended processes are replaced first. */
function leaderFirst(world: TakeoverWorld): Promise<[Seat, Seat]> {
  return eventually(
    "one of the two leads, and the other one waits",
    async () => {
      const [a, b] = world.seats;
      await Promise.all([a, b].filter((seat) => !seat.process.isRunning()).map(world.refill));
      if (!a.process.isRunning() || !b.process.isRunning()) return false;
      const holder = world.holder();
      return holder === a.user ? [a, b] : holder === b.user ? [b, a] : false;
    },
    { deadlineMs },
  );
}

type Stop = {
  readonly request: () => string | undefined;
  /** performance.now() of the stop. */
  readonly at: () => number;
  readonly isEnded: () => boolean;
  /** From now on nobody is stopped: the next process in the seat is another one. */
  readonly disarm: () => void;
};

function watchForStop(world: TakeoverWorld, deposed: Seat, { application, stopAt }: TrialPlan): Stop {
  let seen = 0;
  let isArmed = true;
  let stoppedAt = Number.NaN;
  let request: string | undefined;
  world.begin(application, ({ user, method, path }) => {
    if (user !== deposed.user || request !== undefined || !isArmed) return;
    if (stopAt.of === "requests" || method !== "GET") seen += 1;
    if (seen < stopAt.count) return;
    deposed.process.signal("SIGSTOP");
    stoppedAt = performance.now();
    request = `${method} ${path}`;
  });
  return {
    request: () => request,
    at: () => stoppedAt,
    isEnded: () => !deposed.process.isRunning(),
    disarm: () => void (isArmed = false),
  };
}

/** Gives the leader work until it is stopped: a way forward, then a rollback. The request that it was stopped in. */
async function provoke(world: TakeoverWorld, application: string, stop: Stop): Promise<string | undefined> {
  const place = { namespace: world.namespace, name: application };
  const phaseOf = () => statusOf(world.api, place).phase;
  const until = (phase: string) =>
    eventually(
      `${application} comes to its stop`,
      async () => stop.request() !== undefined || stop.isEnded() || phaseOf() === phase,
      { deadlineMs, describe: async () => String(phaseOf()) },
    );
  await until("WarmUp");
  requestRollback(world.api, place, "Abort");
  await until("RolledBack");
  return stop.isEnded() ? undefined : stop.request();
}

/** True once the successor has written the overlay: what a deposed leader must not touch. False when it never will. */
async function takeOver(world: TakeoverWorld, successor: Seat, application: string): Promise<boolean> {
  const overlay = `configmaps ${world.namespace}/${overlayName(application)}`;
  const wrote = () => world.writes().some(({ user, object }) => user === successor.user && object === overlay);
  const isIdle = () =>
    world.holder() === successor.user && isSettled(world.api, { namespace: world.namespace, name: application });
  const isEnded = () => !successor.process.isRunning();
  await eventually(`${successor.user} writes the overlay`, async () => wrote() || isIdle() || isEnded(), {
    deadlineMs,
  });
  return wrote() && !isEnded();
}

/** Deletes the migration and waits until a leader has let go of it. */
async function cleanUp(world: TakeoverWorld, name: string): Promise<void> {
  const { api, namespace } = world;
  const isGone = () => api.store.get(migrationStorage, namespace, name) === undefined;
  if (!isGone()) api.direct({ verb: "delete", ...kinds.migrations, namespace, name });
  await eventually(
    `${name} is gone`,
    async () => {
      if (!isGone()) await leaderFirst(world);
      return isGone();
    },
    { deadlineMs },
  );
}
