// AwaitingApproval: waits for the approvals and the window, then enters the first stage.
import { approvalChecks, blockingChecks, preflightChecks } from "../checks/checklist.ts";
import { refuseByPolicy } from "../checks/policies.ts";
import { measureSource } from "../harm/throughput.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { enterFirstStage } from "../steps/enter-stage.ts";
import { awaitAcks, isFollowed } from "../steps/propagation.ts";
import { stay } from "../steps/transition.ts";
import { askParity } from "../verification/ask.ts";
import { askSmokeTests } from "../verification/smoke-tests.ts";

export function awaitingApproval(context: Context): Outcome {
  if (!isFollowed(context)) return awaitAcks(context);
  const refusal = refuseByPolicy(context);
  if (refusal !== undefined)
    return stay(context, refusal.standing, refusal.reason, `waiting for approval: ${refusal.message}`);
  const c = askSmokeTests(askParity(context));
  const blocking = blockingChecks(c, [...preflightChecks, ...approvalChecks]);
  const [first] = blocking;
  if (first !== undefined) {
    const causes = blocking.map(({ result }) => result.message).join("; ");
    return stay(c, "waiting", first.result.reason, `waiting for approval: ${causes}`);
  }
  const sourceBaseline = measureSource(c);
  return enterFirstStage(c, {
    ...(sourceBaseline === undefined ? {} : { patch: { sourceBaseline } }),
    phase: "WarmUp",
    reason: "WarmUpStarted",
    what: "warming the shadow up",
  });
}
