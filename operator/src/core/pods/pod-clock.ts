// How far the clocks of pods are from the operator's, in whole bins of their evidence.
import { binSeconds } from "@retriever/sidecar/contract/evidence.ts";
import type { PodObservation } from "../model/workload.ts";

/** As far behind or ahead a pod's newest bin may end without its clock being wrong. */
export const usualLagSeconds = 30;

/** What brings a pod's clock to ours; 0 while both agree. Epoch seconds. */
export function shiftOf(openAt: number, now: number): number {
  const behind = now - openAt;
  return behind >= -binSeconds && behind <= usualLagSeconds ? 0 : Math.floor(behind / binSeconds) * binSeconds;
}

/** No clock that anybody serves with is further away. */
const mostShiftSeconds = 86_400;

/** The same of most pods, of two the nearer one: what they are to read by their own clocks is told by those. 0 where none tells. */
export function shiftOfPods(serving: readonly PodObservation[], now: number): number {
  const shifts = serving.flatMap(({ status }) => {
    const { closedAt = 0, openAt = closedAt } = status.ok ? status.value.evidence : {};
    return openAt > 0 ? [shiftOf(openAt, now)] : [];
  });
  const sorted = shifts.toSorted((a, b) => a - b);
  const [lower = 0, upper = 0] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  const nearest = Math.abs(lower) < Math.abs(upper) ? lower : upper;
  return Math.max(-mostShiftSeconds, Math.min(mostShiftSeconds, nearest));
}
