// The loop, run only while this process leads.
import { faultFields, type Logger } from "#telemetry/logger.ts";
import type { Metrics } from "#telemetry/metrics.ts";
import { type LeaderElectionOptions, type Leadership, lead } from "./leader-election.ts";
import type { Loop } from "./loop.ts";

type RunWhileLeadingOptions = {
  /** Undefined: lead without a lease. */
  readonly leader: LeaderElectionOptions | undefined;
  readonly loop: Pick<Loop, "start" | "stop">;
  /** Told of the leadership before the loop starts: what it says of itself decides about every write. */
  readonly onLead?: (leadership: Leadership) => void;
  /** What has to be written before the lease is given away. */
  readonly finish?: () => Promise<void>;
  readonly metrics: Metrics;
  readonly log: Logger;
};

/** Of one who leads without a lease. */
const sole: Leadership = {
  fencing: 0,
  holds: () => true,
  lost: new Promise<never>(() => undefined),
  release: async () => undefined,
};

/** Runs the loop until the signal aborts (false, all ended, lease released) or the lease is lost (true, nothing awaited). */
export async function runWhileLeading(options: RunWhileLeadingOptions, signal: AbortSignal): Promise<boolean> {
  const { leader, loop, metrics, log } = options;
  const leadership = leader === undefined ? sole : await lead(leader, signal).catch(() => undefined);
  if (leadership === undefined) return false;
  if (signal.aborted) {
    await leadership.release();
    return false;
  }
  const { fencing } = leadership;
  metrics.set("retriever_lease_transitions", fencing);
  metrics.set("retriever_leader", 1);
  log.info({ fencing }, "leading");
  options.onLead?.(leadership);
  loop.start();
  const lost = await Promise.race([leadership.lost, aborted(signal)]);
  metrics.set("retriever_leader", 0);
  if (lost !== undefined) {
    log.error(faultFields(lost), "lease lost");
    return true;
  }
  await loop.stop();
  await options.finish?.();
  await leadership.release();
  return false;
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
    if (signal.aborted) resolve(undefined);
  });
}
