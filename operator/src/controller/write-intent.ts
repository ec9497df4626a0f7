// Writes what was decided to the status, before anything is done about it. Never decides: whoever changed what the decision
// rests on has it made anew.

import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { Decision } from "#core/model/decision.ts";
import { isSameData } from "#core/model/deep-equal.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import { asOperatorError, hasCode } from "#errors.ts";
import type { Clock } from "#ports/clock.ts";
import type { Cluster, RawMigration } from "#ports/cluster.ts";
import type { Metrics } from "#telemetry/metrics.ts";
import { within } from "#timing/deadline.ts";
import type { ReconcileResult } from "./queue.ts";

type WriteOptions = {
  readonly cluster: Pick<Cluster, "readMigration" | "writeStatus">;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, "count">;
  /** Of one read or write, in ms. */
  readonly deadlineMs: number;
};

type Written =
  | { readonly kind: "written"; readonly meta: MigrationMeta }
  /** Effects that must not wait for a status go ahead; the fault is reported after them. */
  | { readonly kind: "unwritten"; readonly meta: MigrationMeta; readonly fault: unknown }
  | { readonly kind: "stop"; readonly outcome: ReconcileResult };

/** Somebody else wrote first: reconcile again very soon, without a log line. */
export const conflictMs = 250;
/** How often others may be faster with what the decision doesn't rest on. */
const tries = 4;

/** `before` is the status as it was judged: `decide` returns that very one when there is nothing to write. */
export async function writeIntent(
  { raw, before }: { readonly raw: RawMigration; readonly before: MigrationStatus },
  decision: Decision,
  options: WriteOptions,
  signal: AbortSignal,
): Promise<Written> {
  const { meta } = raw;
  if (decision.status === before) return { kind: "written", meta };
  const { clock, deadlineMs, metrics } = options;
  try {
    const write = { clock, deadlineMs, signal, about: "status" };
    const written = await within(write, (signal) => writeOver(raw, decision, options, signal));
    metrics.count("retriever_status_writes_total", { result: "done" });
    return { kind: "written", meta: written };
  } catch (fault) {
    metrics.count("retriever_status_writes_total", { result: asOperatorError(fault).code });
    if (hasCode(fault, "ROP_CONFLICT") || hasCode(fault, "ROP_NOT_FOUND"))
      return { kind: "stop", outcome: { kind: "again", afterMs: conflictMs } };
    if (!decision.effectsSurviveStatusFailure || signal.aborted) throw fault;
    return { kind: "unwritten", meta, fault };
  }
}

/**
 * A pass waits for pods that don't answer. Who writes a label or an annotation more often than that would keep every
 * decision, a rollback's included, from ever being written, so that is written over.
 */
async function writeOver(
  raw: RawMigration,
  decision: Decision,
  { cluster }: WriteOptions,
  signal: AbortSignal,
): Promise<MigrationMeta> {
  let { meta } = raw;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return { ...meta, resourceVersion: await cluster.writeStatus(meta, decision.status, signal) };
    } catch (fault) {
      if (!hasCode(fault, "ROP_CONFLICT") || attempt === tries) throw fault;
      const there = await cluster.readMigration(meta, signal);
      if (there === undefined || !standsOn(there, raw, decision)) throw fault;
      meta = there.meta;
    }
  }
}

/** A rollback rests on the status alone: also whoever edits the spec without end must not put it off. */
function standsOn(there: RawMigration, read: RawMigration, { effectsSurviveStatusFailure }: Decision): boolean {
  if (there.meta.uid !== read.meta.uid || !isSameData(there.status, read.status)) return false;
  return effectsSurviveStatusFailure || isSameData(askedOf(there.meta), askedOf(read.meta));
}

function askedOf({ generation, deleting, finalizers }: MigrationMeta) {
  return { generation, deleting, finalizers };
}
