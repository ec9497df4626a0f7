// The stages and the guard as the lines of harm see them: what comes to each line, and what a line does. Pure.
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { HarmLineName } from "@retriever/crds/status/harm-status.ts";
import type { Baseline } from "@retriever/crds/status/migration-status.ts";
import { reckonedLines } from "@retriever/operator/core/detection/detectable.ts";
import type { LineRule } from "@retriever/operator/core/detection/lines.ts";
import { exactSearchesPerSecond } from "@retriever/operator/core/overlay/revision.ts";
import { effectiveRate } from "@retriever/sidecar/contract/sample-rate.ts";
import { type Flow, mapFlow } from "./flow.ts";

export type Watched = LineRule & { readonly threshold: number };

/** A stage, or the guard. */
export type Watch = {
  /** As tables head it: `STAGE 1`, `GUARD`. */
  readonly name: string;
  readonly pastCutover: boolean;
  readonly requests: Flow;
  readonly samples: Flow;
  readonly exactSearches: Flow;
  readonly lines: readonly Watched[];
};

/** Share of its requests that every pod samples in the guard, all pods alike. */
export function guardSampleRate({ guard }: MigrationSpec, requestsPerSecond: number): number {
  const { mode, minRate, ...sampling } = guard.sampling;
  return effectiveRate({ sampleRate: minRate, ...(mode === "Fixed" ? {} : { sampling }) }, requestsPerSecond);
}

/** Every stage, and the guard where there will be one. */
export function watchesOf(plan: MigrationSpec, requests: Flow, baseline: Baseline): readonly Watch[] {
  const stages = plan.stages.map(({ sampleRate }, index) => {
    const lines = reckonedLines(plan, index === 0 ? undefined : baseline, false);
    return makeWatch(`STAGE ${index + 1}`, { requests, rateAt: () => sampleRate, lines, isMeasured: true });
  });
  if (plan.mode === "Validate") return stages;
  const lines = reckonedLines(plan, baseline, true);
  const rateAt = (requestsPerSecond: number): number => guardSampleRate(plan, requestsPerSecond);
  const isMeasured = plan.guard.sampling.minRate > 0;
  return [...stages, makeWatch("GUARD", { requests, rateAt, lines, isMeasured })];
}

type WatchFacts = Pick<Watch, "requests" | "lines"> & {
  readonly rateAt: (requestsPerSecond: number) => number;
  readonly isMeasured: boolean;
};

function makeWatch(name: string, { requests, rateAt, lines, isMeasured }: WatchFacts): Watch {
  const samples = mapFlow(requests, (perSecond) => (perSecond > 0 ? perSecond * rateAt(perSecond) : 0));
  // What share of the requests includes content nobody knows beforehand.
  const reckoned = lines.filter(({ line }) => line !== "content");
  const exactSearches = mapFlow(samples, (perSecond) => (isMeasured ? Math.min(exactSearchesPerSecond, perSecond) : 0));
  return { name, pastCutover: name === "GUARD", requests, samples, exactSearches, lines: reckoned };
}

const requestLines: readonly HarmLineName[] = ["liveErrors", "emptyAnswers", "liveLatency", "severe"];

/** What a line counts. */
export function flowOf({ requests, samples, exactSearches }: Watch, line: HarmLineName): Flow {
  if (line === "recall") return exactSearches;
  return requestLines.includes(line) ? requests : samples;
}
