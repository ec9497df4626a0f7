// Guard: the destination is primary, the source is the shadow, and only observed time counts.
import { durationSeconds, printDuration } from "@retriever/crds/fields/duration.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { smallestHarm } from "../detection/detectable.ts";
import { percent } from "../gates/gate-message.ts";
import { byStrength } from "../harm/finding.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { firstCauses } from "../model/first-causes.ts";
import { labelOf, secondsSince } from "../model/status-readings.ts";
import { describeCompletion } from "../people/guard-completion.ts";
import { totalsOf } from "../pods/epoch-evidence.ts";
import { nameSome } from "../pods/pods.ts";
import { type GuardVisibility, tickGuard } from "../steps/guard-clock.ts";
import { describeAcks, isFollowed } from "../steps/propagation.ts";
import { move, stay } from "../steps/transition.ts";
import { judgeVisibility } from "./guard-visibility.ts";

export function guard(c: Context): Outcome {
  if (c.status.revision?.shadow === "none") return finish(c);
  const visibility = judgeVisibility(c);
  const ticked: Context = { ...c, status: tickGuard(c.status, c.nowIso, visibility) };
  const clocks = ticked.status.guard;
  if (clocks === undefined) return stay(c, "blocked", "GuardUnknown", "the status lost the guard's clocks");
  const left = durationSeconds(c.plan.guard.duration) - clocks.watchedSeconds;
  const samples = Math.round(totalsOf(c.status.evidence).answered);
  const missing = neededSamples(c) - samples;
  const isWatching = visibility === "watched" || visibility === "idle";
  const ended = end(ticked, left <= 0 && missing <= 0 && isWatching);
  if (ended !== undefined) return ended;
  const reasons = [
    ...(left > 0 ? [`${printDuration(left)} of watched time are left`] : []),
    ...(missing > 0 ? [`${samples} of ${c.plan.guard.minSamples} samples`] : []),
    ...describeVisibility(c, visibility),
  ];
  const standing = isWatching ? "waiting" : "blocked";
  return overdue(ticked, stay(ticked, standing, reasonsByVisibility[visibility], `guarding: ${reasons.join("; ")}`));
}

/** Why the guard goes on, by what it could see. */
const reasonsByVisibility: Readonly<Record<GuardVisibility, string>> = {
  watched: "Guarding",
  idle: "Guarding",
  unobserved: "Unobserved",
  held: "GuardHeld",
};

function describeVisibility(c: Context, visibility: GuardVisibility): readonly string[] {
  const worse = byStrength(c.harm.findings).map((finding) => finding.message);
  const found = worse.length === 0 ? [] : [firstCauses(worse)];
  const findings = [...found, ...describeUnseen(c)];
  if (visibility === "unobserved")
    return [`the clock stands until every pod's evidence is seen: ${describeAcks(c.acks)}`, ...found];
  if (visibility === "held") return ["the clock stands while there is harm", ...findings];
  return visibility === "idle"
    ? [
        `the clock stands: with so few requests a total failure wouldn't be noticed within guard.maxDetectionTime ${c.plan.guard.maxDetectionTime}; a CompleteGuard act ends the guard all the same`,
        ...findings,
      ]
    : findings;
}

/** Pods that the guard goes on without. */
function describeUnseen({ acks }: Context): string[] {
  return acks.state === "all" ? [] : [`without who is not seen: ${describeAcks(acks)}`];
}

/** Without a shadow nothing can be compared, which the plan knew. */
function neededSamples({ plan }: Context): number {
  const { mode, minRate } = plan.guard.sampling;
  return mode === "Fixed" && minRate === 0 ? 0 : plan.guard.minSamples;
}

/** A person may end it before everything is proved. */
function end(c: Context, isProved: boolean): Outcome | undefined {
  const completion = describeCompletion(c);
  if (completion !== undefined) return pass(c, "GuardCompleted", `was ${completion}`);
  return isProved ? pass(c, "GuardPassed", "passed") : undefined;
}

function pass(c: Context, reason: "GuardPassed" | "GuardCompleted", how: string): Outcome {
  if (c.plan.guard.onPassed === "KeepShadow")
    return complete(c, `; the guard ${how}; it would have noticed ${describeSmallest(c)}`, withSmallestHarm(c));
  return move(c, {
    phase: "Guard",
    reason,
    message: `the guard ${how}; switching the dual read off${describeFenced(c)}; it would have noticed ${describeSmallest(c)}`,
    patch: withSmallestHarm(c),
    intent: { primary: "destination", shadow: "none", sampleRate: 0, released: false },
  });
}

/** The guard was judged without them; what it proved, it proved for them too. */
function describeFenced({ acks: { fenced } }: Context): string {
  return fenced.length === 0 ? "" : `, which fenced pods follow too if they read it in time: ${nameSome(fenced)}`;
}

/** The last revision has reached every pod. */
function finish(c: Context): Outcome {
  if (!isFollowed(c)) return stay(c, "working", "Propagating", `switching the dual read off: ${describeAcks(c.acks)}`);
  return complete(c);
}

function complete(c: Context, because = "", patch: Partial<MigrationStatus> = {}): Outcome {
  const but = c.acks.state === "all" ? "" : `, but not all of it: ${describeAcks(c.acks)}`;
  return move(c, {
    phase: "Completed",
    reason: "Completed",
    message: `completed: the application serves from ${labelOf(c.status, "destination")}${but}${because}`,
    patch: { ...patch, completedAt: c.nowIso },
    standing: "waiting",
  });
}

/** Past the deadline a person has to act; it never completes by itself unproved. */
function overdue(c: Context, outcome: Outcome): Outcome {
  if (secondsSince(c, c.status.guard?.startedAt) <= durationSeconds(c.plan.guard.deadline)) return outcome;
  const message = `past guard.deadline ${c.plan.guard.deadline}, create a Rollback act unless it is to go on: ${outcome.status.message}`;
  return stay(c, "blocked", "GuardOverdue", message);
}

/** What the guard proved: the smallest harm that each line would have noticed. */
function withSmallestHarm({ plan, status }: Context): Partial<MigrationStatus> {
  const { guard: clocks, baseline, detection } = status;
  return clocks === undefined ? {} : { guard: { ...clocks, smallestHarm: smallestHarm(plan, baseline, detection) } };
}

function describeSmallest({ plan, status }: Context): string {
  const lines = smallestHarm(plan, status.baseline, status.detection);
  return lines
    .map(({ line, share }) => `${line} ${share === null ? "at no share" : `from ${percent(share)}`}`)
    .join(", ");
}
