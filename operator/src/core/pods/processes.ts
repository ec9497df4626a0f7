// The processes that count in an epoch: which are known, how far their bins were judged, which have gone, and how many of
// their samples may be lost with them. Each is a few characters of the status, so that a thousand have room in it.
import { hash } from "node:crypto";
import type { EpochEvidence } from "@retriever/crds/status/migration-status.ts";
import type { Evidence } from "@retriever/sidecar/contract/evidence.ts";
import { keptSeconds } from "@retriever/sidecar/contract/evidence.ts";
import type { PodObservation } from "../model/workload.ts";
import { fastWindowSeconds, loadWindowSeconds } from "../time/evidence-spans.ts";
import { boundClaims, noWeights } from "./fair-share.ts";

/** Parts of a fleet that are held against each other: single pods up to so many, and groups of equal size beyond. */
export const mostGroups = 12;
/** What more pods count is left out, which only makes the evidence thinner. */
const mostProcesses = 1500;

export type Process = {
  /** Stands for the pod's UID, and for its start id. */
  readonly id: string;
  readonly start: string;
  /** End of its newest bin that was judged, epoch seconds of its own clock; 0: none. */
  readonly binsUntil: number;
  /** Samples that are lost if it goes now: those of 15 s, which is the open bin and the time between two looks. */
  readonly atStake: number;
  /** The newest look to which it answered, epoch seconds, once it doesn't any more; 0: it answers. */
  readonly silentSince: number;
};

type Group = EpochEvidence["groups"][number];

/** What stands for a pod in the status. */
export function processId(podUid: string): string {
  return hash("sha256", podUid).slice(0, 8);
}

/** What stands for a start of its process. */
export function startOf(startId: string): string {
  return hash("sha256", startId).slice(0, 4);
}

export function printProcess({ id, start, binsUntil, atStake, silentSince }: Process): string {
  const parts = [id, start, binsUntil, roundedUp(atStake)];
  return (silentSince === 0 ? parts : [...parts, silentSince]).join(" ");
}

/** To three digits: what may be lost is never written down as less. */
function roundedUp(count: number): number {
  const unit = count <= 0 ? 1 : 10 ** (Math.floor(Math.log10(count)) - 2);
  return Number((Math.ceil(Number((count / unit).toPrecision(12))) * unit).toPrecision(3));
}

export function parseProcess(text: string): Process {
  const [id = "", start = "", binsUntil, atStake, silentSince] = text.split(" ");
  const count = (told: string | undefined): number => (Number(told) > 0 ? Number(told) : 0);
  return { id, start, binsUntil: count(binsUntil), atStake: count(atStake), silentSince: count(silentSince) };
}

/** The processes of a record by their group. One of the release before has them as pods, all counters with them. */
function processesOf({ groups, pods = [] }: EpochEvidence): Process[][] {
  if (groups.length > 0) return groups.map(({ processes }) => processes.map(parseProcess));
  const known = pods.map(({ uid, startId, binsUntil }) => ({
    id: processId(uid),
    start: startOf(startId),
    binsUntil,
    atStake: 0,
    silentSince: 0,
  }));
  return balanced(known.map((process) => [process]));
}

/** How many groups there are with a process in them. */
export function populatedGroups(evidence: EpochEvidence | undefined): number {
  return evidence?.groups.filter(({ processes }) => processes.length > 0).length ?? 0;
}

/** Where a pod's unjudged bins begin, and in which group it is. Asked for many pods: made once. */
export function knownProcesses(
  evidence: EpochEvidence | undefined,
  epoch: number,
): (podUid: string) => (Process & { readonly group: number }) | undefined {
  if (evidence === undefined || evidence.epoch !== epoch) return () => undefined;
  const known = new Map(
    processesOf(evidence).flatMap((processes, group) => processes.map((one) => [one.id, { ...one, group }] as const)),
  );
  return (podUid) => known.get(processId(podUid));
}

/** From which epoch second on a pod is asked for bins. */
export function binsFrom(evidence: EpochEvidence | undefined): (podUid: string) => number {
  const known = knownProcesses(evidence, evidence?.epoch ?? 0);
  return (podUid) => known(podUid)?.binsUntil ?? 0;
}

/** How far the bins of this process were judged; another process of the same pod begins anew. */
export function judgedUntil(known: Process | undefined, startId: string): number {
  return known !== undefined && known.start === startOf(startId) ? known.binsUntil : 0;
}

type Folded = Pick<EpochEvidence, "groups" | "lost" | "vanishedPods">;
type FoldInput = {
  readonly epoch: number;
  /** Every pod of the list, serving or not: only one that left it, or whose process began anew, is gone. */
  readonly listed: readonly PodObservation[];
  /** Epoch seconds. */
  readonly now: number;
};

/** The record's processes brought up to date. Their order is no matter, and none is in two groups. */
export function foldProcesses(previous: EpochEvidence | undefined, { epoch, listed, now }: FoldInput): Folded {
  const before = previous?.epoch === epoch ? previous : undefined;
  const pods = new Map(listed.map((pod) => [processId(pod.uid), pod]));
  const counting = new Map(countingOf(listed, epoch));
  const reading: Reading = { seenAt: seenAtOf(before, now), now, usual: usualStake(before, counting) };
  let { lost, vanishedPods } = before ?? { lost: 0, vanishedPods: 0 };
  const groups = (before === undefined ? [] : processesOf(before)).map((processes) =>
    processes.flatMap((process) => {
      const pod = pods.get(process.id);
      const answer = counting.get(process.id);
      counting.delete(process.id);
      const next = answer === undefined ? undefined : processAfter(process, answer);
      if (pod === undefined || (next !== undefined && next.start !== process.start)) {
        vanishedPods += 1;
        lost += lostWith(process, reading);
      }
      if (pod === undefined) return [];
      if (next !== undefined) return [next];
      const isSilent = !pod.status.ok && process.silentSince === 0;
      return [isSilent ? { ...process, silentSince: reading.seenAt } : process];
    }),
  );
  const room = mostProcesses - groups.reduce((sum, { length }) => sum + length, 0);
  const come = [...counting]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, Math.max(0, room))
    .map(([id, answer]) => [processAfter({ id, start: "", binsUntil: 0, atStake: 0, silentSince: 0 }, answer)]);
  return {
    groups: balanced(filled(groups, come)).map((processes, index) => {
      const { requests, samples, exact, content } = before?.groups[index] ?? noWeights;
      return { requests, samples, exact, content, processes: processes.map(printProcess) } satisfies Group;
    }),
    lost: Number(lost.toPrecision(6)),
    vanishedPods,
  };
}

type Answer = { readonly startId: string; readonly evidence: Evidence; readonly atStake: number };

/** The pods that count in the epoch, each with what it would take with it: one that claims more than all others loses less. */
function countingOf(listed: readonly PodObservation[], epoch: number): [string, Answer][] {
  const answers = listed.flatMap(({ uid, status }) =>
    status.ok && status.value.evidence.epoch === epoch
      ? [{ id: processId(uid), startId: status.value.startId, evidence: status.value.evidence }]
      : [],
  );
  const stakes = answers.map(({ evidence }) => samplesAtStake(evidence));
  const factors = boundClaims(stakes);
  return answers.map(({ id, ...answer }, index) => [
    id,
    { ...answer, atStake: (stakes[index] ?? 0) * (factors[index] ?? 1) },
  ]);
}

/** Samples of 15 s: by the newest ones, or by those of some minutes where they come seldom; and what an answer had no room for. */
function samplesAtStake({ windows, counters, sinceSeconds, closedAt, openAt = closedAt }: Evidence): number {
  const spans = windows.filter(({ seconds, offsetSeconds }) => seconds <= loadWindowSeconds && offsetSeconds === 0);
  const whole = { counters, coveredSeconds: sinceSeconds };
  const stakes = (spans.length === 0 ? [whole] : spans).map(
    (span) => (triedOf(span.counters) * fastWindowSeconds) / Math.max(1, span.coveredSeconds),
  );
  const untold = Math.min(keptSeconds, Math.max(0, openAt - closedAt));
  return Math.max(...stakes) * (1 + untold / fastWindowSeconds);
}

function triedOf({ answered, shadowErrors, shadowTimeouts }: Evidence["counters"]): number {
  return answered + shadowErrors + shadowTimeouts;
}

/** Bins without anything in them are left out, so that idle time is no news. */
function processAfter(before: Process, { startId, evidence, atStake }: Answer): Process {
  const judged = judgedUntil(before, startId);
  const isNew = evidence.bins.some(({ at }) => at >= judged);
  return {
    id: before.id,
    start: startOf(startId),
    binsUntil: isNew ? evidence.closedAt : judged,
    atStake,
    silentSince: 0,
  };
}

type Reading = {
  /** When the record was written down, epoch seconds: whoever was known then may have gone right after. */
  readonly seenAt: number;
  readonly now: number;
  /** Samples of 15 s of the others. */
  readonly usual: number;
};

function seenAtOf(before: EpochEvidence | undefined, now: number): number {
  const recorded = Date.parse(before?.recordedAt ?? "") / 1000;
  return Number.isFinite(recorded) ? Math.min(now, Math.floor(recorded)) : now;
}

/** What one has at stake on average, by the record or by now. */
function usualStake(before: EpochEvidence | undefined, counting: ReadonlyMap<string, Answer>): number {
  const known = before === undefined ? [] : processesOf(before).flat();
  const mean = (stakes: readonly number[]) =>
    stakes.reduce((sum, stake) => sum + stake, 0) / Math.max(1, stakes.length);
  return Math.max(
    mean(known.map(({ atStake }) => atStake)),
    mean([...counting.values()].map(({ atStake }) => atStake)),
  );
}

/**
 * What was counted after the newest reading at it, at its own rate, and at least at the others' where it had just begun;
 * nobody reads back further than sidecars remember.
 */
function lostWith({ atStake, binsUntil, silentSince }: Process, { seenAt, now, usual }: Reading): number {
  const unseen = Math.min(keptSeconds, Math.max(0, now - (silentSince === 0 ? seenAt : silentSince)));
  const stake = binsUntil === 0 ? Math.max(atStake, usual) : atStake;
  return stake * (1 + unseen / fastWindowSeconds);
}

/** Whoever comes takes the emptiest group: the place of one that went, as long as there is one for each. */
function filled(groups: readonly Process[][], come: readonly Process[][]): Process[][] {
  const all = groups.map((processes) => [...processes]);
  for (const processes of come) {
    const least = Math.min(...all.map(({ length }) => length));
    const emptiest = all.findIndex(({ length }) => length === least);
    if (all.length < mostGroups && least > 0) all.push([...processes]);
    else all[emptiest]?.push(...processes);
  }
  return all;
}

/** No group holds two more than another: those that are left of a large fleet speak for themselves. */
function balanced(groups: readonly Process[][]): Process[][] {
  const all = filled(groups.slice(0, mostGroups), groups.slice(mostGroups));
  for (;;) {
    const sizes = all.map(({ length }) => length);
    const [most, least] = [Math.max(0, ...sizes), Math.min(...sizes)];
    const from = all[sizes.indexOf(most)];
    const into = most > 1 && all.length < mostGroups && least > 0 ? [] : all[sizes.indexOf(least)];
    if (from === undefined || into === undefined || most - into.length < 2) return all;
    if (into.length === 0 && !all.includes(into)) all.push(into);
    into.push(...from.splice(-1));
  }
}
