// How busy a toy sidecar is: what its sampling adapts to. Pure but for what it counts.

const memorySeconds = 60;
/** As many as may be taken back, and more. */
const keptSeconds = 128;

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
