// Preflight: the probe epoch has reached every pod, and the checklist is answered.
import { blockingChecks, preflightChecks } from "../checklist.ts";
import type { Context } from "../context.ts";
import { move, type Outcome, stay } from "../outcome.ts";
import { awaitAcks } from "../propagation.ts";

export function preflight(c: Context): Outcome {
  if (c.acks.state !== "all") return awaitAcks(c);
  const blocking = blockingChecks(c, preflightChecks);
  const [first] = blocking;
  if (first !== undefined) {
    const causes = blocking.map(({ result }) => result.message).join("; ");
    const pending = blocking.every(
      ({ result }) => result.reason === "NotProbed" || result.reason === "SourceNotProbed",
    );
    return stay(c, pending ? "working" : "blocked", first.result.reason, `preflight: ${causes}`);
  }
  return move(c, {
    phase: "AwaitingApproval",
    reason: "PreflightPassed",
    message: "the checklist is answered; waiting for approval",
  });
}
