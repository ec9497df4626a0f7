// A terminal that remembers what was written to it.
import type { Terminal } from "#output/terminal.ts";

type FakeTerminal = Terminal & {
  readonly printed: string[];
  readonly warned: string[];
  readonly frames: (readonly string[])[];
};

/** Not a terminal unless told so. */
export function makeFakeTerminal(more: Partial<Terminal> = {}): FakeTerminal {
  const printed: string[] = [];
  const warned: string[] = [];
  const frames: (readonly string[])[] = [];
  return {
    isTty: false,
    color: false,
    columns: () => 100,
    rows: () => 40,
    print: (line) => void printed.push(line),
    show: (line) => void printed.push(line),
    data: (text) => void printed.push(text),
    warn: (line) => void warned.push(line),
    frame: (lines) => void frames.push(lines),
    endFrames: () => undefined,
    printed,
    warned,
    frames,
    ...more,
  };
}
