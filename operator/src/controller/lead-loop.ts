// The loop, run only while this process leads.
import { faultFields, type Logger } from "#telemetry/logger.ts";
import type { Metrics } from "#telemetry/metrics.ts";
import { type LeaderOptions, lead } from "./leader.ts";
import type { Loop } from "./loop.ts";

export type LeadLoopOptions = {
  /** Undefined: lead without a lease. */
  readonly leader: LeaderOptions | undefined;
  readonly loop: Pick<Loop, "start" | "stop">;
  readonly metrics: Metrics;
  readonly log: Logger;
};

/** Runs the loop until the signal aborts (false, all ended, lease released) or the lease is lost (true, nothing awaited). */
export async function leadLoop({ leader, loop, metrics, log }: LeadLoopOptions, signal: AbortSignal): Promise<boolean> {
  const leadership = leader === undefined ? undefined : await lead(leader, signal).catch(() => undefined);
  if (signal.aborted) {
    await leadership?.release();
    return false;
  }
  metrics.set("retriever_lease_transitions", leadership?.fencing ?? 0);
  metrics.set("retriever_leader", 1);
  log.info({ fencing: leadership?.fencing ?? 0 }, "leading");
  loop.start();
  const lost = await Promise.race([leadership?.lost ?? new Promise<never>(() => undefined), aborted(signal)]);
  metrics.set("retriever_leader", 0);
  if (lost !== undefined) {
    log.error(faultFields(lost), "lease lost");
    return true;
  }
  await loop.stop();
  await leadership?.release();
  return false;
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
    if (signal.aborted) resolve(undefined);
  });
}
