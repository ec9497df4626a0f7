// What a pass leaves in the status for the next one, and when it is worth a write.

import { durationSeconds } from "@retriever/crds/duration.ts";
import type { MigrationStatus } from "@retriever/crds/migration-status.ts";
import type { Context } from "./context.ts";
import { isSameData } from "./deep-equal.ts";

const mostNames = 20;
const mostCauses = 10;

/** Adds acknowledgements, gate verdicts and harm of the epoch in force; a new epoch begins without them. */
export function record(c: Context, next: MigrationStatus): MigrationStatus {
  if (next.revision === undefined || next.epoch !== c.status.epoch) return next;
  const { pods, matched, lagging, lost } = c.acks;
  const acks = { pods, matched, lagging: lagging.slice(0, mostNames), lost: lost.slice(0, mostNames) };
  return { ...next, acks, gates: [...c.gates], ...harmOf(c, next) };
}

function harmOf(c: Context, next: MigrationStatus): Pick<MigrationStatus, "harm"> {
  const causes = c.harm.findings.map((finding) => finding.message).slice(0, mostCauses);
  const { stepDowns = 0, heldSince } = next.harm ?? {};
  if (causes.length === 0 && c.harm.since === undefined && stepDowns === 0 && heldSince === undefined) return {};
  return {
    harm: {
      causes,
      stepDowns,
      ...(c.harm.since === undefined ? {} : { alertSince: new Date(c.harm.since).toISOString() }),
      ...(heldSince === undefined ? {} : { heldSince }),
    },
  };
}

/**
 * Counters move at every look; writing them each time would make the API server pay for our curiosity.
 * They are written once a gate window; everything else at once.
 */
export function isNews(c: Context, next: MigrationStatus): boolean {
  const before = c.migration.status;
  if (isSameData(before, next)) return false;
  if (!isSameData(stable(before), stable(next))) return true;
  const writtenAt = Date.parse(before.evidence?.recordedAt ?? before.guard?.tickedAt ?? "");
  return !(c.now - writtenAt < durationSeconds(c.plan.gates.window) * 1000);
}

/** The status without what only counts up. Blind time and a clock that was held are news: they must not be forgotten. */
function stable(status: MigrationStatus): unknown {
  const { evidence, gates, message: _message, guard, conditions, harm, ...rest } = status;
  return {
    ...rest,
    epochOfEvidence: evidence?.epoch,
    vanishedPods: evidence?.vanishedPods,
    verdicts: gates.map((gate) => [gate.gate, gate.verdict]),
    flags: conditions.map((condition) => [
      condition.type,
      condition.status,
      condition.reason,
      condition.observedGeneration,
    ]),
    guard: guard === undefined ? undefined : [guard.startedAt, guard.blindSeconds],
    harm: harm === undefined ? undefined : [harm.alertSince, harm.stepDowns, harm.heldSince],
  };
}
