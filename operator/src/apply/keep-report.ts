// Effect keepReport: fetched, proved, kept. A verifier that ended since the observation has no report to fetch any more;
// what it found is in its termination message.
import type { Effect } from "#core/model/decision.ts";
import { hasCode } from "#errors.ts";
import type { ProvedReport } from "#ports/jobs.ts";
import type { EffectContext } from "./effect-context.ts";

/** Of all partitions together: an API server takes 1 MiB. */
const maxReportBytes = 900 * 1024;

export async function keepReport(
  effect: Extract<Effect, { kind: "keepReport" }>,
  context: EffectContext,
): Promise<void> {
  const { kind: _, partition, partitions, job, configMap, source, destination, ...peer } = effect;
  const maxBytes = Math.floor(maxReportBytes / partitions);
  const { jobs, reports, meta, signal } = context;
  let report: ProvedReport;
  try {
    report = await reports.fetch(peer, maxBytes, { source, destination }, signal);
  } catch (fault) {
    if (hasCode(fault, "ROP_SIDECAR_UNREACHABLE")) return;
    throw fault;
  }
  await jobs.keepReport(meta, configMap, { job, partition, ...report }, signal);
}
