// Checks now and then whether the admission policies are there that the release relies on. It says so; it stops nothing.
import type { Clock } from "#ports/clock.ts";
import type { Policies } from "#ports/policies.ts";
import { faultFields, type Logger } from "#telemetry/logger.ts";
import type { Metrics } from "#telemetry/metrics.ts";
import { within } from "#timing/deadline.ts";
import { sleep } from "#timing/delay.ts";

type PolicyWatchOptions = {
  readonly policies: Policies;
  /** Of policies that are expected; none: there is nothing to check. */
  readonly names: readonly string[];
  readonly clock: Clock;
  readonly log: Pick<Logger, "warn" | "info">;
  readonly metrics: Pick<Metrics, "set">;
  /** Of one read, in ms. */
  readonly deadlineMs: number;
};

const everyMs = 300_000;

/** Checks until the signal aborts. Never rejects: what can't be read keeps what was said of it. */
export async function watchPolicies(options: PolicyWatchOptions, signal: AbortSignal): Promise<void> {
  const known = new Map<string, boolean>();
  while (options.names.length > 0 && !signal.aborted) {
    await Promise.all(options.names.map((name) => checkPolicy(name, known, options, signal)));
    await sleep(options.clock, everyMs, signal);
  }
}

async function checkPolicy(
  name: string,
  known: Map<string, boolean>,
  { policies, clock, log, metrics, deadlineMs }: PolicyWatchOptions,
  signal: AbortSignal,
): Promise<void> {
  try {
    const read = { clock, deadlineMs, signal, about: `admission policy ${name}` };
    const isInForce = await within(read, (signal) => policies.isInForce(name, signal));
    metrics.set("retriever_admission_policy_in_force", isInForce ? 1 : 0, { policy: name });
    const before = known.get(name) ?? true;
    known.set(name, isInForce);
    if (before && !isInForce) log.warn({ policy: name }, "admission policy isn't in force");
    if (!before && isInForce) log.info({ policy: name }, "admission policy is in force again");
  } catch (fault) {
    if (!signal.aborted) log.warn({ policy: name, ...faultFields(fault) }, "admission policy can't be read");
  }
}
