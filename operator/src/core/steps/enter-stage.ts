// The first stage, entered after the approval and again after a Resume.
import type { Stage } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { move } from "./transition.ts";

type Entrance = {
  readonly phase: Phase;
  readonly reason: string;
  /** Beginning of the message; the rate follows. */
  readonly what: string;
  readonly patch?: Partial<MigrationStatus>;
};

/** Samples at the first stage's rate, with a clock that hasn't started. */
export function enterFirstStage(c: Context, { phase, reason, what, patch }: Entrance): Outcome {
  // The API takes no plan without a stage.
  const first = c.plan.stages[0] as Stage;
  return move(c, {
    phase,
    reason,
    message: `${what} at rate ${first.sampleRate}`,
    intent: { primary: "source", shadow: "destination", sampleRate: first.sampleRate, released: false },
    patch: { ...patch, stage: { index: 0, count: c.plan.stages.length, sampleRate: first.sampleRate } },
  });
}
