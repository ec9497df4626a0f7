// Equal worlds made equal: times become ages that stop counting, epochs become ranks, what is only said is left out.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { type Process, processId, startOf } from "#core/pods/processes.ts";
import { canonicaliseHarm, lasted, renamePods } from "./canonical-harm.ts";
import { podKey } from "./key.ts";
import { podName } from "./observe.ts";
import { absenceSteps, deadlineFrom, docOf, origin, rates, retold, stepMs, steps } from "./plan.ts";
import { processOf, withProcesses } from "./record.ts";
import { longAgo, type OverlayObject, type Pod, type World } from "./world.ts";

/** The same world with its clock set back to the origin. Exact: nothing that decides is lost. */
export function canonicalise(world: World, now: number): World {
  const ranks = rankEpochs(world);
  const renamed: World = {
    ...world,
    status: normalise(world.status, ranks, now),
    overlay: world.overlay === null ? null : rerank(world.overlay, ranks, now),
    pods: [rerankPod(world.pods[0], ranks, world, now), rerankPod(world.pods[1], ranks, world, now)],
  };
  return sortPods(forgetRates(forgetJob(canonicaliseHarm(matchStarts(renamed), now, agesAt(now)))));
}

type Rank = (epoch: number) => number;

/** Annotation of an epoch that isn't the status's. */
const stale = -1;

function rankEpochs({ status, overlay, pods }: World): Rank {
  const used = [
    status.epoch,
    overlay?.doc?.document.revision.epoch ?? 0,
    overlay?.intent?.epoch ?? 0,
    ...pods.flatMap((pod) => [pod.force?.document.revision.epoch ?? 0, pod.fenced ?? 0]),
  ];
  const sorted = [...new Set(used)].filter((epoch) => epoch > 0).toSorted((a, b) => a - b);
  return (epoch) => sorted.indexOf(epoch) + 1;
}

function rerank(overlay: OverlayObject, rank: Rank, now: number): OverlayObject {
  const { doc, intent } = overlay;
  return {
    ...overlay,
    doc: doc === null ? null : retold(doc, rank(doc.document.revision.epoch), now),
    intent: intent === null ? null : { ...intent, epoch: rank(intent.epoch) },
  };
}

function rerankPod(pod: Pod, rank: Rank, world: World, now: number): Pod {
  const { force, annotated, fenced } = pod;
  const current = world.status.epoch;
  return {
    ...pod,
    fenced: fenced === null ? null : rank(fenced),
    startedAtMs: hasBegunLate(pod, world) ? origin + 1 : longAgo,
    // An older annotation is only another one.
    annotated: annotated === current || annotated === 0 ? rank(annotated) : stale,
    force: force === null ? null : retold(force, rank(force.document.revision.epoch), now),
  };
}

/** A process that began after a deadline: every deadline that has passed is told as the origin, and it as later. */
function hasBegunLate({ startedAtMs }: Pod, { overlay, status }: World): boolean {
  const deadlines = [overlay?.doc?.document.activationDeadline, status.revision?.activationDeadline];
  return deadlines.some((deadline) => deadline !== undefined && startedAtMs > Date.parse(deadline));
}

/** At which rate a pod that reads nothing samples is no matter once it has been left behind. */
function forgetRates(world: World): World {
  const { pods, overlay, status } = world;
  const forget = (pod: Pod, other: Pod): Pod => {
    const document = pod.force?.document;
    if (document === undefined || !pod.deaf || document.shadow !== "destination" || document.sampleRate === rates[0])
      return pod;
    const { epoch } = document.revision;
    const others = [status.epoch, overlay?.doc?.document.revision.epoch, other.force?.document.revision.epoch];
    return others.includes(epoch)
      ? pod
      : { ...pod, force: docOf({ ...document, sampleRate: rates[0] }), seen: "nothing" };
  };
  const [a, b] = pods;
  return { ...world, pods: [forget(a, b), forget(b, a)] };
}

/** How a Job ended is no matter once its word was taken, or nobody waits for it. */
function forgetJob(world: World): World {
  const { job, status } = world;
  if (job === null || job.state === "running") return world;
  const isOpen = (status.verification?.runs ?? []).every(({ result }) => result === undefined);
  return status.phase === "VerifyingDrift" && isOpen ? world : { ...world, job: null };
}

/** An instant as one before the origin, at most so many steps. */
function agesAt(now: number) {
  return (cap: number) => (at: string) => iso(origin - Math.min(cap * stepMs, Math.max(0, now - Date.parse(at))));
}

function normalise(status: MigrationStatus, rank: Rank, now: number): MigrationStatus {
  const age = agesAt(now);
  const next: MigrationStatus = { ...status, epoch: rank(status.epoch), history: toldOnly(status, rank) };
  if (status.revision !== undefined) {
    // A cutover that nobody has looked at yet is as old as the absence since.
    const isUnseen = status.phase === "CuttingOver" && status.acks === undefined;
    const oldest = isUnseen ? absenceSteps : Math.max(steps.ackTimeout, steps.validation) + 1;
    const at = age(oldest)(status.revision.at);
    const { activationDeadline: deadline } = status.revision;
    const until = deadline === undefined ? {} : { activationDeadline: deadlineFrom(deadline, now) };
    next.revision = { ...status.revision, epoch: rank(status.revision.epoch), at, ...until };
  }
  if (status.stage?.startedAt !== undefined)
    next.stage = { ...status.stage, startedAt: age(steps.stage)(status.stage.startedAt) };
  if (status.harm?.alertSince !== undefined)
    next.harm = { ...status.harm, alertSince: age(lasted)(status.harm.alertSince) };
  if (status.harm?.quietSince !== undefined)
    next.harm = { ...status.harm, ...next.harm, quietSince: age(lasted + 1)(status.harm.quietSince) };
  // Any step down may have been the last before the hold: up and down again leads there.
  if ((next.harm?.stepDowns ?? 0) > 0) next.harm = { causes: [], ...next.harm, stepDowns: 3 };
  if (status.phaseStartedAt !== undefined)
    next.phaseStartedAt = age(status.phase === "VerifyingDrift" ? steps.blind + 1 : 2)(status.phaseStartedAt);
  normaliseAcks(status, next, age);
  normaliseEvidence(status, next, age(1));
  normaliseGuard(status, next, age);
  normaliseRollback(status, next, age(steps.comparison + 1));
  // Only said, never decided by.
  normaliseWaiting(status, next);
  if (status.acts !== undefined) next.acts = { ...status.acts, seen: [] };
  next.conditions = status.conditions.map((condition) => ({
    ...condition,
    lastTransitionTime:
      condition.type === "ConfigPropagated" ? age(steps.ackTimeout + 1)(condition.lastTransitionTime) : iso(origin),
  }));
  return next;
}

function normaliseWaiting({ waiting }: MigrationStatus, next: MigrationStatus): void {
  delete next.waiting;
  if (waiting === undefined || waiting.endedAt !== undefined) return;
  const since = iso(origin);
  const isDanger = waiting.danger !== undefined && waiting.danger.endedAt === undefined;
  const isBlocked = waiting.blocked !== undefined && waiting.blocked.endedAt === undefined;
  // Only of a danger a page is told: once it is over, what waits still would be told anew as a ticket.
  const told = isDanger ? "page" : "ticket";
  next.waiting = {
    since,
    told,
    toldAt: since,
    ...(isBlocked ? { blocked: { since } } : {}),
    ...(isDanger ? { danger: { since } } : {}),
  };
}

function normaliseAcks(
  { acks }: MigrationStatus,
  next: MigrationStatus,
  age: (cap: number) => (at: string) => string,
): void {
  if (acks?.waited === undefined) return;
  const { since, at } = acks.waited;
  next.acks = { ...acks, waited: { since: age(steps.ackTimeout + 1)(since), at: age(absenceSteps)(at) } };
}

/** Counters of another epoch are never read again. Bursts are known or not: one more reconcile closes all windows. */
function normaliseEvidence(status: MigrationStatus, next: MigrationStatus, age: (at: string) => string): void {
  const { evidence, dispersion, epoch } = status;
  if (evidence?.epoch !== epoch) delete next.evidence;
  else {
    const recorded = evidence.recordedAt === undefined ? {} : { recordedAt: age(evidence.recordedAt) };
    next.evidence = { ...evidence, epoch: next.epoch, vanishedPods: 0, ...recorded };
  }
  if (status.detection?.epoch !== epoch) delete next.detection;
  else next.detection = { ...status.detection, epoch: next.epoch };
  if (dispersion?.epoch !== epoch) delete next.dispersion;
  else {
    const gates = dispersion.gates.map((gate) => {
      const { openBad: bad, openN: n } = gate;
      return { ...gate, windows: n > 0 ? 8 : 0, bad, n, squares: n > 0 ? (bad * bad) / n : 0 };
    });
    next.dispersion = { ...dispersion, epoch: next.epoch, openedAt: age(dispersion.openedAt), gates };
  }
}

function normaliseGuard(
  { guard }: MigrationStatus,
  next: MigrationStatus,
  age: (cap: number) => (at: string) => string,
): void {
  if (guard === undefined) return;
  const counted = Math.min((steps.guard * stepMs) / 1000, guard.watchedSeconds);
  next.guard = {
    ...guard,
    startedAt: age(steps.deadline + 1)(guard.startedAt),
    tickedAt: age(absenceSteps)(guard.tickedAt),
    watchedSeconds: counted,
    idleSeconds: 0,
    unobservedSeconds: 0,
  };
}

/** Instants that are only compared with each other: the second last and the last cutover, and what was asked for since. */
const [anEarlierTry, firstCutover, lastCutover] = [3, 2, 1].map((times) => origin - times * absenceSteps * stepMs);

/** Whether a rollback was a late one is all that its times tell; after the cutover any that comes is. */
function normaliseRollback(status: MigrationStatus, next: MigrationStatus, age: (at: string) => string): void {
  const { rollback, cutoverAt, takenBack, ramp, verification, phase } = status;
  if (cutoverAt !== undefined) next.cutoverAt = iso(lastCutover as number);
  if (rollback !== undefined) {
    const at = iso(origin + stepMs);
    next.rollback = { ...rollback, at, ...(rollback.servedUntil === undefined ? {} : { servedUntil: at }) };
  }
  if (ramp !== undefined) next.ramp = { ...ramp, at: iso(origin) };
  // Once the guard has begun it is only told.
  if (takenBack !== undefined && passedBy.has(phase)) delete next.takenBack;
  else if (takenBack !== undefined) {
    const from = takenBack.servedFrom === undefined ? {} : { servedFrom: iso(firstCutover as number) };
    const at = iso(lastCutover as number);
    next.takenBack = { ...takenBack, at, servedUntil: at, ...from };
  }
  if (verification === undefined) return;
  const isOver = (run: Run): boolean =>
    run.result !== undefined && (cutting.has(phase) || Date.parse(run.askedAt) <= (firstCutover as number));
  const runs = verification.runs.map((run) => ({
    ...run,
    askedAt: isOver(run) ? iso(anEarlierTry as number) : age(run.askedAt),
  }));
  next.verification = { ...verification, runs };
}

type Run = NonNullable<MigrationStatus["verification"]>["runs"][number];
const passedBy = new Set<string>(["Guard", "Completed"]);
/** What was compared before belongs to the cutover before. */
const cutting = new Set<string>(["CuttingOver", "Guard"]);

/** What is told once is remembered by its entry. */
function toldOnly({ history }: MigrationStatus, rank: Rank): MigrationStatus["history"] {
  const [late] = history.filter(({ reason }) => reason === "GuardOverdue");
  const strays = history.findLast(({ reason }) => reason === "TwoPrimaries");
  return [late, strays && { ...strays, at: iso(origin), epoch: rank(strays.epoch) }].filter((one) => one !== undefined);
}

const isos = new Map<number, string>();

function iso(ms: number): string {
  const known = isos.get(ms) ?? new Date(ms).toISOString();
  isos.set(ms, known);
  return known;
}

/** Whether a process is the one that was counted is all that a start id tells. */
function matchStarts(world: World): World {
  const { evidence } = world.status;
  const pods = world.pods.map((pod, index) => {
    const start = processOf(evidence, index)?.start;
    const counted = start === undefined || start === startOf(pod.counted ? "known" : "new");
    return counted === pod.counted ? pod : { ...pod, counted };
  });
  if (evidence === undefined) return { ...world, pods: pods as [Pod, Pod] };
  const renamed = withProcesses(evidence, (process) => ({ ...process, start: startOf("known") }));
  return { ...world, pods: pods as [Pod, Pod], status: { ...world.status, evidence: renamed } };
}

/** Which pod is called what is no matter. */
function sortPods(world: World): World {
  const [a, b] = world.pods;
  if (`${podKey(a, 0, world)} ${a.deaf}` <= `${podKey(b, 1, world)} ${b.deaf}`) return world;
  const { evidence, detection, cutover } = world.status;
  const other = (uid: string): string => `uid-${podName(uid === `uid-${podName(0)}` ? 1 : 0)}`;
  const ids = [0, 1].map((index) => processId(`uid-${podName(index)}`));
  const exchanged = (process: Process): Process => ({ ...process, id: ids.find((id) => id !== process.id) ?? "" });
  const swapped = evidence === undefined ? {} : { evidence: withProcesses(evidence, exchanged) };
  const renamed = detection === undefined ? {} : { detection: renamePods(detection, other) };
  const left = cutover === undefined ? {} : { cutover: renameLeft(cutover, other) };
  return { ...world, pods: [b, a], status: { ...world.status, ...swapped, ...renamed, ...left } };
}

function renameLeft(cutover: NonNullable<MigrationStatus["cutover"]>, other: (uid: string) => string) {
  return { ...cutover, fenced: cutover.fenced.map((pod) => ({ ...pod, uid: other(pod.uid) })) };
}
