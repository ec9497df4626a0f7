// Nothing moves on a failed read: what was not read can't be judged.
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import type { Read } from "../model/workload.ts";
import { tickGuard } from "../steps/guard-clock.ts";
import { stay } from "../steps/transition.ts";

export function unobserved(c: Context): Outcome | undefined {
  // A cutover goes back after ackTimeout, seen or not; two primaries must not wait for a read.
  if (c.status.phase === "CuttingOver") return undefined;
  const { target, overlay, pods, acts } = c.observation;
  const reads: readonly [string, Read<unknown>][] = [
    ["target", target],
    ["overlay", overlay],
    ["pods", pods],
    ["acts", acts],
  ];
  const failed = reads.flatMap(([what, read]) => (read.ok ? [] : [`${what} (${read.why})`]));
  if (failed.length === 0) return undefined;
  const held = stay(c, "blocked", "NotObserved", `waiting to read ${failed.join(", ")}`);
  return { ...held, status: tickGuard(held.status, c.nowIso, "blind") };
}
