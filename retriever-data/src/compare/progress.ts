// Reports how far a run is: one line that changes on a terminal, JSON lines elsewhere.

import type { Clock } from "@retriever/stores/ports/clock.ts";
import { plural } from "@retriever/stores/values/plural.ts";
import { printable } from "@retriever/stores/values/printable.ts";
import { type RunDeps, type RunProgress, storeNames } from "./run-deps.ts";

export type ProgressOutput = { readonly isTerminal: boolean; readonly write: (text: string) => void };
type ProgressReporter = Pick<RunDeps, "onProgress" | "onNote"> & {
  /** Ends the terminal's line. */
  readonly end: () => void;
};

/** True at most once in `everyMs`, the first time `everyMs` after now. */
export function makeRateLimit(clock: Clock, everyMs: number): () => boolean {
  let lastMs = clock.monotonicMs();
  return () => {
    if (clock.monotonicMs() - lastMs < everyMs) return false;
    lastMs = clock.monotonicMs();
    return true;
  };
}

/** How far the slower store is, 0..1; null where a store doesn't know its count. */
function shareOf({ read, total }: RunProgress): number | null {
  const shares = storeNames.map((name) => {
    const all = total[name];
    return all === null ? null : all === 0 ? 1 : Math.min(1, read[name] / all);
  });
  return shares.some((share) => share === null) ? null : Math.min(...shares.map((share) => share ?? 0));
}

const everyMs = { terminal: 200, lines: 5000 };

/** Writes no oftener than a person can read. */
export function makeProgressReporter({ isTerminal, write }: ProgressOutput, clock: Clock): ProgressReporter {
  const startedAt = clock.monotonicMs();
  const isDue = makeRateLimit(clock, isTerminal ? everyMs.terminal : everyMs.lines);
  let pass = { name: "", at: startedAt };
  const line = (event: string, rest: object): void => write(`${JSON.stringify({ event, ...rest })}\n`);
  return {
    onProgress: (progress) => {
      const now = clock.monotonicMs();
      const name = `${progress.step} ${progress.part}`;
      const isNewPass = name !== pass.name;
      if (isNewPass) pass = { name, at: now };
      if (!isDue() && !isNewPass) return;
      const share = shareOf(progress);
      const etaSeconds = etaOf(share, now - pass.at);
      if (isTerminal) write(`\r\u001b[K${sentence(progress, share, etaSeconds)}`);
      else line("progress", { ...progress, share, etaSeconds, elapsedSeconds: Math.round((now - startedAt) / 1000) });
    },
    onNote: (note) => {
      if (isTerminal) write(`\r\u001b[K${printable(note)}\n`);
      else line("note", { note });
    },
    end: () => {
      if (isTerminal) write("\r\u001b[K");
    },
  };
}

/** Of this pass. */
function etaOf(share: number | null, elapsedMs: number): number | null {
  return share === null || share === 0 ? null : Math.round((elapsedMs / share - elapsedMs) / 1000);
}

const verbs = { table: "reading", name: "naming", vectors: "comparing vectors", confirm: "confirming" } as const;

function sentence(
  { step, part, parts, read, suspects }: RunProgress,
  share: number | null,
  eta: number | null,
): string {
  const place = parts === 1 ? "" : ` part ${part + 1} of ${parts}`;
  const percent = share === null ? "" : `, ${Math.floor(share * 100)} %`;
  const rest = eta === null ? "" : `, ${eta} s left`;
  const open = suspects === 0 ? "" : `, ${suspects} ${plural(suspects, "id")} to settle`;
  return `${verbs[step]}${place}: ${read.source} of the source, ${read.destination} of the destination${percent}${rest}${open}`;
}
