// Ready, Succeeded, Reconciling, Stalled: what kstatus, Argo CD, Flux and Helm read.
import type { ConditionType, MigrationStatus } from "@retriever/crds/migration-status.ts";
import type { Fact } from "./conditions.ts";
import type { Outcome } from "./outcome.ts";

type Summary = Partial<Record<ConditionType, Fact>>;

/** Ready means "accepted, doing what was asked, way back intact", not "finished"; Succeeded is the result. */
export function summarise(next: MigrationStatus, outcome: Outcome): Summary {
  const fact = (status: Fact["status"]): Fact => ({ status, reason: outcome.reason, message: next.message });
  switch (next.phase) {
    case "Completed":
    case "Validated":
      return { Ready: fact("True"), Succeeded: fact("True") };
    case "RolledBack":
      return endedEarly(next, fact);
    case "RollingBack":
    case "VerifyingDrift":
      return { Ready: fact("False"), Succeeded: fact("Unknown"), Reconciling: fact("True") };
    case "Pending":
    case "Preflight":
    case "CuttingOver":
      return starting(outcome, fact);
    case "AwaitingApproval":
    case "WarmUp":
    case "Ramp":
    case "AwaitingCutover":
    case "Guard":
      return {
        Ready: fact(outcome.standing === "blocked" || outcome.standing === "stuck" ? "False" : "True"),
        Succeeded: fact("Unknown"),
      };
  }
}

function starting(outcome: Outcome, fact: (status: Fact["status"]) => Fact): Summary {
  if (outcome.standing === "stuck") return { Ready: fact("False"), Succeeded: fact("Unknown"), Stalled: fact("True") };
  const ready = outcome.standing === "blocked" ? "False" : "Unknown";
  return { Ready: fact(ready), Succeeded: fact("Unknown"), Reconciling: fact("True") };
}

/** Asked for by a person: the configuration is restored, which is what was asked. By evidence: somebody must look. */
function endedEarly(next: MigrationStatus, fact: (status: Fact["status"]) => Fact): Summary {
  if (next.rollback?.reason === "Aborted") return { Ready: fact("True"), Succeeded: fact("False") };
  return { Ready: fact("False"), Succeeded: fact("False"), Stalled: fact("True") };
}
