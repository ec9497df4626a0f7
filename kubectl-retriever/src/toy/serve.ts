// One second of traffic at one pod: how many requests, and what became of them.
import type { Overlay } from "@retriever/sidecar/contract/overlay.ts";
import type { Regime, Service } from "#rehearse/world.ts";
import { drawBinomial, drawPoisson, type Random } from "./draws.ts";
import { addToBucket, fieldPlace, type Row } from "./toy-evidence.ts";

export type Serving = {
  readonly regime: Regime;
  /** Pods that share the traffic. */
  readonly pods: number;
  readonly primary: Overlay["primary"];
  readonly shadow: Overlay["shadow"];
  readonly sampleRate: number;
};

/** Writes the counts of one second into a row. Every sampled request was answered by the primary first. */
export function serveSecond(random: Random, serving: Serving, row: Row): void {
  row.fill(0);
  const { regime, primary, shadow, sampleRate, pods } = serving;
  const service = regime[primary];
  const requests = drawPoisson(random, regime.requestsPerSecond / pods);
  if (requests === 0) return;
  const errors = drawBinomial(random, requests, service.errors);
  const answered = requests - errors;
  row[fieldPlace.requests] = requests;
  row[fieldPlace.errors] = errors;
  row[fieldPlace.empty] = drawBinomial(random, answered, service.empty);
  row[fieldPlace.latencySumMs] = Math.round(answered * service.meanMs);
  spreadLatencies(random, row, answered, service);
  if (shadow === "none") return;
  compare(random, row, drawBinomial(random, answered, sampleRate), { regime, shadow });
}

function spreadLatencies(random: Random, row: Row, answered: number, { buckets }: Service): void {
  let left = answered;
  let shareLeft = 1;
  for (const [bucket, share] of buckets.entries()) {
    if (left === 0) return;
    const isLast = bucket === buckets.length - 1;
    const count = isLast ? left : drawBinomial(random, left, Math.min(1, share / shareLeft));
    if (count > 0) addToBucket(row, bucket, count);
    left -= count;
    shareLeft = Math.max(1e-12, shareLeft - share);
  }
}

/** How much lower the score of a sample is that counts as worse. */
const typicalDelta = 0.375;

type Comparison = { readonly regime: Regime; readonly shadow: "source" | "destination" };

function compare(random: Random, row: Row, tried: number, { regime, shadow }: Comparison): void {
  if (tried === 0) return;
  const failed = drawBinomial(random, tried, regime[shadow].errors);
  const answered = tried - failed;
  const mismatch = drawBinomial(random, answered, regime.mismatch);
  const worse = drawBinomial(random, answered, regime.scoreWorse);
  row[fieldPlace.answered] = answered;
  row[fieldPlace.shadowErrors] = failed;
  row[fieldPlace.scoreWorse] = worse;
  row[fieldPlace.latencyWorse] = drawBinomial(random, answered, regime.latencyWorse);
  row[fieldPlace.mismatch] = mismatch;
  // Whole eighths add up without rounding, in whatever order.
  row[fieldPlace.overlapSum] = answered - mismatch / 2;
  row[fieldPlace.scoreWorseSum] = worse * typicalDelta;
}
