// The record of what an epoch counted, with only what a test is about.
import type { EpochEvidence } from "@retriever/crds/status/migration-status.ts";
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import { noWeights } from "#core/pods/fair-share.ts";
import { type Process, printProcess, processId, startOf } from "#core/pods/processes.ts";
import { someCounters } from "./counters.ts";

/** A record of no process. */
export function aRecord(
  epoch: number,
  counted: Partial<Counters> = {},
  more: Partial<EpochEvidence> = {},
): EpochEvidence {
  const recordedAt = "2026-03-01T11:59:55.000Z";
  return { epoch, recordedAt, counted: someCounters(counted), lost: 0, groups: [], vanishedPods: 0, ...more };
}

/** Groups of one process each, by their pods. */
export function groupsOf(
  processes: readonly (Partial<Process> & { readonly uid: string; readonly startId?: string })[],
): EpochEvidence["groups"] {
  return processes.map(({ uid, startId = `start-of-${uid}`, binsUntil = 0, atStake = 0, silentSince = 0 }) => ({
    ...noWeights,
    processes: [printProcess({ id: processId(uid), start: startOf(startId), binsUntil, atStake, silentSince })],
  }));
}
