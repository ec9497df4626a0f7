// One second of traffic at one pod: how many requests, and what became of them.
import type { Serving } from "@retriever/sidecar/contract/follow-overlay.ts";
import type { Draws } from "./draws.ts";
import type { Regime, Service } from "./regime.ts";
import { addToBucket, fieldPlace, type Row } from "./toy-row.ts";

export type Traffic = {
  readonly draws: Draws;
  readonly regime: Regime;
  /** Pods that share the traffic. */
  readonly pods: number;
};

/** Adds the counts of one second to an empty row. Every sampled request was answered by the primary first. */
export function serveSecond({ draws, regime, pods }: Traffic, serving: Serving, row: Row): void {
  const { primary, shadow, sampleRate } = serving;
  const service = regime[primary];
  const requests = draws.poisson(regime.requestsPerSecond / pods);
  if (requests === 0) return;
  const errors = draws.binomial(requests, service.errors);
  const answered = requests - errors;
  row[fieldPlace.requests] = requests;
  row[fieldPlace.errors] = errors;
  row[fieldPlace.empty] = draws.binomial(answered, service.empty);
  row[fieldPlace.latencySumMs] = Math.round(answered * service.meanMs);
  spreadLatencies(draws, row, answered, service);
  if (shadow === "none") return;
  compare(draws, row, draws.binomial(answered, sampleRate), { regime, shadow });
}

function spreadLatencies(draws: Draws, row: Row, answered: number, { buckets }: Service): void {
  let left = answered;
  let shareLeft = 1;
  for (const [bucket, share] of buckets.entries()) {
    if (left === 0) return;
    const isLast = bucket === buckets.length - 1;
    const count = isLast ? left : draws.binomial(left, Math.min(1, share / shareLeft));
    if (count > 0) addToBucket(row, "latencyBuckets", bucket, count);
    left -= count;
    shareLeft = Math.max(1e-12, shareLeft - share);
  }
}

/** How much lower the score of a sample is that counts as worse. */
const typicalDelta = 0.375;

type Comparison = { readonly regime: Regime; readonly shadow: "source" | "destination" };

function compare(draws: Draws, row: Row, tried: number, { regime, shadow }: Comparison): void {
  if (tried === 0) return;
  const failed = draws.binomial(tried, regime[shadow].errors);
  const answered = tried - failed;
  const mismatch = draws.binomial(answered, regime.mismatch);
  const worse = draws.binomial(answered, regime.scoreWorse);
  row[fieldPlace.answered] = answered;
  row[fieldPlace.shadowErrors] = failed;
  row[fieldPlace.scoreWorse] = worse;
  row[fieldPlace.latencyWorse] = draws.binomial(answered, regime.latencyWorse);
  row[fieldPlace.mismatch] = mismatch;
  // Whole eighths add up without rounding, in whatever order.
  row[fieldPlace.overlapSum] = answered - mismatch / 2;
  row[fieldPlace.scoreWorseSum] = worse * typicalDelta;
}
