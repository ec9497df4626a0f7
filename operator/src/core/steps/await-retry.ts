// A cutover that was taken back for want of pods or requests: nothing was found against the destination, so the plan stays
// as good as it was. It waits for a Retry, on the evidence that the ramp had.
import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { secondsSince } from "../model/status-readings.ts";
import { totalsOf } from "../pods/epoch-evidence.ts";
import { concludedRun } from "../verification/runs.ts";
import { move } from "./transition.ts";
import { withoutPromote } from "./without-promote.ts";

/** Reasons for which the same plan may cut over again. */
const retryable: readonly string[] = ["AckTimeout", "ValidationTimeout"];

/** Undefined where the rollback is for good: for harm, asked for by a person meanwhile, or of a status that lost its stage. */
export function awaitRetry(c: Context, end: string): Outcome | undefined {
  const { rollback, stage, takenBack } = c.status;
  if (rollback === undefined || stage === undefined || !mayRetry(c, rollback)) return undefined;
  const { at, reason, causes, servedUntil = c.nowIso } = rollback;
  const servedFrom = takenBack?.servedFrom ?? c.status.cutoverAt;
  const times = (takenBack?.times ?? 0) + 1;
  const outcome = move(c, {
    phase: "AwaitingCutover",
    reason: "Retryable",
    message: `${end}; sampling goes on, and a Retry act cuts over again`,
    intent: { primary: "source", shadow: "destination", sampleRate: stage.sampleRate, released: false },
    patch: {
      takenBack: { at, reason, causes, times, servedUntil, ...(servedFrom === undefined ? {} : { servedFrom }) },
      ...withoutPromote(c.status),
      ...withoutHold(c.status),
    },
    forget: ["rollback", "cutoverAt", "ramp"],
    standing: "waiting",
    severity: "ticket",
  });
  return { ...outcome, status: { ...outcome.status, ...keptEvidence(c, outcome.status.epoch) } };
}

/** Harm of the cutover that was taken back: at the next one a person is called again. */
function withoutHold({ harm }: MigrationStatus): Pick<MigrationStatus, "harm"> {
  if (harm?.heldSince === undefined) return {};
  const { heldSince: _heldSince, quietSince: _quietSince, ...kept } = harm;
  return { harm: { ...kept, causes: [] } };
}

/** Whatever reason an annotation of the overlay names, only a cutover is tried again. */
export function mayRetry(
  { status, meta }: Context,
  { from, reason }: Pick<NonNullable<MigrationStatus["rollback"]>, "from" | "reason">,
): boolean {
  return from === "CuttingOver" && retryable.includes(reason) && status.acts?.latched === undefined && !meta.deleting;
}

/** What a Retry goes on with, remembered where the cutover begins. */
export function rampEvidence({ status, nowIso }: Context): Pick<MigrationStatus, "ramp"> {
  return { ramp: { at: nowIso, counters: totalsOf(status.evidence), lost: status.evidence?.lost ?? 0 } };
}

/** The ramp's counts go on in the new epoch, unless they are older than an equal comparison of the stores may be. */
function keptEvidence(c: Context, epoch: number): Pick<MigrationStatus, "evidence" | "dispersion"> {
  const { ramp, dispersion } = c.status;
  if (ramp === undefined || secondsSince(c, ramp.at) > durationSeconds(c.plan.checklist.parity.maxAge)) return {};
  return {
    evidence: {
      epoch,
      recordedAt: c.nowIso,
      counted: ramp.counters,
      groups: [],
      lost: ramp.lost ?? 0,
      vanishedPods: 0,
    },
    ...(dispersion === undefined ? {} : { dispersion: { ...dispersion, epoch } }),
  };
}

/** What was taken back with the next cutover: what was compared since is not compared again. */
export function withoutCompared(status: MigrationStatus): Pick<MigrationStatus, "takenBack"> {
  const { takenBack } = status;
  const run = concludedRun(status, "Rollback");
  if (takenBack === undefined || run?.result.outcome !== "Compared" || run.askedAt < takenBack.at) return {};
  const { servedFrom: _servedFrom, ...kept } = takenBack;
  return { takenBack: kept };
}
