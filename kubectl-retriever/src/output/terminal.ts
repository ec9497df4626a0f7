// Where the command line writes to.
export type Terminal = {
  readonly isTty: boolean;
  readonly color: boolean;
  readonly columns: () => number;
  readonly rows: () => number;
  /** A line of data. */
  readonly print: (line: string) => void;
  /** A line for people, apart from the data. */
  readonly warn: (line: string) => void;
  /** Replaces the last frame; only on a terminal. */
  readonly frame: (lines: readonly string[]) => Promise<void> | void;
  /** Leaves the last frame standing. */
  readonly endFrames: () => void;
  /** Replaces the last line of progress, an empty one takes it away; absent where nobody watches the errors. */
  readonly progress?: (line: string) => void;
  /** Asks a person and resolves with the line typed; absent where nobody sits at the input. */
  readonly ask?: (question: string) => Promise<string>;
};
