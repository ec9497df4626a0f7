// Counters with only what a test is about.
import { type Counters, latencyEdgesMs, noCounters } from "@retriever/sidecar/contract/evidence.ts";

/** All zero but for what is named. */
export function someCounters(more: Partial<Counters> = {}): Counters {
  return { ...noCounters(), ...more };
}

/** Latency buckets with all requests at one latency. */
export function allAt(ms: number, requests: number): number[] {
  const slot = latencyEdgesMs.findIndex((edge) => ms <= edge);
  return noCounters().latencyBuckets.map((_, index, all) =>
    index === (slot < 0 ? all.length - 1 : slot) ? requests : 0,
  );
}
