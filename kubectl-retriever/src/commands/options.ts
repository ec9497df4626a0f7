// How options of more than one command are read.

import { durationPattern, durationSeconds } from "@retriever/crds/fields/duration.ts";
import { InvalidArgumentError } from "commander";

/** An option that may be repeated. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** An option that is given once: of two, one would be passed over without a word. */
export function onlyOne(value: string, before: string | undefined): string {
  if (before === undefined) return value;
  throw new InvalidArgumentError(`expected one, received ${before} as well`);
}

/** A file to write; `-` is the standard output, as where none is given. */
export function fileToWrite(value: string | undefined): string | undefined {
  return value === "-" ? undefined : value;
}

/** A duration such as `30m` in ms; 0 for anything else. */
export function durationMs(text: string): number {
  return durationPattern.test(text) ? durationSeconds(text) * 1000 : 0;
}
