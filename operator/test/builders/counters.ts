// Counters with only what a test is about.
import { type Counters, latencyEdgesMs, noCounters } from "@retriever/sidecar/contract/evidence.ts";

/** All zero but for what is named. */
export function someCounters(more: Partial<Counters> = {}): Counters {
  return { ...noCounters(), ...more };
}

/** As many times of everything; shares of requests where they don't come out. */
export function shareOf(counters: Counters, factor: number): Counters {
  const scaled = Object.entries(counters).map(([key, value]) => [
    key,
    Array.isArray(value) ? value.map((count) => count * factor) : value * factor,
  ]);
  return Object.fromEntries(scaled) as Counters;
}

/** Latency buckets with all requests at one latency. */
export function allAt(ms: number, requests: number): number[] {
  const slot = latencyEdgesMs.findIndex((edge) => ms <= edge);
  return noCounters().latencyBuckets.map((_, index, all) =>
    index === (slot < 0 ? all.length - 1 : slot) ? requests : 0,
  );
}
