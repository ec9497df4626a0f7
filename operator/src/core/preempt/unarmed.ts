// An alert that would not reach the operator: no higher rate, no cutover and no guarded time while that lasts. It never rolls back.
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { isDeaf, sidecarSource } from "../checks/alerts.ts";
import { judgeCheck } from "../checks/checklist.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { holdGuardClock, tickGuard } from "../steps/guard-clock.ts";
import { stay } from "../steps/transition.ts";

/** A cutover in progress is finished or taken back; two primaries must not wait for a Prometheus. */
const listening: readonly Phase[] = ["WarmUp", "Ramp", "AwaitingCutover", "Guard"];

export function unarmed(c: Context): Outcome | undefined {
  if (c.plan.metrics.source === sidecarSource || !listening.includes(c.status.phase)) return undefined;
  const check = judgeCheck(c, "alerts");
  if (!isDeaf(check)) return undefined;
  const held = stay(c, "blocked", check.reason, `held until the alert can be heard again: ${check.message}`);
  if (check.status === "False") return holdGuardClock(held, c.nowIso);
  return { ...held, status: tickGuard(held.status, c.nowIso, "blind") };
}
