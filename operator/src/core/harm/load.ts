// How much a fleet is asked in a span, per second: each pod by the time that it has had itself. A pod that was replaced has
// taken its counts along, and the new one has counted for as long as it is there: summed up over the time of the oldest pod,
// half of a load would be missing after a deploy. Says nothing of health.
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import type { PodObservation } from "../model/workload.ts";
import { boundClaims, leastFellows, soundCounters, weightOf } from "../pods/fair-share.ts";
import { sumShares, thirdsOf } from "../pods/thirds.ts";
import { fastWindowSeconds, type Span } from "../time/evidence-spans.ts";

export type Load = {
  /** Of all pods together, none of which weighs more than is plausible beside the others; undefined: no pod tells. */
  readonly perSecond: number | undefined;
  /**
   * If each pod had as much as the middle ones: no pod that tells of ten times as many, or of none, makes a load of it.
   * Undefined where fewer than three tell, or one serves all.
   */
  readonly usualPerSecond: number | undefined;
};

/** `count`: what of the counters is load. */
export function measureLoad(
  serving: readonly PodObservation[],
  epoch: number,
  span: Span,
  count: (counters: Counters) => number,
): Load {
  const told = serving.flatMap(({ status }) => {
    const evidence = status.ok && status.value.evidence.epoch === epoch ? status.value.evidence : undefined;
    const found = evidence?.windows.find(
      ({ seconds, offsetSeconds }) => seconds === span.seconds && offsetSeconds === span.offsetSeconds,
    );
    return found === undefined ? [] : [{ ...found, counters: soundCounters(found.counters) }];
  });
  const longest = Math.min(span.seconds, Math.max(0, ...told.map(({ coveredSeconds }) => coveredSeconds)));
  if (longest <= 0) return { perSecond: undefined, usualPerSecond: undefined };
  // One that began seconds ago, with what had piled up, is no load of thousands.
  const least = Math.min(fastWindowSeconds, longest);
  const wholes = told.map(({ coveredSeconds }) => longest / Math.min(longest, Math.max(least, coveredSeconds)));
  const factors = boundClaims(told.map(({ counters }, index) => weightOf(counters).requests * (wholes[index] ?? 1)));
  const counts = told.map(
    ({ counters }, index) => Math.max(0, count(counters)) * (wholes[index] ?? 1) * (factors[index] ?? 0),
  );
  const usual = usualOf(counts);
  return {
    perSecond: counts.reduce((sum, one) => sum + one, 0) / longest,
    usualPerSecond: usual === undefined ? undefined : usual / longest,
  };
}

function usualOf(counts: readonly number[]): number | undefined {
  if (counts.length < leastFellows) return undefined;
  const { bad, n } = sumShares(thirdsOf(counts.map((one) => ({ bad: one, n: 1 }))).middle);
  return bad > 0 ? (bad / n) * counts.length : undefined;
}
