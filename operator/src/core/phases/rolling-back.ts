// RollingBack: nudging until every pod reports the pinned source as its primary. Nothing talks it out of it.

import type { Context } from "../context.ts";
import { move, type Outcome, stay } from "../outcome.ts";
import { answeredStatuses, nameSome } from "../pods.ts";
import { describeAcks } from "../propagation.ts";
import { labelOf } from "../store-label.ts";

export function rollingBack(c: Context): Outcome {
  const elsewhere = answeredStatuses(c.observation).filter(
    (pod) => pod.config.primaryIdentity.digest !== c.status.source?.digest,
  );
  if (c.acks.state !== "all" || elsewhere.length > 0) {
    const strangers =
      elsewhere.length === 0
        ? ""
        : `; served from elsewhere by ${nameSome(elsewhere.map((pod) => pod.podName))}: make the base name ${labelOf(c.status, "source")} again`;
    return stay(c, "working", "Propagating", `rolling back: ${describeAcks(c.acks)}${strangers}`);
  }
  const causes = c.status.rollback?.causes.join("; ") ?? "";
  return move(c, {
    phase: "RolledBack",
    reason: c.status.rollback?.reason ?? "RolledBack",
    message: `rolled back: every pod serves from ${labelOf(c.status, "source")} again. Cause: ${causes}`,
    standing: "waiting",
    warning: true,
  });
}
