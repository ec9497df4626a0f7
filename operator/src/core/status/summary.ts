// Ready, Succeeded, Reconciling, Stalled: what kstatus, Argo CD, Flux and Helm read.
import type { ConditionType, MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import type { Outcome } from "../model/decision.ts";
import type { Fact } from "../model/status-readings.ts";
import { isRollingBack } from "../model/status-readings.ts";

type Summary = Partial<Record<ConditionType, Fact>>;

/** Ready means "accepted, doing what was asked, rollback path intact", not "finished"; Succeeded is the result. */
export function summarise(next: MigrationStatus, outcome: Outcome): Summary {
  const fact = (status: Fact["status"]): Fact => ({ status, reason: outcome.reason, message: next.message });
  if (next.phase === "RolledBack") return endedEarly(next);
  if (isFinalPhase(next.phase)) return succeeded(next);
  if (isRollingBack(next)) return { Ready: fact("False"), Succeeded: fact("Unknown"), Reconciling: fact("True") };
  if (transient.includes(next.phase)) return starting(outcome, fact);
  const isHeld = outcome.standing === "blocked" || outcome.standing === "stuck";
  return { Ready: fact(isHeld ? "False" : "True"), Succeeded: fact("Unknown") };
}

/** Phases that are meant to pass within minutes. */
const transient: readonly Phase[] = ["Pending", "Preflight", "CuttingOver"];

function starting(outcome: Outcome, fact: (status: Fact["status"]) => Fact): Summary {
  if (outcome.standing === "stuck") return { Ready: fact("False"), Succeeded: fact("Unknown"), Stalled: fact("True") };
  if (outcome.reason === "Paused") return { Ready: fact("True"), Succeeded: fact("Unknown") };
  const ready = outcome.standing === "blocked" ? "False" : "Unknown";
  return { Ready: fact(ready), Succeeded: fact("Unknown"), Reconciling: fact("True") };
}

/** The reason is how it ended, whatever is still being tidied up. */
function succeeded(next: MigrationStatus): Summary {
  const reason = next.phase === "Completed" && next.revision === undefined ? "AlreadyAtDestination" : next.phase;
  const fact: Fact = { status: "True", reason, message: next.message };
  return { Ready: fact, Succeeded: fact };
}

/** Asked for by a person: the configuration is restored, which is what was asked. By evidence: a person must act. */
function endedEarly({ rollback, message }: MigrationStatus): Summary {
  const reason = rollback?.reason ?? "RolledBack";
  const fact = (status: Fact["status"]): Fact => ({ status, reason, message });
  const isAskedFor = rollback !== undefined && (rollback.actor !== null || rollback.reason === "Deleted");
  if (isAskedFor) return { Ready: fact("True"), Succeeded: fact("False") };
  return { Ready: fact("False"), Succeeded: fact("False"), Stalled: fact("True") };
}
