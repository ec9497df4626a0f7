// A row of `make hostile`: something hostile that is done to real programs, and how often it got what it wanted.
import type { Part } from "#bench/report/rows.ts";

export type HostileContext = {
  /** A slice for CI: fewer rounds, the same kinds. */
  readonly isQuick: boolean;
  /** The same seed gives the same rounds. */
  readonly seed: number;
  readonly say: (text: string) => void;
};
export type HostileRow = {
  readonly id: string;
  /** A few words for the log. */
  readonly title: string;
  /** Ends whatever it has started. A row that rejects is shown as missed. */
  readonly run: (context: HostileContext) => Promise<readonly Part[]>;
};
