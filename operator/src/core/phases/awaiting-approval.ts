// AwaitingApproval: waits for the approvals and the window, then enters the first stage.
import { approvalChecks, preflightChecks } from "../checks/checklist.ts";
import { askCopy, blockingWithCopy } from "../checks/copy.ts";
import { blockingSync } from "../checks/sync.ts";
import { measureSource } from "../harm/throughput.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { enterFirstStage } from "../steps/enter-stage.ts";
import { holdByPolicy } from "../steps/hold-by-policy.ts";
import { awaitAcks, isFollowed } from "../steps/propagation.ts";
import { stay } from "../steps/transition.ts";
import { askParity } from "../verification/ask.ts";
import { askSmokeTests } from "../verification/smoke-tests.ts";

export function awaitingApproval(context: Context): Outcome {
  if (!isFollowed(context)) return awaitAcks(context);
  const held = holdByPolicy(context, "waiting for approval");
  if (held !== undefined) return held;
  const c = askCopy(askSmokeTests(askParity(context)));
  const asked = [...blockingWithCopy(c, [...preflightChecks, ...approvalChecks]), ...blockingSync(c)];
  const blocking = asked.map(({ result }) => result);
  const [first] = blocking;
  if (first !== undefined) {
    const causes = blocking.map(({ message }) => message).join("; ");
    return stay(c, "waiting", first.reason, `waiting for approval: ${causes}`);
  }
  const sourceBaseline = measureSource(c);
  return enterFirstStage(c, {
    ...(sourceBaseline === undefined ? {} : { patch: { sourceBaseline } }),
    phase: "WarmUp",
    reason: "WarmUpStarted",
    what: "warming the shadow up",
  });
}
