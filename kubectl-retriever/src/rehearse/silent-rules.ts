// What the operator can't see at a given traffic: rules that need more samples or requests than there will be. Pure.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { alertMinSamples } from "@retriever/operator/core/harm/alert.ts";
import { liveMinRequests } from "@retriever/operator/core/harm/live-primary.ts";
import { fastWindowSeconds } from "@retriever/operator/core/time/evidence-spans.ts";
import { percentWord } from "#text/words.ts";

/** One sentence per rule that would never have enough, with what would be enough. */
export function findSilentRules(plan: MigrationSpec, requestsPerSecond: number): string[] {
  const isMigrating = plan.mode === "Migrate";
  return [
    ...plan.stages.flatMap((stage, index) =>
      silenceOfAlert(plan, `stage ${index + 1}`, stage.sampleRate, requestsPerSecond),
    ),
    ...(isMigrating && plan.guard.sampling.minRate > 0
      ? silenceOfAlert(plan, "the guard", plan.guard.sampling.minRate, requestsPerSecond)
      : []),
    ...(isMigrating ? silenceOfLiveRules(plan, requestsPerSecond) : []),
    ...(isMigrating ? deadlineMiss(plan, requestsPerSecond) : []),
  ];
}

function silenceOfAlert(plan: MigrationSpec, where: string, rate: number, requestsPerSecond: number): string[] {
  const seconds = durationSeconds(plan.rollback.window);
  const samples = requestsPerSecond * rate * seconds;
  if (samples >= alertMinSamples) return [];
  const enough = alertMinSamples / (requestsPerSecond * seconds);
  const remedy =
    enough <= 1 ? `at least ${percentWord(roundedUp(enough))} sampled would do` : "only more traffic would do";
  const seen = `${number(samples)} samples in ${plan.rollback.window}, ${alertMinSamples} are needed`;
  return [`${plan.rollback.alert} is mostly silent in ${where}: ${seen}; ${remedy}`];
}

function silenceOfLiveRules(plan: MigrationSpec, requestsPerSecond: number): string[] {
  const windows: readonly [string, number][] = [
    ["the severe-harm rule", fastWindowSeconds],
    ["the watch over the live primary", durationSeconds(plan.rollback.window)],
  ];
  return windows.flatMap(([what, seconds]) => {
    const requests = requestsPerSecond * seconds;
    if (requests >= liveMinRequests) return [];
    const enough = roundedUp(liveMinRequests / seconds);
    return [
      `${what} is mostly silent: ${number(requests)} requests in ${seconds}s, ${liveMinRequests} are needed, which takes ${number(enough)} requests/s`,
    ];
  });
}

function deadlineMiss({ guard }: MigrationSpec, requestsPerSecond: number): string[] {
  const samplesPerSecond = requestsPerSecond * guard.sampling.minRate;
  const seconds = durationSeconds(guard.deadline);
  if (samplesPerSecond === 0 || guard.minSamples / samplesPerSecond <= seconds) return [];
  const there = number(samplesPerSecond * seconds);
  return [
    `the guard never passes: ${there} of ${guard.minSamples} samples by its deadline of ${guard.deadline}, then it pages`,
  ];
}

/** To two digits, never down: what is said to be enough is. */
function roundedUp(value: number): number {
  const scale = 10 ** (1 - Math.floor(Math.log10(value)));
  return Math.ceil(value * scale) / scale;
}

function number(value: number): string {
  return String(Number(value.toPrecision(3)));
}
