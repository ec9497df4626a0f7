// The one way into RollingBack. It needs nothing but the Kubernetes API.

import type { Phase } from "@retriever/crds/status/migration-status.ts";
import { measureDemand } from "../harm/throughput.ts";
import type { Context } from "../model/context.ts";
import type { Outcome, Severity } from "../model/decision.ts";
import { firstCauses } from "../model/first-causes.ts";
import { isPastCutover, labelOf } from "../model/status-readings.ts";
import { mayRetry } from "./await-retry.ts";
import { dateCutover } from "./date-cutover.ts";
import { clip, move } from "./transition.ts";

export type RollbackCause = {
  readonly reason: string;
  readonly causes: readonly string[];
  readonly actor: string | null;
};

const mostCauses = 10;

/** Latches the rollback and revises to source, no shadow. Where nothing was ever written there is nothing to take back. */
export function beginRollback(c: Context, cause: RollbackCause): Outcome {
  const why = firstCauses(cause.causes);
  const rollback = {
    at: c.nowIso,
    from: c.status.phase,
    reason: cause.reason,
    causes: cause.causes.slice(0, mostCauses).map(clip),
    actor: cause.actor,
  };
  if (c.status.revision === undefined) {
    const message = `ended before anything was changed: ${why}`;
    return move(c, {
      phase: "RolledBack",
      reason: cause.reason,
      message,
      patch: { rollback },
      standing: "waiting",
      warning: true,
    });
  }
  return move(c, {
    phase: "RollingBack",
    reason: cause.reason,
    message: `rolling back to ${labelOf(c.status, "source")}: ${why}`,
    intent: { primary: "source", shadow: "none", sampleRate: 0, released: false },
    patch: { rollback, ...dateCutover(c), ...(isPastCutover(c.status) ? measureDemand(c) : {}) },
    ...severityOf(c, { ...cause, from: c.status.phase }),
    warning: true,
  });
}

/** What a person asked for calls nobody. A cutover that can be tried again waits for office hours, unless users were harmed. */
function severityOf(
  c: Context,
  { actor, reason, from }: RollbackCause & { readonly from: Phase },
): { readonly severity?: Severity } {
  if (actor !== null || reason === "Deleted") return {};
  const isPage = isPastCutover(c.status) && (c.harm.weighing.length > 0 || !mayRetry(c, { from, reason }));
  return { severity: isPage ? "page" : "ticket" };
}
