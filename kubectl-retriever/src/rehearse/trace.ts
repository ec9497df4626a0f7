// A rehearsal in one line: what a test compares and a reader takes in at once.
import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import type { Rehearsal } from "./chronicle.ts";
import { decisionsOf } from "./summary.ts";

/** `WarmUp 1 > Ramp 2 > … > RolledBack`: phases and stages, each once as long as it lasts. */
export function traceOf(rehearsal: Rehearsal): string {
  const steps = decisionsOf(rehearsal)
    .filter(({ moved }) => moved)
    .map(({ phase, stage }) => (phase === "WarmUp" || phase === "Ramp" ? `${phase} ${stage ?? "?"}` : phase));
  return steps.filter((step, index) => step !== steps[index - 1]).join(" > ");
}

/** Why the last phase was entered, or its rate last changed; what is tidied up after the end is no reason. */
export function lastReasonOf(rehearsal: Rehearsal): string {
  const moves = decisionsOf(rehearsal).filter(({ moved }) => moved);
  const { phase } = rehearsal.status;
  const last = isFinalPhase(phase) ? moves.find((move) => move.phase === phase) : moves.at(-1);
  return last?.reason ?? "";
}

/** Reasons of what paged, in order. */
export function pagesOf(rehearsal: Rehearsal): readonly string[] {
  const said = decisionsOf(rehearsal).flatMap(({ announcements }) => announcements);
  return said.filter(({ page }) => page).map(({ reason }) => reason);
}
