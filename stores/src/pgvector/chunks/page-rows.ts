// How many rows the next page of a scan has: as many as are asked for, unless rows are large, as those with whole documents
// are. A page of these would take longer than a statement may, and more than an answer may have. Pure.

/** Nothing is known yet of rows that come first. */
const firstRows = 50;
/** The next rows may be larger than those before. */
const growth = 4;
/** Of a page, if its rows are as large as those before. */
export const wantedPageBytes = 64 * 1_048_576;

export class PageRows {
  readonly #most: number;
  #next: number;

  constructor(most: number) {
    this.#most = most;
    this.#next = Math.min(most, firstRows);
  }

  get next(): number {
    return this.#next;
  }

  /** A page was more than is taken; false: it had one row. */
  shrink(): boolean {
    const isOne = this.#next === 1;
    this.#next = Math.max(1, Math.floor(this.#next / growth));
    return !isOne;
  }

  /** A page was read. */
  took(rows: number, bytes: number): void {
    const fitting = Math.max(1, Math.floor((wantedPageBytes * rows) / Math.max(1, bytes)));
    this.#next = Math.min(this.#most, this.#next * growth, fitting);
  }
}
