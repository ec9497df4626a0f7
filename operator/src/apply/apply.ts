// Carries out effects in the order given and stops at the first that fails, but for Jobs, their reports and the annotation of
// pods, which nothing waits for. Never decides, never retries.
import type { Effect } from "#core/model/decision.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import { overlayFault } from "#core/overlay/overlay-fault.ts";
import { asOperatorError, OperatorError } from "#errors.ts";
import type { Clock } from "#ports/clock.ts";
import type { Cluster } from "#ports/cluster.ts";
import type { Jobs, Reports } from "#ports/jobs.ts";
import { within } from "#timing/deadline.ts";
import { annotatePods } from "./annotate-pods.ts";
import type { EffectContext } from "./effect-context.ts";
import { keepReport } from "./keep-report.ts";
import { pruneActs } from "./prune-acts.ts";

export type ApplyDeps = {
  readonly cluster: Cluster;
  readonly jobs: Jobs;
  readonly reports: Pick<Reports, "fetch">;
  readonly clock: Clock;
  /** Whether an act of this migration, both by UID, stands in its evidence. */
  readonly isOnRecord: (migrationUid: string, actUid: string) => boolean;
  /** Of one effect that others wait for, in ms. */
  readonly deadlineMs: number;
  /** Told of every effect that ended, for metrics. */
  readonly report: (kind: Effect["kind"], result: "done" | "failed") => void;
};

type Subject = {
  readonly meta: MigrationMeta;
  /** Name of the workload; undefined when no plan can be read: then no effect can name an overlay. */
  readonly target: string | undefined;
};

type Applied =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly kind: Effect["kind"];
      readonly error: OperatorError;
      /** Whether effects were left out for it. */
      readonly isHeldUp: boolean;
    };

/**
 * Others may have taken the names of Jobs and reports, or refuse them, or any change of a pod: without the annotation its
 * kubelet refreshes the volume all the same, only later. What follows them doesn't wait.
 */
const besides: readonly Effect["kind"][] = ["annotatePods", "createJob", "keepReport", "deleteJobs"];
/** All of them together: an admission webhook that hangs puts off neither what follows nor the next look for harm. */
const besidesMs = 10_000;
const annotatedMs = 3000;

/**
 * Effects are idempotent: after a failure the next pass derives what is left from the observation. Nothing waits for a Job
 * that can't be made, a report that can't be kept, or a pod that can't be annotated: what follows it is carried out, and the
 * failure is told at the end.
 */
export async function apply(
  effects: readonly Effect[],
  subject: Subject,
  deps: ApplyDeps,
  signal: AbortSignal,
): Promise<Applied> {
  let refused: Extract<Applied, { ok: false }> | undefined;
  const allow = makeAllowance(deps);
  for (const effect of effects) {
    const deadlineMs = allow(effect);
    // What there is no time for is tried in the next pass.
    if (deadlineMs <= 0) continue;
    try {
      const deadline = { clock: deps.clock, deadlineMs, signal, about: `effect ${effect.kind}` };
      await within(deadline, (signal) => applyOne(effect, contextOf(effect, subject, deps, signal)));
      deps.report(effect.kind, "done");
    } catch (fault) {
      deps.report(effect.kind, "failed");
      // Tidying up holds nothing up: what is left is tried again in the next pass.
      if (effect.kind === "pruneActs") continue;
      const isHeldUp = !besides.includes(effect.kind) || signal.aborted;
      const failed = { ok: false, kind: effect.kind, error: asOperatorError(fault), isHeldUp } as const;
      if (isHeldUp) return failed;
      refused ??= failed;
    }
  }
  return refused ?? { ok: true };
}

/** How long each effect may take: those that nothing waits for share a time, which begins with the first of them. */
function makeAllowance({ clock, deadlineMs }: ApplyDeps): (effect: Effect) => number {
  let endAt: number | undefined;
  return ({ kind }) => {
    if (!besides.includes(kind) && kind !== "pruneActs") return deadlineMs;
    endAt ??= clock.elapsed() + besidesMs;
    return Math.min(deadlineMs, endAt - clock.elapsed(), kind === "annotatePods" ? annotatedMs : besidesMs);
  };
}

async function applyOne(effect: Effect, context: EffectContext): Promise<void> {
  const { cluster, meta, target, signal } = context;
  switch (effect.kind) {
    // Before anything else is written, so that a deletion waits for the rollback path.
    case "addFinalizer":
      return cluster.addFinalizer(meta, signal);
    // The last thing done to a migration that is being deleted.
    case "removeFinalizer":
      return cluster.removeFinalizer(meta, signal);
    // The exact text and its intent in one write.
    case "applyOverlay":
      refuseUnreadable(effect);
      await cluster.applyOverlay(target, effect, signal);
      return;
    case "annotatePods":
      return annotatePods(effect, context);
    // The pods go back to the base.
    case "removeOverlay":
      return cluster.releaseOverlay(target, true, signal);
    // The migration goes, what it configured stays.
    case "abandonOverlay":
      return cluster.releaseOverlay(target, false, signal);
    case "createJob":
      return createJob(effect, context);
    case "keepReport":
      return keepReport(effect, context);
    case "deleteJobs":
      return deleteJobs(effect, context);
    case "pruneActs":
      return pruneActs(effect, context);
  }
}

/** With their pods, one after the other; one that can't be deleted keeps no other. */
async function deleteJobs(
  effect: Extract<Effect, { kind: "deleteJobs" }>,
  { jobs, meta, signal }: EffectContext,
): Promise<void> {
  const faults: unknown[] = [];
  for (const job of effect.jobs) await jobs.deleteJob(meta, job, signal).catch((fault: unknown) => faults.push(fault));
  if (faults.length > 0) throw faults[0];
}

/** A repair's pods read its reports when they start, so these are there before it. */
async function createJob(
  { job: name, template, since, repair }: Extract<Effect, { kind: "createJob" }>,
  { jobs, meta, signal }: EffectContext,
): Promise<void> {
  if (repair === undefined) return jobs.createJob(meta, { name, template, since }, signal);
  await jobs.placeReports(meta, repair, repair.overlay, signal);
  await jobs.createJob(meta, { name, template, since, digest: repair.digest }, signal);
}

/** Decided so already; here it holds whoever decided. */
function refuseUnreadable({ text }: Extract<Effect, { kind: "applyOverlay" }>): void {
  const fault = overlayFault(text);
  if (fault !== undefined) throw new OperatorError("ROP_OVERLAY_INVALID", fault);
}

function contextOf(
  effect: Effect,
  subject: Subject,
  { cluster, clock, jobs, reports, isOnRecord }: ApplyDeps,
  signal: AbortSignal,
): EffectContext {
  const { meta, target } = subject;
  const needsTarget = effect.kind.endsWith("Overlay");
  if (target === undefined && needsTarget) throw new RangeError(`${effect.kind} without a target`);
  const place = { namespace: meta.namespace, name: target ?? "" };
  return { cluster, clock, jobs, reports, isOnRecord, meta, target: place, signal };
}
