// Closed bins of evidence as a sidecar answers with them.
import { binSeconds, type Counters, type Evidence, type EvidenceBin } from "@retriever/sidecar/contract/evidence.ts";

/** As many bins one after the other, all alike, of which the newest ends at an instant or just before; epoch ms. */
export function closedBins(
  untilMs: number,
  count: number,
  counters: Counters,
  slices: EvidenceBin["slices"] = [],
): Pick<Evidence, "closedAt" | "bins"> {
  const closedAt = Math.floor(untilMs / 1000 / binSeconds) * binSeconds;
  const bins = Array.from({ length: count }, (_, index) => ({
    at: closedAt - (count - index) * binSeconds,
    counters,
    slices,
  }));
  return { closedAt, bins };
}
