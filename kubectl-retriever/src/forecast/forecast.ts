// How long a migration takes at least at a given traffic, and what has too little of it to ever decide. Pure: the
// operator's own gate rules, turned round to say how many samples they need.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec, Stage } from "@retriever/crds/spec/migration-spec.ts";
import type { Baseline } from "@retriever/crds/status/migration-status.ts";
import { type RateGate, rateGates } from "@retriever/operator/core/gates/gate-counts.ts";
import { gateRules } from "@retriever/operator/core/gates/gate-limits.ts";
import { samplesToPass } from "@retriever/operator/core/gates/sequential.ts";
import { findSilentRules, guardSampleRate } from "#rehearse/silent-rules.ts";

/** What a healthy destination is reckoned with: shares of bad samples, or means. */
export const healthyShares: Readonly<Record<RateGate, number>> = {
  scoreDelta: 0.01,
  scoreMean: 0.01,
  latencyDelta: 0.01,
  mismatch: 0.03,
  overlap: 0.05,
};

type ForecastGate = RateGate | "shadowErrors";

type GateForecast = {
  readonly gate: ForecastGate;
  readonly limit: number;
  /** Samples of evidence it needs by itself; null: at this share it never passes. */
  readonly evidence: number | null;
  /** The same, or the stage's `minSamples` where that is more. */
  readonly needs: number | null;
  readonly seconds: number | null;
};

export type StageForecast = {
  readonly number: number;
  readonly sampleRate: number;
  /** The plan's own least time: `minDuration`, or `gates.minDwell` where that is longer. */
  readonly leastSeconds: number;
  /** Expected after the least time. */
  readonly samples: number;
  readonly gates: readonly GateForecast[];
  readonly slowest: GateForecast;
  /** When the last gate has decided; null: never. */
  readonly seconds: number | null;
  /** Every gate can decide within the least time. */
  readonly isInTime: boolean;
};

export type GuardForecast = {
  /** Share of requests that is sampled. */
  readonly rate: number;
  readonly leastSeconds: number;
  readonly samples: number;
  readonly needs: number;
  readonly seconds: number | null;
};

export type Forecast = {
  readonly requestsPerSecond: number;
  readonly stages: readonly StageForecast[];
  /** Null for a plan that only validates. */
  readonly guard: GuardForecast | null;
  /** From the start to the end, with everybody there at once; null: it never ends. */
  readonly lowerBoundSeconds: number | null;
  /** What can't be seen at this traffic, a sentence each. */
  readonly silentRules: readonly string[];
};

/** The forecast at a steady traffic of more than 0 requests per second. */
export function forecast(plan: MigrationSpec, requestsPerSecond: number): Forecast {
  const stages = plan.stages.map((stage, index) => forecastStage(plan, stage, index, requestsPerSecond));
  const guard = plan.mode === "Validate" ? null : forecastGuard(plan, requestsPerSecond);
  const parts = [...stages.map(({ seconds }) => seconds), ...(guard === null ? [] : [guard.seconds])];
  const known = parts.filter((seconds) => seconds !== null);
  return {
    requestsPerSecond,
    stages,
    guard,
    lowerBoundSeconds: known.length < parts.length ? null : known.reduce((sum, seconds) => sum + seconds, 0),
    silentRules: findSilentRules(plan, requestsPerSecond),
  };
}

function forecastStage(plan: MigrationSpec, stage: Stage, index: number, requestsPerSecond: number): StageForecast {
  const samplesPerSecond = requestsPerSecond * stage.sampleRate;
  const leastSeconds = Math.max(durationSeconds(stage.minDuration), durationSeconds(plan.gates.minDwell));
  const gates = evidenceOf(plan, index).map((gate) => {
    const needs = gate.evidence === null ? null : Math.max(stage.minSamples, gate.evidence);
    return { ...gate, needs, seconds: needs === null ? null : needs / samplesPerSecond };
  });
  const slowest = gates.reduce((slow, gate) =>
    (gate.evidence ?? Infinity) > (slow.evidence ?? Infinity) ? gate : slow,
  );
  const seconds = slowest.seconds === null ? null : Math.max(leastSeconds, slowest.seconds);
  return {
    number: index + 1,
    sampleRate: stage.sampleRate,
    leastSeconds,
    samples: Math.round(samplesPerSecond * leastSeconds),
    gates,
    slowest,
    seconds,
    isInTime: seconds === leastSeconds,
  };
}

function evidenceOf(plan: MigrationSpec, index: number): Pick<GateForecast, "gate" | "limit" | "evidence">[] {
  // From the second stage on the mismatch is judged against what the first one measured.
  const rules = gateRules(plan, index === 0 ? undefined : measuredBaseline(plan.stages[0]?.minSamples ?? 0));
  const rates = rateGates.map((gate) => {
    const { limit, beta } = rules[gate];
    const evidence = samplesToPass(healthyShares[gate], { limit, beta, dispersion: 1 });
    return { gate, limit: gate === "overlap" ? 1 - limit : limit, evidence };
  });
  return [...rates, { gate: "shadowErrors", limit: plan.thresholds.shadowErrors.maxBadShare, evidence: 1 }];
}

function measuredBaseline(samples: number): Baseline {
  return {
    requests: samples,
    errorShare: 0,
    emptyShare: 0,
    p95Ms: 0,
    mismatchShare: healthyShares.mismatch,
    mismatchSamples: samples,
    requestsPerSecond: 0,
  };
}

function forecastGuard(plan: MigrationSpec, requestsPerSecond: number): GuardForecast {
  const { guard } = plan;
  const rate = guardSampleRate(plan, requestsPerSecond);
  const leastSeconds = durationSeconds(guard.duration);
  const samplesPerSecond = requestsPerSecond * rate;
  const needs = samplesPerSecond > 0 ? guard.minSamples : 0;
  return {
    rate,
    leastSeconds,
    samples: Math.round(samplesPerSecond * leastSeconds),
    needs,
    seconds: Math.max(leastSeconds, needs === 0 ? 0 : needs / samplesPerSecond),
  };
}
