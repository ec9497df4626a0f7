// Whether the sidecars sample at the rate of the stage. Where they don't, their evidence is not that of the plan.
import type { Verdict } from "@retriever/crds/status/migration-status.ts";
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import { leastFellows } from "../pods/fair-share.ts";
import { nameSome } from "../pods/pods.ts";
import { type PodCount, type Share, sumShares, thirdsOf } from "../pods/thirds.ts";
import { logEvidenceAbove, logEvidenceBelow } from "./e-value.ts";
import { triedSamples } from "./gate-counts.ts";
import { strictAlpha } from "./gate-limits.ts";
import { percent } from "./gate-message.ts";
import { publishedInterval } from "./judge-rate-gates.ts";

/** A sidecar that samples a fifth more or less than told is misconfigured. */
const ratioTolerance = 1.2;
/**
 * Samples that a pod should have before it tells: of fewer the middle pods have less than the mean, so that a fleet that has
 * just begun would seem to sample too little.
 */
const leastExpected = 5;

type RatioInput = {
  readonly totals: Counters;
  /** What each pod that answers has of it; left out: nobody tells them apart. */
  readonly pods?: readonly PodCount[];
  readonly sampleRate: number;
  readonly elapsedSeconds: number;
};

/**
 * Samples against answered requests times the rate. It never fails a destination, since it says nothing about one:
 * it makes a stage wait while the evidence isn't what was asked for. Our own dropped samples were sampled. Where three
 * pods tell, those in the middle decide: one that is misconfigured is named, and holds nobody up.
 */
export function judgeSampleRatio({ totals, pods = [], sampleRate, elapsedSeconds }: RatioInput): Verdict {
  const all = sampledOf(totals);
  const parts = pods
    .map(({ name, counters, even = counters }) => ({ name, ...sampledOf(even) }))
    .filter(({ n }) => n * sampleRate >= leastExpected);
  const isTelling = parts.length >= leastFellows;
  const isOff = isOther(isTelling ? sumShares(thirdsOf(parts).middle) : all, sampleRate);
  const odd = isTelling ? parts.filter((part) => isOther(part, sampleRate)).map(({ name }) => name) : [];
  const value = all.n > 0 ? Math.min(1, all.bad / all.n) : null;
  const asked = `at a rate of ${percent(sampleRate)}`;
  const seen = `sampleRatio: ${percent(value)} of ${Math.round(all.n)} answered requests were sampled ${asked}`;
  const check = "check the configuration of the sidecars";
  const named = odd.length === 0 ? seen : `${seen}; ${nameSome(odd)} otherwise than the rest: ${check}`;
  return {
    gate: "sampleRatio",
    verdict: isOff ? "NotYet" : "Pass",
    value,
    interval: publishedInterval(all.bad, all.n),
    n: all.n,
    limit: sampleRate,
    windowSeconds: Math.max(0, Math.round(elapsedSeconds)),
    message: isOff ? `${seen}; ${check}` : named,
  };
}

/** Sampled ones, of answered requests. A request that the primary failed is never compared. */
function sampledOf(counters: Counters): Share {
  const bad = triedSamples(counters) + counters.shadowDropped;
  return { bad, n: Math.max(bad, counters.requests - counters.errors) };
}

function isOther({ bad, n }: Share, sampleRate: number): boolean {
  const needed = -Math.log(strictAlpha);
  return (
    logEvidenceAbove(bad, n, Math.min(1, sampleRate * ratioTolerance)) >= needed ||
    logEvidenceBelow(bad, n, sampleRate / ratioTolerance) >= needed
  );
}
