// Effect keepReport: fetched, proved, kept. A verifier that has gone since the look took its report along: what it found
// stands in its last words all the same.
import type { Effect } from "#core/model/decision.ts";
import { hasCode } from "#errors.ts";
import type { Doing } from "./doing.ts";

/** Of all partitions together: an API server takes 1 MiB. */
const maxReportBytes = 900 * 1024;

export async function keepReport(effect: Extract<Effect, { kind: "keepReport" }>, doing: Doing): Promise<void> {
  const { address, port, partition, partitions, job, configMap, source, destination } = effect;
  const from = { address, port, maxBytes: Math.floor(maxReportBytes / partitions) };
  const { jobs, reports, meta, signal } = doing;
  let text: string;
  try {
    text = await reports.fetch(from, { source, destination }, signal);
  } catch (fault) {
    if (hasCode(fault, "ROP_SIDECAR_UNREACHABLE")) return;
    throw fault;
  }
  await jobs.keepReport(meta, configMap, { job, partition, text }, signal);
}
