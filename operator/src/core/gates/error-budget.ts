// How often the gates of one migration may be wrong, shared over its gates and stages (union bound).

/** Chance that any p95 or mean gate ever fails a healthy destination in a whole migration. */
export const failBudget = 0.01;
/** Chance that any gate ever passes a rate over its limit in a whole migration. */
export const passBudget = 0.05;
/** Chance that mismatch or overlap fails a healthy destination, per gate and stage: they may fail at the first sample. */
export const strictAlpha = 1e-4;

/** Gates that share the budgets: scoreDelta, scoreMean, latencyDelta. */
const deflatedGates = 3;
/** All gates that pass by evidence: mismatch and overlap as well. */
const passingGates = 5;

export type ErrorShares = { readonly alpha: number; readonly beta: number };

/** What one gate of one stage may spend; `stages` at least 1. */
export function errorShares(stages: number): ErrorShares {
  const count = Math.max(1, stages);
  return { alpha: failBudget / (deflatedGates * count), beta: passBudget / (passingGates * count) };
}
