// AwaitingApproval: people and the window; then the first samples.
import { approvalChecks, blockingChecks } from "../checklist.ts";
import type { Context } from "../context.ts";
import { move, type Outcome, stay } from "../outcome.ts";
import { awaitAcks } from "../propagation.ts";

export function awaitingApproval(c: Context): Outcome {
  if (c.acks.state !== "all") return awaitAcks(c);
  const blocking = blockingChecks(c, approvalChecks);
  if (blocking.length > 0) {
    const causes = blocking.map(({ result }) => result.message).join("; ");
    return stay(c, "waiting", blocking[0]?.result.reason ?? "NotApproved", `waiting for approval: ${causes}`);
  }
  const first = c.plan.stages[0];
  if (first === undefined) return stay(c, "stuck", "NoStages", "spec.stages is empty");
  return move(c, {
    phase: "WarmUp",
    reason: "WarmUpStarted",
    message: `warming the shadow up at rate ${first.sampleRate}`,
    intent: { primary: "source", shadow: "destination", sampleRate: first.sampleRate, released: false },
    patch: { stage: { index: 0, count: c.plan.stages.length, sampleRate: first.sampleRate } },
  });
}
