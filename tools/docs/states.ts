// The page of states, drawn from the table that the API server enforces. Pure.
import { type Phase, phases } from "../../crds/src/status/migration-status.ts";
import { isFinalPhase, legalSteps } from "../../crds/src/status/phase-steps.ts";
import { table } from "./markdown.ts";

/** What a phase waits for, in a few words. */
const meanings: Readonly<Record<Phase, string>> = {
  Pending: "is there one workload, one base, one claim, and another store to go to? Nothing is written before yes",
  Preflight:
    "every pod probes the destination; the checklist is answered; where `spec.data.copy` asks for it and people have approved, what the destination lacks is copied",
  AwaitingApproval: "people and the window",
  WarmUp: "the first stage: a small share of requests also asks the destination",
  Ramp: "the further stages; also measured again from here after a step down. What is only a few pods' steps nothing down: held with their names (`OnePodAlone`)",
  AwaitingCutover:
    "every stage passed; waits for a Promote unless `cutover.hold` is false, or for a Retry after a cutover that was taken back; either acts at once, waits openly until it expires, or is refused",
  CuttingOver:
    "the pods change their primary, all or as many as `cutover.minAcknowledged` asks for (by default all: one stuck pod of twenty ends it as `AckTimeout`, which names it); ends in Guard or goes back. Time without an operator isn't counted against them, and their deadline begins with the overlay: where the operator went before it was written, the next one begins it anew, for as long as `cutover.ackTimeout` and `validationTimeout` together and while window and approvals last. For want of pods or requests (`AckTimeout`, `ValidationTimeout`) it goes back to AwaitingCutover, by way of RollingBack",
  Guard:
    "the destination serves, the source watches; only time in which a failure would be noticed counts. Fenced pods serve the source meanwhile. Harm that is gone without a few pods is held and told (`OnePodAlone`); pods that serve the source unfenced are told of (`TwoPrimaries`)",
  Completed: "the destination serves; settled once the base names it too",
  RollingBack:
    "until every pod reports the pinned source as its primary; then for good, or to be tried again. Who answers from the source by an older overlay is waited for as long as `cutover.ackTimeout`, and named then (`PodsFenced`)",
  VerifyingDrift: "what was written since the cutover is compared",
  RolledBack: "the source serves; the migration never runs again",
  Validated: "end of `mode: Validate`: every stage passed, the shadow is off again",
};

/** What happens within a phase and begins a new epoch, so that every pod has to follow anew. */
const within: readonly (readonly [Phase, string])[] = [
  ["Preflight", "the plan was edited"],
  ["AwaitingApproval", "the plan was edited, approvals are void"],
  ["WarmUp", "held at rate 0, resumed, or measured again"],
  ["Ramp", "next stage, a step down, or measured again"],
  ["Guard", "it has passed, the dual read is switched off; fenced pods follow"],
];

/** Markdown of `docs/states.md`. The table holds every legal step; the drawing those that tell the story. */
export function renderStatesPage(): string {
  return [
    "# States",
    "",
    "Generated from `crds/src/status/phase-steps.ts` by `make generate`; a stale page fails `make check`. The API server refuses a status that takes any other step. The step to RollingBack is there in every phase that isn't final; it is left out of the drawing but for the phases after the cutover. An arrow from a phase to itself is a new epoch within it.",
    "",
    "```mermaid",
    "stateDiagram-v2",
    "  [*] --> Pending",
    ...drawnSteps().map(([from, to]) => `  ${from} --> ${to}`),
    ...within.map(([phase, what]) => `  ${phase} --> ${phase} : ${what}`),
    ...phases.filter(isFinalPhase).map((phase) => `  ${phase} --> [*]`),
    "```",
    "",
    ...table(
      ["phase", "what it waits for or means", "next"],
      phases.map((phase) => [phase, meanings[phase], legalSteps[phase].join(", ") || "none: it is final"]),
    ),
    "",
  ].join("\n");
}

const pastCutover: readonly Phase[] = ["CuttingOver", "Guard", "VerifyingDrift"];

function drawnSteps(): readonly (readonly [Phase, Phase])[] {
  return phases.flatMap((from) =>
    legalSteps[from]
      .filter((to) => to !== "RollingBack" || pastCutover.includes(from))
      .map((to) => [from, to] as const),
  );
}
