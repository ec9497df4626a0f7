// How options of more than one command are read.
import { durationPattern, durationSeconds } from "@retriever/crds/fields/duration.ts";

/** An option that may be repeated. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** A duration such as `30m` in ms; 0 for anything else. */
export function durationMs(text: string): number {
  return durationPattern.test(text) ? durationSeconds(text) * 1000 : 0;
}
