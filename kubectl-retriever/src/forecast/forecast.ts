// How long a migration takes at least at a given traffic, and what would be noticed in it. Pure: the operator's own
// gates and lines of harm, turned round to say how many samples they need.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec, Stage } from "@retriever/crds/spec/migration-spec.ts";
import type { Baseline } from "@retriever/crds/status/migration-status.ts";
import { leastWindows } from "@retriever/operator/core/gates/dispersion.ts";
import { type RateGate, rateGates } from "@retriever/operator/core/gates/gate-counts.ts";
import { gateRules } from "@retriever/operator/core/gates/gate-limits.ts";
import { samplesToPass } from "@retriever/operator/core/gates/sequential.ts";
import { countIn, type Flow, mapFlow, type Span, secondsUntil, spanOver } from "./flow.ts";
import { forecastGuard, type GuardForecast } from "./guard-length.ts";
import { type Notice, noticesOf } from "./noticed.ts";
import { type Problem, problemOfStage } from "./stage-deadline.ts";
import { whyTooThin } from "./too-thin.ts";
import { watchesOf } from "./watches.ts";

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
  readonly seconds: Span;
};

export type StageForecast = {
  readonly number: number;
  readonly sampleRate: number;
  /** The plan's own least time: `minDuration`, or `gates.minDwell` where that is longer. */
  readonly leastSeconds: number;
  /** Expected in the least time, wherever in the day it begins. */
  readonly samples: number;
  readonly gates: readonly GateForecast[];
  readonly slowest: GateForecast;
  /** Bursts can't be told sooner: no gate of a rate passes before so many windows have closed. */
  readonly windowsSeconds: number;
  /** When the last gate has decided. */
  readonly seconds: Span;
  /** Every gate can decide within the least time. */
  readonly isInTime: boolean;
  /** Why it may not end by its deadline; null: it does. */
  readonly problem: Problem | null;
};

type WatchForecast = {
  /** `STAGE 1`, `GUARD`. */
  readonly name: string;
  readonly notices: readonly Notice[];
};

export type Forecast = {
  /** Of all pods together. */
  readonly requestsPerSecond: { readonly least: number; readonly most: number };
  readonly stages: readonly StageForecast[];
  /** Null for a plan that only validates. */
  readonly guard: GuardForecast | null;
  /** How long the dual reads of such a plan last at least, over all stages; null for one that migrates. */
  readonly validateSeconds: number | null;
  /** From the start to the end, with everybody there at once; null: it never ends. */
  readonly lowerBoundSeconds: number | null;
  /** How long after it began harm is acted on. */
  readonly watches: readonly WatchForecast[];
  /** Where nothing is ever seen, a sentence each. */
  readonly tooThin: readonly string[];
};

/** The forecast at a traffic that repeats itself; its greatest rate is more than 0. */
export function forecast(plan: MigrationSpec, requests: Flow): Forecast {
  const stages = plan.stages.map((stage, index) => forecastStage(plan, stage, index, requests));
  const watches = watchesOf(plan, requests, measuredBaseline(plan));
  const guarded = watches.find(({ pastCutover }) => pastCutover);
  const guard = guarded === undefined ? null : forecastGuard(plan, guarded);
  const parts = [...stages, ...(guard === null ? [] : [guard])].map(({ seconds }) => seconds.shortest);
  const known = parts.filter((seconds) => seconds !== null);
  const validateSeconds = plan.mode === "Validate" ? durationSeconds(plan.validate.duration) : null;
  const sum = known.reduce((all, seconds) => all + seconds, 0);
  const perSecond = requests.perSecond.map((rate) => Number(rate.toPrecision(6)));
  return {
    requestsPerSecond: { least: Math.min(...perSecond), most: Math.max(...perSecond) },
    stages,
    guard,
    validateSeconds,
    lowerBoundSeconds: known.length < parts.length ? null : Math.max(sum, validateSeconds ?? 0),
    watches: watches.map((watch) => ({ name: watch.name, notices: noticesOf(plan, watch) })),
    tooThin: watches.flatMap((watch) => whyTooThin(watch)),
  };
}

function forecastStage(plan: MigrationSpec, stage: Stage, index: number, requests: Flow): StageForecast {
  const samples = mapFlow(requests, (perSecond) => perSecond * stage.sampleRate);
  const leastSeconds = Math.max(durationSeconds(stage.minDuration), durationSeconds(plan.gates.minDwell));
  const windowsSeconds = leastWindows * durationSeconds(plan.gates.window);
  const secondsOf = (needs: number | null, least: number): Span =>
    spanOver(samples, (from) => Math.max(least, needs === null ? Infinity : secondsUntil(samples, from, needs)));
  const gates = evidenceOf(plan, index).map((gate) => {
    const needs = gate.evidence === null ? null : Math.max(stage.minSamples, gate.evidence);
    return { ...gate, needs, seconds: secondsOf(needs, gate.gate === "shadowErrors" ? 0 : windowsSeconds) };
  });
  const slowest = gates.reduce((slow, gate) =>
    (gate.evidence ?? Infinity) > (slow.evidence ?? Infinity) ? gate : slow,
  );
  const seconds = secondsOf(slowest.needs, Math.max(leastSeconds, windowsSeconds));
  return {
    number: index + 1,
    sampleRate: stage.sampleRate,
    leastSeconds,
    samples: Math.round(spanOver(samples, (from) => countIn(samples, from, leastSeconds)).shortest ?? 0),
    gates,
    slowest,
    windowsSeconds,
    seconds,
    isInTime: seconds.longest === leastSeconds,
    problem: problemOfStage({ stage, index, needs: slowest.needs, decided: slowest.seconds, windowsSeconds }, requests),
  };
}

function evidenceOf(plan: MigrationSpec, index: number): Pick<GateForecast, "gate" | "limit" | "evidence">[] {
  // From the second stage on the mismatch is judged against what the first one measured.
  const rules = gateRules(plan, index === 0 ? undefined : measuredBaseline(plan));
  const rates = rateGates.map((gate) => {
    const { limit, beta } = rules[gate];
    const evidence = samplesToPass(healthyShares[gate], { limit, beta, dispersion: 1 });
    return { gate, limit: gate === "overlap" ? 1 - limit : limit, evidence };
  });
  return [...rates, { gate: "shadowErrors", limit: plan.thresholds.shadowErrors.maxBadShare, evidence: 1 }];
}

/** What the first stage of a healthy destination measures. */
export function measuredBaseline({ stages: [first] }: MigrationSpec): Baseline {
  const { minSamples, sampleRate } = first ?? { minSamples: 0, sampleRate: 1 };
  return {
    requests: Math.round(minSamples / sampleRate),
    errorShare: 0,
    emptyShare: 0,
    p95Ms: 0,
    mismatchShare: healthyShares.mismatch,
    mismatchSamples: minSamples,
    requestsPerSecond: 0,
  };
}
