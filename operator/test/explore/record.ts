// The record of the evidence in a status, as the exploration reads and simplifies it.
import type { EpochEvidence } from "@retriever/crds/status/migration-status.ts";
import { type Process, parseProcess, printProcess, processId } from "#core/pods/processes.ts";
import { podName } from "./observe.ts";

/** The process of a pod that the record knows. */
export function processOf(evidence: EpochEvidence | undefined, index: number): Process | undefined {
  const id = processId(`uid-${podName(index)}`);
  return evidence?.groups.flatMap(({ processes }) => processes.map(parseProcess)).find((one) => one.id === id);
}

/** The record with other processes, each in a group of its own. */
export function withProcesses(evidence: EpochEvidence, change: (process: Process) => Process): EpochEvidence {
  const changed = evidence.groups.flatMap(({ processes }) => processes.map(parseProcess)).map(change);
  const groups = changed
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map((process) => ({ requests: 0, samples: 0, exact: 0, content: 0, processes: [printProcess(process)] }));
  return { ...evidence, groups };
}

/** Weights, which tell nothing of two pods, and what may be lost are no matter here: totals are told by their class. */
export function simplified(evidence: EpochEvidence): EpochEvidence {
  return { ...withProcesses(evidence, (process) => ({ ...process, atStake: 0, silentSince: 0 })), lost: 0 };
}
