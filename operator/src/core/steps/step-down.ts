// A step down: back to the rate before, from the first stage or after three to none and a hold.
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { firstCauses } from "../model/first-causes.ts";
import { move, stay } from "./transition.ts";
import { withoutPromote } from "./without-promote.ts";

/** After this many steps down since the start, or since the last Resume, nobody tries again by himself. */
export const mostStepDowns = 3;

/** Steps to the stage before; from the first stage, or after too many, to rate 0 and Hold. */
export function stepDown(c: Context, causes: readonly string[]): Outcome {
  const { stage, revision, harm } = c.status;
  const why = firstCauses(causes);
  if (stage === undefined || revision === undefined || revision.sampleRate === 0) {
    return stay(c, "blocked", "Held", `held at rate 0: ${why}`);
  }
  const stepDowns = (harm?.stepDowns ?? 0) + 1;
  const index = stage.index - 1;
  const lower = c.plan.stages[index];
  const phase = c.status.phase === "AwaitingCutover" ? "Ramp" : c.status.phase;
  if (lower === undefined || stepDowns > mostStepDowns) {
    return move(c, {
      phase,
      reason: "Held",
      message: `sampling stopped and held until a person resumes: ${why}`,
      intent: { primary: "source", shadow: "destination", sampleRate: 0, released: false },
      patch: {
        stage: { index: 0, count: stage.count, sampleRate: 0 },
        harm: { causes: [...causes].slice(0, 10), stepDowns, heldSince: c.nowIso },
        ...withoutPromote(c.status),
      },
      forget: ["validation"],
      standing: "blocked",
      severity: "ticket",
    });
  }
  return move(c, {
    phase,
    reason: "SteppedDown",
    message: `stepped down to ${lower.sampleRate}: ${why}`,
    intent: { primary: "source", shadow: "destination", sampleRate: lower.sampleRate, released: false },
    patch: {
      stage: { index, count: stage.count, sampleRate: lower.sampleRate },
      harm: { causes: [...causes].slice(0, 10), stepDowns },
      ...withoutPromote(c.status),
    },
    forget: ["validation"],
    warning: true,
  });
}
