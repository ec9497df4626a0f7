// A bin of the guard as several pods count it, each a group of the fleet, among which a balancer spreads the requests evenly.
import type { Draws } from "@retriever/kubectl/toy/draws.ts";
import { severeLimit } from "@retriever/operator/core/detection/lines.ts";
import type { Bin, BinPart } from "@retriever/operator/core/detection/new-bins.ts";
import { noCounters } from "@retriever/sidecar/contract/evidence.ts";
import { addDrawn, drawPodBin, exactSearchesPerSecond, podNames, type Segment } from "./traffic.ts";

/** `rate` is 0..1. Throws RangeError for more pods than have names. */
export function drawFleetBin(
  at: number,
  segments: readonly Segment[],
  pods: number,
  { rate, draws }: { readonly rate: number; readonly draws: Draws },
): Bin {
  const uids = podNames.slice(0, pods);
  if (uids.length < pods) throw new RangeError(`pods: got ${pods}, expected at most ${podNames.length}`);
  const own = segments.map(({ regime, seconds }): Segment => {
    return { regime: { ...regime, requestsPerSecond: regime.requestsPerSecond / pods }, seconds };
  });
  const parts = new Map<number, BinPart>();
  const failing: string[] = [];
  const all = noCounters();
  for (const [group, uid] of uids.entries()) {
    const { counters, slices } = drawPodBin(at, own, { rate, draws, exactPerSecond: exactSearchesPerSecond / pods });
    if (counters.requests === 0) continue;
    parts.set(group, { counters, slices });
    addDrawn(all, counters);
    if (counters.errors > 0 && counters.errors >= severeLimit * counters.requests) failing.push(uid);
  }
  return { at, counters: all, slices: new Map(), failing, parts };
}
