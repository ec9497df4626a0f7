// What the operator can't see at a given traffic: lines that need more samples or requests than there will be. Pure.
import { durationSeconds, printDuration } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { leastPartSamples, longestPartMs } from "@retriever/operator/core/harm/cause-clock.ts";
import { leastSevereFailures } from "@retriever/operator/core/harm/severe-run.ts";
import { percentWord } from "#text/words.ts";

/** Share of its requests that every pod samples in the guard, all pods alike. */
export function guardSampleRate({ guard }: MigrationSpec, requestsPerSecond: number): number {
  const { mode, minRate, maxRate, maxQueriesPerSecond } = guard.sampling;
  if (mode === "Fixed" || minRate === 0) return minRate;
  return Math.min(maxRate, Math.max(minRate, maxQueriesPerSecond / requestsPerSecond));
}

/** One sentence per rule that would never have enough, with what would be enough. */
export function findSilentRules(plan: MigrationSpec, requestsPerSecond: number): string[] {
  const stages = plan.stages.flatMap(({ sampleRate }, index) =>
    silenceOfSamples(`stage ${index + 1}`, sampleRate, requestsPerSecond),
  );
  if (plan.mode !== "Migrate") return stages;
  const rate = guardSampleRate(plan, requestsPerSecond);
  return [
    ...stages,
    ...(rate > 0 ? silenceOfSamples("the guard", rate, requestsPerSecond) : []),
    ...silenceOfRequests(requestsPerSecond),
    ...unwatchedTime(plan, requestsPerSecond),
    ...deadlineMiss(plan, requestsPerSecond * rate),
  ];
}

const longestPartSeconds = longestPartMs / 1000;
const longestPart = printDuration(longestPartSeconds);

function silenceOfSamples(where: string, rate: number, requestsPerSecond: number): string[] {
  const samples = requestsPerSecond * rate * longestPartSeconds;
  if (samples >= leastPartSamples) return [];
  const enough = leastPartSamples / (requestsPerSecond * longestPartSeconds);
  const remedy =
    enough <= 1 ? `at least ${percentWord(roundedUp(enough))} sampled would do` : "only more traffic would do";
  return [`no line of samples acts in ${where}: ${seen(samples, "samples")}; ${remedy}`];
}

function silenceOfRequests(requestsPerSecond: number): string[] {
  const requests = requestsPerSecond * longestPartSeconds;
  if (requests >= leastPartSamples) return [];
  const enough = number(roundedUp(leastPartSamples / longestPartSeconds));
  return [`no line of all requests acts in the guard: ${seen(requests, "requests")}, which takes ${enough} requests/s`];
}

function seen(count: number, what: string): string {
  return `${number(count)} ${what} in ${longestPart}, ${leastPartSamples} are needed`;
}

function unwatchedTime({ guard }: MigrationSpec, requestsPerSecond: number): string[] {
  const seconds = leastSevereFailures / requestsPerSecond;
  if (seconds <= durationSeconds(guard.maxDetectionTime)) return [];
  const after = printDuration(Math.ceil(seconds));
  return [
    `the guard's time isn't watched: a total failure is noticed after ${after}, at most ${guard.maxDetectionTime} are allowed`,
  ];
}

function deadlineMiss({ guard }: MigrationSpec, samplesPerSecond: number): string[] {
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
