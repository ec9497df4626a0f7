// Leadership by a lease: at most one operator acts. Expiry is judged by our own monotonic clock, never by comparing clocks.
import { asOperatorError, hasCode, OperatorError } from "#errors.ts";
import type { Clock } from "#ports/clock.ts";
import type { LeaseRead, LeaseStore } from "#ports/lease.ts";
import { within } from "#timing/deadline.ts";
import { backoffMs, sleep } from "#timing/delay.ts";

type LeaseTimes = {
  /** Others wait this long after the last renewal they saw. */
  readonly leaseMs: number;
  /** The leader gives up when no renewal succeeded for this long; well below `leaseMs`. */
  readonly renewWithinMs: number;
  /** Between two renewals: less than a third of `leaseMs`. */
  readonly renewEveryMs: number;
  /** Between two reads of the lease by a replica that waits. */
  readonly retryMs: number;
};

/** The other times for a lease of this length, in the usual proportions: 15 s go with 10, 4 and 2. */
export function leaseTimesOf(leaseMs: number): LeaseTimes {
  const share = (fifteenths: number) => Math.floor((leaseMs * fifteenths) / 15);
  return { leaseMs, renewWithinMs: share(10), renewEveryMs: share(4), retryMs: share(2) };
}

export type LeaderElectionOptions = {
  readonly store: LeaseStore;
  readonly clock: Clock;
  /** 0..1 */
  readonly random: () => number;
  /** Unique per process: a restarted one isn't its predecessor. */
  readonly identity: string;
  readonly times: LeaseTimes;
  readonly onFault: (fault: OperatorError) => void;
};

export type Leadership = {
  /** Rises with every change of the holder. */
  readonly fencing: number;
  /**
   * Whether nobody else can lead yet, by our own clock: asked before every write. A process that was paused past its
   * lease answers no from its first instruction on, until a renewal proves that nobody came in between.
   */
  readonly holds: () => boolean;
  /** Resolves with the reason when the lease is lost; never after `release`. */
  readonly lost: Promise<OperatorError>;
  /** Stops renewing and lets the next one take over at once. */
  release(): Promise<void>;
};

/** Waits until this process leads. Rejects with ROP_STOPPED when the signal aborts first. */
export async function lead(options: LeaderElectionOptions, signal: AbortSignal): Promise<Leadership> {
  const { clock, random, times } = options;
  let seen: { readonly mark: string; readonly at: number } | undefined;
  while (!signal.aborted) {
    const from = clock.elapsed();
    try {
      const lease = await call(options, signal, "read lease", (signal) => options.store.read(signal));
      const mark = lease === undefined ? "" : `${lease.resourceVersion}/${lease.holder}/${lease.renewedAt}`;
      if (seen?.mark !== mark) seen = { mark, at: clock.elapsed() };
      if (isFree(lease, options, clock.elapsed() - seen.at))
        return hold(options, await take(options, lease, signal), from);
    } catch (fault) {
      if (!signal.aborted && !hasCode(fault, "ROP_CONFLICT")) options.onFault(asOperatorError(fault));
    }
    await sleep(clock, backoffMs({ baseMs: times.retryMs * 2, capMs: times.retryMs * 2 }, 1, random()), signal);
  }
  throw new OperatorError("ROP_STOPPED", "waiting for the lease");
}

function isFree(lease: LeaseRead | undefined, { identity }: LeaderElectionOptions, unchangedMs: number): boolean {
  if (lease === undefined || lease.holder === "" || lease.holder === identity) return true;
  return unchangedMs > lease.durationSeconds * 1000;
}

function take(options: LeaderElectionOptions, lease: LeaseRead | undefined, signal: AbortSignal): Promise<LeaseRead> {
  const now = options.clock.now();
  const record = {
    holder: options.identity,
    durationSeconds: Math.ceil(options.times.leaseMs / 1000),
    renewedAt: now,
    acquiredAt: now,
    transitions: lease === undefined ? 1 : lease.transitions + (lease.holder === options.identity ? 0 : 1),
  };
  return call(options, signal, "take lease", (signal) => options.store.write(record, lease?.resourceVersion, signal));
}

/** `from`: Clock.elapsed() before the request that took it was sent, the earliest moment others may count from. */
function hold(options: LeaderElectionOptions, taken: LeaseRead, from: number): Leadership {
  const stopped = new AbortController();
  let lease = taken;
  let renewedAt = from;
  const lost = renewUntilLost(options, from, {
    signal: stopped.signal,
    renew: async (signal) => {
      const sentAt = options.clock.elapsed();
      lease = await options.store.write(
        { ...recordOf(lease), renewedAt: options.clock.now() },
        lease.resourceVersion,
        signal,
      );
      renewedAt = sentAt;
    },
    adopt: (newer) => {
      lease = newer;
    },
  });
  return {
    fencing: taken.transitions,
    holds: () => !stopped.signal.aborted && options.clock.elapsed() - renewedAt <= options.times.renewWithinMs,
    lost,
    release: async () => {
      stopped.abort();
      const record = { ...recordOf(lease), holder: "", renewedAt: options.clock.now() };
      const deadline = { clock: options.clock, deadlineMs: options.times.retryMs, about: "release lease" };
      await within({ ...deadline, signal: new AbortController().signal }, (signal) =>
        options.store.write(record, lease.resourceVersion, signal),
      ).catch((fault: unknown) => options.onFault(asOperatorError(fault)));
    },
  };
}

type Renewal = {
  readonly signal: AbortSignal;
  readonly renew: (signal: AbortSignal) => Promise<void>;
  readonly adopt: (lease: LeaseRead) => void;
};

async function renewUntilLost(options: LeaderElectionOptions, from: number, renewal: Renewal): Promise<OperatorError> {
  const { clock, times } = options;
  const { signal } = renewal;
  let renewedAt = from;
  let delay = times.renewEveryMs;
  while (!signal.aborted) {
    await sleep(clock, delay, signal);
    if (signal.aborted) break;
    const sentAt = clock.elapsed();
    try {
      await call(options, signal, "renew lease", renewal.renew);
      renewedAt = sentAt;
      delay = times.renewEveryMs;
    } catch (fault) {
      if (signal.aborted) break;
      options.onFault(asOperatorError(fault));
      if (hasCode(fault, "ROP_CONFLICT") && (await isTaken(options, renewal)))
        return new OperatorError("ROP_LEASE_LOST", "another replica holds it");
      delay = Math.min(times.renewEveryMs, times.retryMs) / 2;
    }
    if (clock.elapsed() - renewedAt > times.renewWithinMs) {
      return new OperatorError("ROP_LEASE_LOST", `not renewed for ${times.renewWithinMs} ms`);
    }
  }
  return new Promise<never>(() => undefined);
}

/** After a conflict: ours still (an earlier renewal arrived though its answer didn't), or another's? */
async function isTaken(options: LeaderElectionOptions, renewal: Renewal): Promise<boolean> {
  try {
    const lease = await call(options, renewal.signal, "read lease", (signal) => options.store.read(signal));
    if (lease?.holder !== options.identity) return true;
    renewal.adopt(lease);
    return false;
  } catch {
    return false;
  }
}

function recordOf({ holder, durationSeconds, renewedAt, acquiredAt, transitions }: LeaseRead) {
  return { holder, durationSeconds, renewedAt, acquiredAt, transitions };
}

function call<T>(
  options: LeaderElectionOptions,
  signal: AbortSignal,
  about: string,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return within({ clock: options.clock, deadlineMs: options.times.renewEveryMs, signal, about }, ask);
}
