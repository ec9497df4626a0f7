// Resources of one test, closed when it ends. Stands in for `await using`, which the import matrix's parser can't read.
import { onTestFinished } from "vitest";

/** Hands the resource back; it is disposed of when the running test has finished, passed or not. */
export function untilTestEnds<T extends AsyncDisposable>(resource: T): T {
  onTestFinished(() => resource[Symbol.asyncDispose]());
  return resource;
}
