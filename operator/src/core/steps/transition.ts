// The two outcomes of a preemption or a phase: stay, or move to a phase or a revision.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationStatus, Phase, Revision } from "@retriever/crds/status/migration-status.ts";
import { printable } from "@retriever/stores/values/printable.ts";
import type { Context } from "../model/context.ts";
import type { Outcome, Severity, Standing } from "../model/decision.ts";
import { nextEpoch } from "../overlay/epochs.ts";
import { isSeized } from "../overlay/overlay-state.ts";
import { type Intent, renderOverlay } from "../overlay/revision.ts";
import { shiftOfPods } from "../pods/pod-clock.ts";

const historyLength = 20;
/** Twenty of them must leave room for the rest of the status; the whole sentence stands in the event and the audit trail. */
const longestHistoryMessage = 300;
/** A little less than the status allows for a sentence: one that is too long must not make a status unwritable. */
const longestMessage = 2000;

/** A message cut to what a status can hold. */
export function clip(message: string): string {
  return printable(message.slice(0, longestMessage)).slice(0, longestMessage).toWellFormed();
}

/** Nothing moves; says why and what would move it. */
export function stay(c: Context, standing: Standing, reason: string, message: string): Outcome {
  return {
    status: { ...c.status, message: clip(message) },
    standing,
    reason,
    announcements: [],
    requeueAfterMs: c.pollMs,
  };
}

type Move = {
  readonly phase: Phase;
  readonly reason: string;
  readonly message: string;
  readonly intent?: Intent;
  readonly patch?: Partial<MigrationStatus>;
  /** Fields that end with the step. */
  readonly forget?: readonly ("validation" | "cutover" | "rollback" | "cutoverAt" | "ramp")[];
  readonly standing?: Standing;
  readonly severity?: Severity;
  readonly warning?: boolean;
};

/** A transition: phase, revision and history in one step, announced once. */
export function move(c: Context, step: Move): Outcome {
  const revised = step.intent === undefined ? c.status : revise(c, c.status, step.intent);
  const entered = step.phase === c.status.phase ? {} : { phase: step.phase, phaseStartedAt: c.nowIso };
  const message = clip(step.message);
  const status: MigrationStatus = { ...revised, ...step.patch, ...entered, message };
  for (const field of step.forget ?? []) delete status[field];
  const words = message.slice(0, longestHistoryMessage);
  const entry = { at: c.nowIso, phase: status.phase, epoch: status.epoch, reason: step.reason, message: words };
  return {
    status: { ...status, history: [...c.status.history, entry].slice(-historyLength) },
    standing: step.standing ?? "working",
    reason: step.reason,
    announcements: [
      {
        type: step.severity !== undefined || step.warning === true ? "Warning" : "Normal",
        reason: step.reason,
        message,
        severity: step.severity ?? null,
      },
    ],
    requeueAfterMs: Math.min(c.pollMs, 1000),
  };
}

/** A new epoch: evidence, acknowledgements and the stage's clock begin anew. */
function revise(c: Context, status: MigrationStatus, intent: Intent): MigrationStatus {
  const epoch = nextEpoch({ ...c, status });
  const { evidence: _evidence, acks: _acks, ...kept } = status;
  const harm = status.harm === undefined ? undefined : { ...status.harm, causes: [] };
  if (harm !== undefined) delete harm.alertSince;
  return {
    ...kept,
    epoch,
    revision: { ...intent, epoch, at: c.nowIso, ...factsOf(c, intent), ...deadlineOf(c, intent), ...replacedBy(c) },
    gates: [],
    ...(harm === undefined ? {} : { harm }),
  };
}

/** What the overlay is rendered with, kept with the revision so that its text never changes. */
function factsOf({ serving, status }: Context, { shadow }: Intent): Pick<Revision, "pods" | "scoreOffset"> {
  if (shadow === "none") return {};
  const scoreOffset = status.baseline?.scoreOffset;
  return { pods: Math.max(1, serving.length), ...(scoreOffset === undefined ? {} : { scoreOffset }) };
}

/** Until when, by their clocks, pods may bring requests to the destination; whoever reads it later is left at the source. */
function deadlineOf(
  { now, plan, serving }: Context,
  { primary, released }: Intent,
): Pick<Revision, "activationDeadline"> {
  if (primary !== "destination" || released) return {};
  const ours = now + durationSeconds(plan.cutover.ackTimeout) * 1000;
  const endsAt = ours - 1000 * shiftOfPods(serving, Math.floor(now / 1000));
  return { activationDeadline: new Date(endsAt).toISOString() };
}

/** An overlay that others share as we wrote it, as after a restore, is no conflict yet: the next text would become one. */
function replacedBy({ migration, plan, observation: { overlay: read } }: Context): Pick<Revision, "replaces"> {
  const overlay = read.ok ? read.value : null;
  if (overlay?.version === undefined || overlay.foreignManagers.length === 0) return {};
  const { meta, status } = migration;
  const wanted = { text: renderOverlay(meta, plan, status)?.text, replaces: status.revision?.replaces };
  return isSeized(overlay, wanted) ? {} : { replaces: overlay.version };
}
