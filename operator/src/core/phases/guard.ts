// Guard: the destination is primary, the source is the shadow, and only observed time counts.
import { durationSeconds, printDuration } from "@retriever/crds/fields/duration.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { labelOf, secondsSince } from "../model/status-readings.ts";
import { describeCompletion } from "../people/guard-completion.ts";
import { totalsOf } from "../pods/epoch-evidence.ts";
import { type GuardVisibility, tickGuard } from "../steps/guard-clock.ts";
import { describeAcks } from "../steps/propagation.ts";
import { move, stay } from "../steps/transition.ts";
import { judgeVisibility } from "./guard-visibility.ts";

export function guard(c: Context): Outcome {
  if (c.status.revision?.shadow === "none") return finish(c);
  const visibility = judgeVisibility(c);
  const ticked: Context = { ...c, status: tickGuard(c.status, c.nowIso, visibility) };
  const clocks = ticked.status.guard;
  if (clocks === undefined) return stay(c, "blocked", "GuardUnknown", "the status lost the guard's clocks");
  const left = durationSeconds(c.plan.guard.duration) - clocks.watchedSeconds - clocks.idleSeconds;
  // What vanished pods counted is a lower bound all the same: lost counts can't make too many samples.
  const samples = totalsOf(c.status.evidence).answered;
  const missing = neededSamples(c) - samples;
  const isWatching = visibility === "watched" || visibility === "idle";
  const ended = end(ticked, left <= 0 && missing <= 0 && isWatching);
  if (ended !== undefined) return ended;
  const reasons = [
    ...(left > 0 ? [`${printDuration(left)} of watched time are left`] : []),
    ...(missing > 0 ? [`${samples} of ${c.plan.guard.minSamples} samples`] : []),
    ...describeVisibility(c, visibility),
  ];
  const reason = visibility === "unobserved" ? "Unobserved" : "Guarding";
  return overdue(ticked, stay(ticked, isWatching ? "waiting" : "blocked", reason, `guarding: ${reasons.join("; ")}`));
}

function describeVisibility(c: Context, visibility: GuardVisibility): readonly string[] {
  const findings = c.harm.findings.map((finding) => finding.message);
  if (visibility === "unobserved")
    return [`the clock stands until every pod's evidence is seen: ${describeAcks(c.acks)}`, ...findings];
  return visibility === "held" ? ["the clock stands while there is harm", ...findings] : findings;
}

/** Without a shadow nothing can be compared, which the plan knew. */
function neededSamples({ plan }: Context): number {
  return plan.guard.sampling.minRate > 0 ? plan.guard.minSamples : 0;
}

/** A person may end it before everything is proved. */
function end(c: Context, isProved: boolean): Outcome | undefined {
  const completion = describeCompletion(c);
  if (completion !== undefined) return pass(c, "GuardCompleted", `was ${completion}`);
  return isProved ? pass(c, "GuardPassed", "passed") : undefined;
}

function pass(c: Context, reason: "GuardPassed" | "GuardCompleted", how: string): Outcome {
  if (c.plan.guard.onPassed === "KeepShadow") return complete(c, `; the guard ${how}`);
  return move(c, {
    phase: "Guard",
    reason,
    message: `the guard ${how}; switching the dual read off`,
    intent: { primary: "destination", shadow: "none", sampleRate: 0, released: false },
  });
}

/** The last revision has reached every pod. */
function finish(c: Context): Outcome {
  if (c.acks.state !== "all")
    return stay(c, "working", "Propagating", `switching the dual read off: ${describeAcks(c.acks)}`);
  return complete(c);
}

function complete(c: Context, because = ""): Outcome {
  return move(c, {
    phase: "Completed",
    reason: "Completed",
    message: `completed: the application serves from ${labelOf(c.status, "destination")}${because}`,
    patch: { completedAt: c.nowIso },
    standing: "waiting",
  });
}

/** Past the deadline a person has to act; it never completes by itself unproved. */
function overdue(c: Context, outcome: Outcome): Outcome {
  if (secondsSince(c, c.status.guard?.startedAt) <= durationSeconds(c.plan.guard.deadline)) return outcome;
  const message = `past guard.deadline ${c.plan.guard.deadline}, create a Rollback act unless it is to go on: ${outcome.status.message}`;
  // The history remembers that it was said: time without observation and pauses in between don't say it again.
  if (c.status.history.some((entry) => entry.reason === "GuardOverdue"))
    return stay(c, "blocked", "GuardOverdue", message);
  return move(c, { phase: "Guard", reason: "GuardOverdue", message, standing: "blocked", page: true });
}
