// What a policy refuses stands still before the first sample, and a copy that is under way ends.
import { refuseByPolicy } from "../checks/policies.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { stopCopy } from "../verification/copy-run.ts";
import { openCopy } from "../verification/runs.ts";
import { stay } from "./transition.ts";

/** The context in which a copy that a policy forbids is to end, whoever answers for the migration: also while it is paused. */
export function endForbiddenCopy(c: Context): Context {
  if (openCopy(c.status) === undefined || refuseByPolicy(c)?.reason !== "PolicyRefuses") return c;
  return { ...c, status: stopCopy(c.status, c.nowIso) };
}

/** Undefined where every policy lets the migration go on. A policy that can't be read for once ends no copy. */
export function holdByPolicy(c: Context, where: string): Outcome | undefined {
  const refusal = refuseByPolicy(c);
  if (refusal === undefined) return undefined;
  const { standing, reason, message } = refusal;
  const held = reason === "PolicyRefuses" ? { ...c, status: stopCopy(c.status, c.nowIso) } : c;
  return stay(held, standing, reason, `${where}: ${message}`);
}
