// Carries out effects in the order given and stops at the first that fails. Never decides, never retries.
import type { Effect } from "#core/model/decision.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import { asOperatorError, type OperatorError } from "#errors.ts";
import type { Clock } from "#ports/clock.ts";
import type { Cluster } from "#ports/cluster.ts";
import type { Jobs, Reports } from "#ports/jobs.ts";
import { within } from "#timing/sleep.ts";
import { abandonOverlay } from "./abandon-overlay.ts";
import { addFinalizer } from "./add-finalizer.ts";
import { annotatePods } from "./annotate-pods.ts";
import { applyOverlay } from "./apply-overlay.ts";
import { createJob } from "./create-job.ts";
import { deleteJobs } from "./delete-jobs.ts";
import type { Doing } from "./doing.ts";
import { keepReport } from "./keep-report.ts";
import { removeFinalizer } from "./remove-finalizer.ts";
import { removeOverlay } from "./remove-overlay.ts";

export type Hands = {
  readonly cluster: Cluster;
  readonly jobs: Jobs;
  readonly reports: Pick<Reports, "fetch">;
  readonly clock: Clock;
  /** Of one effect, in ms. */
  readonly deadlineMs: number;
  /** Told of every effect that ended, for metrics. */
  readonly report: (kind: Effect["kind"], result: "done" | "failed") => void;
};

export type Subject = {
  readonly meta: MigrationMeta;
  /** Name of the workload; undefined when no plan can be read: then no effect can name an overlay. */
  readonly target: string | undefined;
};

export type Applied =
  | { readonly ok: true }
  | { readonly ok: false; readonly kind: Effect["kind"]; readonly error: OperatorError };

/** Effects are idempotent: after a failure the next pass derives what is left from the observation. */
export async function apply(
  effects: readonly Effect[],
  subject: Subject,
  hands: Hands,
  signal: AbortSignal,
): Promise<Applied> {
  for (const effect of effects) {
    try {
      const deadline = { clock: hands.clock, deadlineMs: hands.deadlineMs, signal, about: `effect ${effect.kind}` };
      await within(deadline, (signal) => applyOne(effect, doingOf(effect, subject, hands, signal)));
      hands.report(effect.kind, "done");
    } catch (fault) {
      hands.report(effect.kind, "failed");
      return { ok: false, kind: effect.kind, error: asOperatorError(fault) };
    }
  }
  return { ok: true };
}

function applyOne(effect: Effect, doing: Doing): Promise<void> {
  switch (effect.kind) {
    case "addFinalizer":
      return addFinalizer(doing);
    case "removeFinalizer":
      return removeFinalizer(doing);
    case "applyOverlay":
      return applyOverlay(effect, doing);
    case "annotatePods":
      return annotatePods(effect, doing);
    case "removeOverlay":
      return removeOverlay(doing);
    case "abandonOverlay":
      return abandonOverlay(doing);
    case "createJob":
      return createJob(effect, doing);
    case "keepReport":
      return keepReport(effect, doing);
    case "deleteJobs":
      return deleteJobs(effect, doing);
  }
}

function doingOf(effect: Effect, subject: Subject, { cluster, jobs, reports }: Hands, signal: AbortSignal): Doing {
  const { meta, target } = subject;
  const needsTarget = effect.kind.endsWith("Overlay");
  if (target === undefined && needsTarget) throw new RangeError(`${effect.kind} without a target`);
  return { cluster, jobs, reports, meta, target: { namespace: meta.namespace, name: target ?? "" }, signal };
}
