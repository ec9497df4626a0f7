// How many of its requests a toy sidecar samples: it adapts to its own traffic inside the bounds of its overlay.
import type { ToyServing } from "./serve.ts";

const memorySeconds = 60;
/** As many as may be taken back, and more. */
const keptSeconds = 128;

/** Share of requests that a pod with so many requests a second samples; the same for all pods together under their caps. */
export function effectiveRate(
  { sampleRate, sampling }: Pick<ToyServing, "sampleRate" | "sampling">,
  requestsPerSecond: number,
): number {
  if (sampling === undefined) return sampleRate;
  const wanted = sampling.maxQueriesPerSecond / Math.max(1e-9, requestsPerSecond);
  return Math.min(sampling.maxRate, Math.max(sampleRate, wanted));
}

/** A process' own requests a second, of about the last minute. Seconds come in order; some may come again. */
export class RequestRate {
  readonly #rates = new Float64Array(keptSeconds);
  #first: number | undefined;

  clone(): RequestRate {
    const copy = new RequestRate();
    copy.#rates.set(this.#rates);
    copy.#first = this.#first;
    return copy;
  }

  /** At the end of a second; 0 before the first. */
  at(second: number): number {
    return this.#first === undefined || second < this.#first ? 0 : (this.#rates[second % keptSeconds] ?? 0);
  }

  add(second: number, requests: number): void {
    this.#first ??= second;
    const before = second === this.#first ? requests : this.at(second - 1);
    this.#rates[second % keptSeconds] = before + (requests - before) / memorySeconds;
  }
}
