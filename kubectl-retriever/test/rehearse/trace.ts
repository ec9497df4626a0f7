// A rehearsal in one line: what a test compares and a reader takes in at once.
import type { Rehearsal } from "#rehearse/rehearsal.ts";
import { decisionsOf } from "#rehearse/summary.ts";

/** `WarmUp 1 > Ramp 2 > … > RolledBack`: phases and stages, each once as long as it lasts. */
export function traceOf(rehearsal: Rehearsal): string {
  const steps = decisionsOf(rehearsal)
    .filter(({ moved }) => moved)
    .map(({ phase, stage }) => (phase === "WarmUp" || phase === "Ramp" ? `${phase} ${stage ?? "?"}` : phase));
  return steps.filter((step, index) => step !== steps[index - 1]).join(" > ");
}

/** Reasons of what a person was called for, in order. */
export function calledFor(rehearsal: Rehearsal, severity: "page" | "ticket"): readonly string[] {
  const said = decisionsOf(rehearsal).flatMap(({ announcements }) => announcements);
  return said.filter((one) => one.severity === severity).map(({ reason }) => reason);
}
