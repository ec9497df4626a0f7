// The gate of a stage on its slices: the rate doesn't rise while one namespace may be harmed.
import type { DetectionState } from "@retriever/crds/status/harm-status.ts";
import type { Verdict } from "@retriever/crds/status/migration-status.ts";
import { percent } from "../gates/gate-message.ts";

/** From this part of the evidence that acting takes (on its scale of logarithms) on, a rise waits to be sure. */
const doubtfulEvidence = 0.5;

/** Undefined where no slice is judged by itself: no namespaces, or not chosen yet. */
export function judgeSlices(detection: DetectionState | undefined, windowSeconds: number): Verdict | undefined {
  if (detection === undefined || detection.slicesChosenIn === undefined) return undefined;
  const [worst] = detection.lines
    .filter(({ slice }) => slice !== null)
    .toSorted((a, b) => b.evidence - a.evidence || (a.slice ?? 0) - (b.slice ?? 0));
  const value = worst === undefined || worst.n <= 0 ? null : Math.min(1, worst.bad / worst.n);
  const { limit = 1, n = 0 } = worst ?? {};
  const facts = { gate: "slices", value, interval: null, n, limit, windowSeconds: Math.round(windowSeconds) };
  if (worst === undefined || worst.evidence < doubtfulEvidence) {
    return { ...facts, verdict: "Pass", message: `slices: none of ${detection.slices.length} namespaces stands out` };
  }
  const seen = `${worst.line}, ${percent(value)} of ${n} samples are bad, limit ${percent(limit)}`;
  return {
    ...facts,
    verdict: "NotYet",
    message: `slices: slice ${worst.slice} may be harmed (${seen}); waiting to be sure`,
  };
}
