// AwaitingApproval: people and the window; then the first samples.
import { approvalChecks, blockingChecks, preflightChecks } from "../checklist.ts";
import type { Context } from "../context.ts";
import { enterFirstStage } from "../enter-stage.ts";
import { type Outcome, stay } from "../outcome.ts";
import { awaitAcks } from "../propagation.ts";
import { measureSource } from "../throughput.ts";

export function awaitingApproval(c: Context): Outcome {
  if (c.acks.state !== "all") return awaitAcks(c);
  const blocking = blockingChecks(c, [...preflightChecks, ...approvalChecks]);
  if (blocking.length > 0) {
    const causes = blocking.map(({ result }) => result.message).join("; ");
    return stay(c, "waiting", blocking[0]?.result.reason ?? "NotApproved", `waiting for approval: ${causes}`);
  }
  const sourceBaseline = measureSource(c);
  return enterFirstStage(c, {
    ...(sourceBaseline === undefined ? {} : { patch: { sourceBaseline } }),
    phase: "WarmUp",
    reason: "WarmUpStarted",
    what: "warming the shadow up",
  });
}
