// Whether the sidecars sample at the rate of the stage. Where they don't, their evidence is not that of the plan.
import type { Verdict } from "@retriever/crds/status/migration-status.ts";
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import { logEvidenceAbove, logEvidenceBelow } from "./e-value.ts";
import { strictAlpha } from "./error-budget.ts";
import { triedSamples } from "./gate-counts.ts";
import { percent } from "./gate-message.ts";
import { publishedInterval } from "./judge-rate-gates.ts";

/** A sidecar that samples a fifth more or less than told is misconfigured. */
const ratioTolerance = 1.2;

/**
 * Samples against answered requests times the rate. It never fails a destination, since it says nothing about one:
 * it makes a stage wait while the evidence isn't what was asked for. Our own dropped samples were sampled.
 */
export function judgeSampleRatio(totals: Counters, sampleRate: number, elapsedSeconds: number): Verdict {
  const sampled = triedSamples(totals) + totals.shadowDropped;
  // A request that the primary failed is never compared.
  const requests = Math.max(sampled, totals.requests - totals.errors);
  const needed = -Math.log(strictAlpha);
  const isOver = logEvidenceAbove(sampled, requests, Math.min(1, sampleRate * ratioTolerance)) >= needed;
  const isUnder = logEvidenceBelow(sampled, requests, sampleRate / ratioTolerance) >= needed;
  const value = requests > 0 ? Math.min(1, sampled / requests) : null;
  const asked = `at a rate of ${percent(sampleRate)}`;
  const seen = `sampleRatio: ${percent(value)} of ${Math.round(requests)} answered requests were sampled ${asked}`;
  return {
    gate: "sampleRatio",
    verdict: isOver || isUnder ? "NotYet" : "Pass",
    value,
    interval: publishedInterval(sampled, requests),
    n: requests,
    limit: sampleRate,
    windowSeconds: Math.max(0, Math.round(elapsedSeconds)),
    message: isOver || isUnder ? `${seen}; check the configuration of the sidecars` : seen,
  };
}
