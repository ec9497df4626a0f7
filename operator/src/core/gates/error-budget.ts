// How often the gates of one migration may be wrong, shared over its gates and stages.

/** Chance that any p95 or mean gate ever fails a healthy destination in a whole migration. */
export const failBudget = 0.01;
/**
 * Chance that a gate ever passes a rate over its limit. Not shared: a bad destination is promoted only if the gate that
 * should see it passes in every stage, each time on new samples, so the chance of one stage bounds the migration's.
 */
export const passBudget = 0.05;
/** Chance that mismatch or overlap fails a healthy destination, per gate and stage: they may fail at the first sample. */
export const strictAlpha = 1e-4;

/** Gates that share `failBudget`: scoreDelta, scoreMean, latencyDelta. */
const sharingGates = 3;

export type ErrorShares = { readonly alpha: number; readonly beta: number };

/** What one gate of one stage may spend: the union bound over gates and stages for failing. */
export function errorShares(stages: number): ErrorShares {
  return { alpha: failBudget / (sharingGates * Math.max(1, stages)), beta: passBudget };
}
