// Harm goes before everything a person may be waiting for: it acts in every phase that sends the destination traffic.

import { isRollbackPathClosed } from "../checks/rollback-ready.ts";
import { byStrength, strongestFinding } from "../harm/finding.ts";
import type { Context, Finding } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { firstCauses } from "../model/first-causes.ts";
import { isPastCutover } from "../model/status-readings.ts";
import { beginRollback } from "../steps/begin-rollback.ts";
import { resetGuard } from "../steps/guard-clock.ts";
import { holdAlone } from "../steps/hold-alone.ts";
import { stepDown } from "../steps/step-down.ts";
import { stay } from "../steps/transition.ts";
import { describeHiddenWrites } from "./hidden-writes.ts";

/** Acts on findings that are due; undefined when there is nothing to act on. */
export function harmed(c: Context): Outcome | undefined {
  const due = byStrength(c.harm.due);
  const causes = due.map((finding) => finding.message);
  const strongest = strongestFinding(due);
  switch (strongest?.action) {
    case "Rollback":
      return rollBack(c, strongest, causes);
    case "StepDown":
      return stepDown(c, causes);
    case "Hold":
      // A cutover in progress is finished or taken back; two primaries must not wait.
      if (c.status.phase === "CuttingOver") return undefined;
      return isPastCutover(c.status)
        ? holdAfterCutover(c, strongest.reason ?? "Harm", `held: ${firstCauses(causes)}`)
        : holdBeforeCutover(c, strongest, causes);
    case "Observe":
    case undefined:
      return undefined;
  }
}

function holdBeforeCutover(c: Context, { reason }: Finding, causes: readonly string[]): Outcome {
  return reason === undefined ? stay(c, "blocked", "Harm", `held: ${firstCauses(causes)}`) : holdAlone(c, causes);
}

function rollBack(c: Context, { rule, withheld }: Finding, causes: readonly string[]): Outcome | undefined {
  const closed = isRollbackPathClosed(c.rollbackReady);
  const hidden = describeHiddenWrites(c);
  if (c.plan.rollback.automatic && !closed && withheld === undefined && hidden === undefined) {
    return beginRollback(c, { reason: `Harm${rule.charAt(0).toUpperCase()}${rule.slice(1)}`, causes, actor: null });
  }
  // A cutover is finished or taken back by its own deadlines, as it would be without harm; a person was called.
  const isCalled = c.status.harm?.heldSince !== undefined;
  if (c.status.phase === "CuttingOver" && !closed && isCalled) return undefined;
  const why = describeObstacle(c, { closed, withheld, hidden });
  return holdAfterCutover(c, "RollbackBlocked", `not rolled back, because ${why}: ${firstCauses(causes)}`);
}

type Obstacles = {
  readonly closed: boolean;
  readonly withheld: string | undefined;
  readonly hidden: string | undefined;
};

function describeObstacle(c: Context, { closed, withheld, hidden }: Obstacles): string {
  if (closed) return `the rollback path is closed (${c.rollbackReady.message})`;
  if (!c.plan.rollback.automatic) return "rollback.automatic is false; create a Rollback act to go back";
  return hidden ?? `${withheld}; create a Rollback act to go back`;
}

/** Harm that nothing is done about calls a person, once for as long as it lasts, and begins the guard anew. */
function holdAfterCutover(c: Context, reason: "Harm" | "OnePodAlone" | "RollbackBlocked", message: string): Outcome {
  const isFirst = c.status.harm?.heldSince === undefined;
  const held = stay(c, "blocked", reason, message);
  const marked: Outcome = {
    ...held,
    status: {
      ...held.status,
      harm: { causes: [], stepDowns: 0, ...held.status.harm, heldSince: c.status.harm?.heldSince ?? c.nowIso },
    },
    announcements: isFirst ? [{ type: "Warning", reason, message: held.status.message, severity: "page" }] : [],
  };
  return resetGuard(marked, c.nowIso);
}
