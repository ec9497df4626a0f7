// What a policy refuses stands still before the first sample, and a copy that is under way ends.
import { refuseByPolicy } from "../checks/policies.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { openCopy } from "../verification/runs.ts";
import { stopWriter } from "../verification/writer-runs.ts";
import { stay } from "./transition.ts";

/**
 * The context in which a copy that a policy forbids is to end, whoever answers for the migration: also while it is paused.
 * A policy that can't be read for once ends none.
 */
export function endForbiddenCopy(c: Context): Context {
  if (openCopy(c.status) === undefined || refuseByPolicy(c)?.reason !== "PolicyRefuses") return c;
  return { ...c, status: stopWriter(c.status, "copy", c.nowIso) };
}

/** Undefined where every policy lets the migration go on. */
export function holdByPolicy(c: Context, where: string): Outcome | undefined {
  const refusal = refuseByPolicy(c);
  if (refusal === undefined) return undefined;
  const { standing, reason, message } = refusal;
  return stay(c, standing, reason, `${where}: ${message}`);
}
