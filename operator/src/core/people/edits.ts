// An edit of the spec while a plan runs: safe fields take effect at once, the others stay as accepted.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { canonicalSpec } from "@retriever/crds/spec/plan.ts";
import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { isSameData } from "../model/deep-equal.ts";

/** A field that may change under way, and whether this change of it makes nothing weaker. */
type SafeField = {
  readonly path: string;
  readonly isSafe: (accepted: MigrationSpec, current: MigrationSpec) => boolean;
  readonly take: (plan: MigrationSpec, current: MigrationSpec) => MigrationSpec;
};

const always = () => true;

const safeFields: readonly SafeField[] = [
  {
    path: "spec.communications",
    isSafe: always,
    take: (plan, { communications }) => ({ ...plan, communications }),
  },
  {
    path: "spec.deletionPolicy",
    isSafe: always,
    take: (plan, { deletionPolicy }) => ({ ...plan, deletionPolicy }),
  },
  {
    path: "spec.rollback.automatic",
    isSafe: always,
    take: (plan, { rollback: { automatic } }) => ({ ...plan, rollback: { ...plan.rollback, automatic } }),
  },
  {
    path: "spec.guard.duration",
    isSafe: (accepted, current) => isLonger(accepted.guard.duration, current.guard.duration),
    take: (plan, { guard: { duration } }) => ({ ...plan, guard: { ...plan.guard, duration } }),
  },
  {
    path: "spec.guard.deadline",
    isSafe: (accepted, current) => isLonger(accepted.guard.deadline, current.guard.deadline),
    take: (plan, { guard: { deadline } }) => ({ ...plan, guard: { ...plan.guard, deadline } }),
  },
  {
    path: "spec.guard.minSamples",
    isSafe: (accepted, current) => current.guard.minSamples > accepted.guard.minSamples,
    take: (plan, { guard: { minSamples } }) => ({ ...plan, guard: { ...plan.guard, minSamples } }),
  },
  {
    path: "spec.cutover.hold",
    isSafe: (_accepted, current) => current.cutover.hold,
    take: (plan, { cutover: { hold } }) => ({ ...plan, cutover: { ...plan.cutover, hold } }),
  },
];

function isLonger(accepted: string, current: string): boolean {
  return durationSeconds(current) > durationSeconds(accepted);
}

type Edits = {
  /** The accepted plan with the safe edits in it. */
  readonly plan: MigrationSpec;
  /** Paths of what takes effect. */
  readonly applied: readonly string[];
  /** Fields that were agreed on and differ now. */
  readonly gated: readonly string[];
};

/** What an edit means. Target and destination belong to what was accepted, whatever the spec says. */
export function judgeEdits(accepted: MigrationSpec, current: MigrationSpec): Edits {
  // The usual case, at every reconcile.
  if (isSameData(accepted, current)) return { plan: accepted, applied: [], gated: [] };
  let plan = accepted;
  const applied: string[] = [];
  for (const { path, isSafe, take } of safeFields) {
    const next = take(plan, current);
    if (isSameData(next, plan) || !isSafe(accepted, current)) continue;
    plan = next;
    applied.push(path);
  }
  // A field that is new and neutral is no edit of a plan that was accepted without it.
  const wanted: Readonly<Record<string, unknown>> = canonicalSpec(current);
  const agreed = canonicalSpec(plan);
  const gated = Object.entries(agreed).flatMap(([field, value]) =>
    isSameData(wanted[field], value) ? [] : [`spec.${field}`],
  );
  const added = Object.keys(wanted).flatMap((field) => (field in agreed ? [] : [`spec.${field}`]));
  return { plan, applied, gated: [...gated, ...added] };
}

/** Where a changed plan is taken instead of the accepted one: nothing was sampled yet, and people are asked again. */
export const replannable: readonly Phase[] = ["Preflight", "AwaitingApproval"];
