// How long to wait at most for what ought to happen: the one place that knows how busy the machine is.
// A deadline only ends a wait that would never end, so it is generous; whoever measures time doesn't ask here.
import { availableParallelism, loadavg } from "node:os";

/** How many tasks want each processor, on average over the last minute; at least 1. */
function tasksPerProcessor(): number {
  return Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
}

/**
 * What a deadline for a quiet machine is on this one, now. Loops ask at every turn, because the machine may have become
 * busier since they began.
 */
export function patienceMs(quietMs: number): number {
  return Math.round(quietMs * tasksPerProcessor());
}
