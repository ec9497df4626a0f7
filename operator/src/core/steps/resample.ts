// A stage whose evidence went away with its pods is measured once more, at the same rate.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { move, stay } from "./transition.ts";

/** The same stage in a new epoch: the counts begin anew, the rate doesn't change. */
export function resample(c: Context): Outcome {
  const { stage, revision } = c.status;
  if (stage === undefined || revision === undefined) {
    return stay(c, "blocked", "StageUnknown", "the status lost its stage; create an Abort act to return to the source");
  }
  return move(c, {
    phase: c.status.phase === "AwaitingCutover" ? "Ramp" : c.status.phase,
    reason: "EvidenceLost",
    message: `too many pods went away with their counts; stage ${stage.index + 1} of ${stage.count} is measured again at rate ${revision.sampleRate}`,
    intent: { primary: "source", shadow: "destination", sampleRate: revision.sampleRate, released: false },
    patch: {
      stage: { index: stage.index, count: stage.count, sampleRate: stage.sampleRate },
      ...withoutPromote(c.status),
    },
    warning: true,
  });
}

/** A Promote was given for the evidence of its moment; new evidence asks a person again. */
export function withoutPromote({ acts }: MigrationStatus): Pick<MigrationStatus, "acts"> {
  if (acts === undefined) return {};
  const { promotedBy: _promotedBy, promoteUntil: _promoteUntil, ...kept } = acts;
  return { acts: kept };
}
