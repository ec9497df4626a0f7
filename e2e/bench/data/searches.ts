// Searches of an application beside what is measured: at a steady rate, whoever is slow.
import type { Dataset } from "#support/dataset/read.ts";
import { queriesOf, startLoad } from "#support/load/load.ts";

const ratePerSecond = 60;
const k = 10;
const deadlineMs = 10_000;

export type Searched = {
  /** Of the answered ones, ms. */
  readonly latencies: readonly number[];
  readonly failures: number;
  readonly failuresByReason: Readonly<Record<string, number>>;
};

/** For `sliceMs`. */
export async function searchFor(appUrl: string, dataset: Dataset, sliceMs: number): Promise<Searched> {
  const latencies: number[] = [];
  const load = startLoad({
    endpoints: () => [appUrl],
    queries: queriesOf(dataset),
    ratePerSecond,
    k,
    maxRequests: Math.ceil((sliceMs / 1000) * ratePerSecond),
    deadlineMs,
    onResult: ({ durationMs, failure }) => {
      if (failure === undefined) latencies.push(durationMs);
    },
  });
  const { failures, failuresByReason } = await load.ended;
  return { latencies, failures, failuresByReason };
}
