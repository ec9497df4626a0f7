// Preflight: the probe epoch has reached every pod, and the checklist is answered.
import { preflightChecks } from "../checks/checklist.ts";
import { askCopy, blockingWithCopy } from "../checks/copy.ts";
import { blockingSync } from "../checks/sync.ts";
import type { Context } from "../model/context.ts";
import type { Outcome, Standing } from "../model/decision.ts";
import type { Fact } from "../model/status-readings.ts";
import { holdByPolicy } from "../steps/hold-by-policy.ts";
import { awaitAcks, isFollowed } from "../steps/propagation.ts";
import { move, stay } from "../steps/transition.ts";
import { askParity } from "../verification/ask.ts";
import { askSmokeTests } from "../verification/smoke-tests.ts";

export function preflight(context: Context): Outcome {
  if (!isFollowed(context)) return awaitAcks(context);
  const held = holdByPolicy(context, "preflight");
  if (held !== undefined) return held;
  // What can't be reached can't be read either.
  const c = askCopy(context.reachable.status === "True" ? askSmokeTests(askParity(context)) : context);
  const asked = [...blockingWithCopy(c, preflightChecks), ...blockingSync(c)];
  const blocking = asked.map(({ result }) => result);
  const [first] = blocking;
  if (first !== undefined) {
    const causes = blocking.map(({ message }) => message).join("; ");
    return stay(c, standingOf(blocking), first.reason, `preflight: ${causes}`);
  }
  return move(c, {
    phase: "AwaitingApproval",
    reason: "PreflightPassed",
    message: "the checklist is answered; waiting for approval",
  });
}

const comesByItself: readonly string[] = [
  "NotProbed",
  "SourceNotProbed",
  "NotCompared",
  "Comparing",
  "Testing",
  "CopyDue",
];
/** May take hours, or somebody who agrees. */
const takesTime: readonly string[] = ["Copying", "CopyNotApproved", "SyncNotApproved"];

function standingOf(blocking: readonly Fact[]): Standing {
  const isFault = blocking.some(({ reason }) => !comesByItself.includes(reason) && !takesTime.includes(reason));
  if (isFault) return "blocked";
  return blocking.some(({ reason }) => takesTime.includes(reason)) ? "waiting" : "working";
}
