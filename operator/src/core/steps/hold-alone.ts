// Before the cutover, what is only a few pods' is left to a person: the rate stays, and it is said once an epoch; one that lasts is told of as any hold.
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { firstCauses } from "../model/first-causes.ts";
import { move, stay } from "./transition.ts";

/** Holds with the reason `OnePodAlone`; the entry in the history remembers that it was told. */
export function holdAlone(c: Context, causes: readonly string[]): Outcome {
  const reason = "OnePodAlone";
  const message = `held: ${firstCauses(causes)}`;
  const { history, epoch, phase } = c.status;
  const isTold = history.some((entry) => entry.reason === reason && entry.epoch === epoch);
  if (isTold) return stay(c, "blocked", reason, message);
  return move(c, { phase, reason, message, standing: "blocked", warning: true });
}
