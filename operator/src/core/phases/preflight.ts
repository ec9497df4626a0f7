// Preflight: the probe epoch has reached every pod, and the checklist is answered.
import { blockingChecks, preflightChecks } from "../checks/checklist.ts";
import { refuseByPolicy } from "../checks/policies.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { awaitAcks, isFollowed } from "../steps/propagation.ts";
import { move, stay } from "../steps/transition.ts";
import { askParity } from "../verification/ask.ts";
import { askSmokeTests } from "../verification/smoke-tests.ts";

export function preflight(context: Context): Outcome {
  if (!isFollowed(context)) return awaitAcks(context);
  const refusal = refuseByPolicy(context);
  if (refusal !== undefined) return stay(context, refusal.standing, refusal.reason, `preflight: ${refusal.message}`);
  // What can't be reached can't be read either.
  const c = context.reachable.status === "True" ? askSmokeTests(askParity(context)) : context;
  const blocking = blockingChecks(c, preflightChecks);
  const [first] = blocking;
  if (first !== undefined) {
    const causes = blocking.map(({ result }) => result.message).join("; ");
    const pending = blocking.every(({ result }) => comesByItself.includes(result.reason));
    return stay(c, pending ? "working" : "blocked", first.result.reason, `preflight: ${causes}`);
  }
  return move(c, {
    phase: "AwaitingApproval",
    reason: "PreflightPassed",
    message: "the checklist is answered; waiting for approval",
  });
}

const comesByItself: readonly string[] = ["NotProbed", "SourceNotProbed", "NotCompared", "Comparing", "Testing"];
