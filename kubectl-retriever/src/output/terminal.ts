// Where the command line writes to.
import { printable, printableLines } from "@retriever/stores/values/printable.ts";

export type Terminal = {
  readonly isTty: boolean;
  readonly color: boolean;
  readonly columns: () => number;
  readonly rows: () => number;
  /** A line of words; escaped, so it may hold what others wrote. */
  readonly print: (line: string) => void;
  /** A line that is printable already, and painted. */
  readonly show: (line: string) => void;
  /** Data for a program, as it is; where a person sees it, it is escaped line by line. */
  readonly data: (text: string) => void;
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

/** The same terminal, which nothing that is written to it can steer: what others wrote is on every line. */
export function guarded(terminal: Terminal): Terminal {
  const { isTty, print, data, warn, progress, ask } = terminal;
  return {
    ...terminal,
    print: (line) => print(printable(line)),
    data: (text) => data(isTty ? printableLines(text) : text),
    warn: (line) => warn(printable(line)),
    ...(progress === undefined ? {} : { progress: (line: string) => progress(printable(line)) }),
    ...(ask === undefined ? {} : { ask: (question: string) => ask(printable(question)) }),
  };
}
