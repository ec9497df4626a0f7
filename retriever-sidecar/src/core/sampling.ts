// How many of the requests are sampled: a fixed share, or one that follows the traffic. Pure but for the state it keeps;
// times are of a monotonic clock.
import { effectiveRate, type SamplingPlan } from "#contract/sample-rate.ts";

export type Sampler = {
  /** Counts a request, sampled or not. */
  readonly onRequest: RateEstimate["count"];
  /** Share of the requests that is sampled at present, 0..1. */
  readonly rateAt: (nowMs: number) => number;
  /** Whether a request is; `draw` is uniform in [0, 1). */
  readonly wants: (draw: number, nowMs: number) => boolean;
  /** The same of a request that the primary failed, which tells more: also any that the cap leaves room for. */
  readonly wantsFailed: (draw: number, nowMs: number) => boolean;
};
export type RateEstimate = {
  readonly count: (nowMs: number) => void;
  /** Requests a second; 0 before the first one. */
  readonly perSecondAt: (nowMs: number) => number;
};

const estimateMs = 60_000;

/** Exponentially weighted over about a minute. Young estimates are scaled up by the weight that they lack. */
export function makeRateEstimate(startedAtMs: number): RateEstimate {
  let [weighted, atMs] = [0, startedAtMs];
  const decay = (nowMs: number): void => {
    // A clock that stands still or steps back adds no time.
    if (nowMs <= atMs) return;
    weighted *= Math.exp((atMs - nowMs) / estimateMs);
    atMs = nowMs;
  };
  return {
    count: (nowMs) => {
      decay(nowMs);
      weighted += 1;
    },
    perSecondAt: (nowMs) => {
      decay(nowMs);
      // A second more than has passed: the first request of a process isn't endless traffic.
      const weight = 1 - Math.exp((startedAtMs - 1000 - atMs) / estimateMs);
      return weighted === 0 ? 0 : (weighted * 1000) / (estimateMs * weight);
    },
  };
}

/** Seconds of the cap that may be spent at once: less would leave a part of it unused whenever requests come in clusters. */
const burstSeconds = 10;
const leastBurst = 4;

/**
 * Samples by the plan. The estimate lags behind a step of the traffic, so the cap is also kept by an allowance: only the
 * share `sampleRate` is sampled without one.
 */
export function makeSampler(plan: SamplingPlan, requests: RateEstimate, nowMs: number): Sampler {
  const { sampleRate, sampling } = plan;
  const onRequest = requests.count;
  const rateAt = (atMs: number): number => effectiveRate(plan, sampling === undefined ? 0 : requests.perSecondAt(atMs));
  if (sampling === undefined) {
    const wants = (draw: number): boolean => draw < sampleRate;
    return { onRequest, rateAt, wants, wantsFailed: wants };
  }
  const burst = Math.max(leastBurst, burstSeconds * sampling.maxQueriesPerSecond);
  let [allowance, atMs] = [burst, nowMs];
  const spend = (isFree: boolean, least: number, now: number): boolean => {
    allowance = Math.min(burst, allowance + (Math.max(0, now - atMs) / 1000) * sampling.maxQueriesPerSecond);
    atMs = Math.max(atMs, now);
    if (!isFree && allowance < least) return false;
    // What the least share overspends is paid back, of a minute at most.
    allowance = Math.max(allowance - 1, -6 * burst);
    return true;
  };
  const wants = (draw: number, now: number): boolean => draw < rateAt(now) && spend(draw < sampleRate, 1, now);
  return {
    onRequest,
    rateAt,
    wants,
    // Half of the allowance is kept for the others.
    wantsFailed: (draw, now) => wants(draw, now) || spend(false, 1 + burst / 2, now),
  };
}
