// The table of legal phase steps: the API server refuses a status that takes any other.
// It says what may happen, never what should; deciding is the operator's part.
import { type Phase, phases } from "./migration-status.ts";

/** Every step a status update may take. RollingBack is reachable from every phase that isn't final. */
export const legalSteps: Readonly<Record<Phase, readonly Phase[]>> = {
  Pending: ["Preflight", "Completed", "RollingBack", "RolledBack"],
  Preflight: ["AwaitingApproval", "RollingBack", "RolledBack"],
  AwaitingApproval: ["WarmUp", "RollingBack"],
  WarmUp: ["Ramp", "AwaitingCutover", "Validated", "RollingBack"],
  Ramp: ["AwaitingCutover", "Validated", "RollingBack"],
  AwaitingCutover: ["CuttingOver", "Ramp", "RollingBack"],
  CuttingOver: ["Guard", "RollingBack"],
  Guard: ["Completed", "RollingBack"],
  RollingBack: ["VerifyingDrift", "RolledBack", "AwaitingCutover"],
  VerifyingDrift: ["RolledBack", "RollingBack", "AwaitingCutover"],
  Completed: [],
  RolledBack: [],
  Validated: [],
};

/** Whether nothing may follow a phase. */
export function isFinalPhase(phase: Phase): boolean {
  return legalSteps[phase].length === 0;
}

/** Whether there is a way from one phase to another, over however many steps. */
export function isReachable(from: Phase, to: Phase): boolean {
  const found = new Set([from]);
  for (const phase of found) for (const next of legalSteps[phase]) found.add(next);
  return found.has(to);
}

/** Phases without a way out. */
export const finalPhases = phases.filter(isFinalPhase);

/** Whether a status update may go from one phase to another; staying is always legal. */
export function isLegalStep(from: Phase, to: Phase): boolean {
  return from === to || legalSteps[from].includes(to);
}
