// What tells worlds apart: everything that a later reconcile can decide on, phase by phase, and nothing that is only said.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import { totalsOf } from "#core/pods/epoch-evidence.ts";
import { quorumReasons } from "#core/steps/propagation.ts";
import { detectionKey } from "./canonical-harm.ts";
import { podName } from "./observe.ts";
import { processOf } from "./record.ts";
import type { Pod, World } from "./world.ts";

/** Equal for worlds from which the same can follow. */
export function keyOf(world: World): string {
  // Nothing follows.
  if (world.gone) return `gone ${world.status.phase}`;
  const { harm, ...ghost } = world.ghost;
  const hidden = [...world.pods.map((pod) => pod.deaf), ...Object.values(ghost), ...Object.values(harm)];
  return `${decisionKey(world)};${hidden.join()}`;
}

/** Equal for worlds in which the operator sees the same; of pods that don't answer only what it has noted of them. */
export function decisionKey(world: World, isBlind = false): string {
  const { base, acts, deleting, finalizer, listable, down, job, verifier, status, pods } = world;
  return [
    statusKey(status),
    overlayKey(world),
    ...pods.map((pod, index) => (isBlind ? notedKey(pod, index, world) : podKey(pod, index, world))),
    base,
    acts,
    deleting,
    finalizer,
    listable,
    down,
    job?.state,
    verifier,
  ].join(";");
}

function overlayKey({ overlay }: World): string {
  if (overlay === null) return "-";
  const { doc, intent, hasFinalizer, deleting, foreign } = overlay;
  return [
    doc?.hash.slice(0, 12),
    intent?.epoch,
    intent?.rollback !== null,
    intent?.frozen,
    hasFinalizer,
    deleting,
    foreign,
  ].join();
}

/** One pod, with what the status has of its counters. */
export function podKey(pod: Pod, index: number, { status }: World): string {
  const { force, vanished, fenced, startedAtMs, pinned, annotated, counted, seen, unread, read } = pod;
  const isLeft = status.cutover?.fenced.some(({ uid }) => uid === `uid-${podName(index)}`);
  const isJudged = status.revision?.shadow === "destination";
  const known = processOf(status.evidence, index);
  return [
    force?.hash.slice(0, 12),
    vanished,
    fenced,
    startedAtMs,
    isLeft,
    pinned,
    annotated,
    isJudged && counted,
    seen,
    unread.join("+"),
    // What was taken once is only taken again by who lost its place, or takes one process for another.
    read,
    known !== undefined && [counted, known.start, read && known.binsUntil],
  ].join();
}

/** A pod that doesn't answer, as the operator has it written down. */
function notedKey({ annotated }: Pod, index: number, { status }: World): string {
  const known = processOf(status.evidence, index);
  return [annotated, known && [known.start, known.binsUntil]].join();
}

function classOf({ requests, scoreWorse, shadowErrors }: Counters): string {
  return `${requests > 0}${scoreWorse > 0}${shadowErrors > 0}`;
}

const sampling = new Set<string>(["WarmUp", "Ramp", "AwaitingCutover"]);
const ending = new Set<string>(["Completed", "RolledBack", "Validated"]);

function statusKey(status: MigrationStatus): string {
  const { phase, revision, acts } = status;
  const { epoch, primary, shadow, sampleRate, released, withoutDestination } = revision ?? {};
  const shown = [epoch, primary, shadow, sampleRate, released, withoutDestination];
  const settled = status.conditions.some((one) => one.type === "Settled" && one.status === "True");
  const hasBaseline = !ending.has(phase) && status.sourceBaseline !== undefined;
  const basics = [phase, status.epoch, shown, settled, hasBaseline].join();
  if (ending.has(phase)) return `${basics} ${agesKey(status)} ${comparisonKey(status)} ${foundKey(status)}`;
  const again = retryKey(status);
  if (phase === "RollingBack") return `${basics} ${comparisonKey(status)} ${status.cutoverAt !== undefined} ${again}`;
  if (phase === "VerifyingDrift") return `${basics} ${comparisonKey(status)} ${driftKey(status)} ${again}`;
  const people = [acts?.paused === true, acts?.latched?.act, awaitedKey(status)].join();
  if (sampling.has(phase)) return `${basics} ${people} ${samplingKey(status)} ${again}`;
  if (phase === "CuttingOver")
    return `${basics} ${people} ${status.acks === undefined} ${status.acks?.waited?.since} ${status.acks?.waited?.at} ${again} ${agesKey(status)} ${harmKey(status)} ${(status.throughput?.requestsPerSecond ?? 0) > 0}`;
  if (phase === "Guard") return `${basics} ${people} ${guardKey(status)} ${harmKey(status)}`;
  return `${basics} ${people}`;
}

/** Since when pods have been awaited, where a cutover or an end waits as well. */
function agesKey(status: MigrationStatus): string {
  return `${status.revision?.at} ${followedKey(status)}`;
}

/** How long the pods have been awaited that something goes on without. */
function awaitedKey(status: MigrationStatus): string {
  const followed = followedKey(status);
  if (status.revision === undefined || followed === "all") return followed;
  const [, since = ""] = followed.split(" ");
  // Both times are told as before the origin: the later one counts.
  return followed === "enough" ? followed : ([since, status.revision.at].toSorted().at(-1) ?? "");
}

function followedKey({ conditions }: MigrationStatus): string {
  const propagated = conditions.find(({ type }) => type === "ConfigPropagated");
  if (propagated?.status === "True") return quorumReasons.includes(propagated.reason) ? "enough" : "all";
  return `not ${propagated?.lastTransitionTime}`;
}

/** After a rollback from the destination the source is compared with what it did before. */
function comparisonKey({ rollback, sourceBaseline, phaseStartedAt }: MigrationStatus): string {
  const wasServed = rollback?.from === "CuttingOver" || rollback?.from === "Guard";
  if (!wasServed || rollback?.baseline !== undefined) return "";
  return [wasServed, sourceBaseline !== undefined, phaseStartedAt].join();
}

/** Whether it may be tried again, and how often it was; what a comparison found keeps a Retry waiting. */
function retryKey({ phase, rollback, takenBack, acts, verification }: MigrationStatus): string {
  const found = phase === "AwaitingCutover" ? verification?.runs.some(({ result }) => result?.counts?.extra === 1) : "";
  const isForGood = rollback !== undefined && !rollback.reason.endsWith("Timeout");
  if (rollback === undefined && takenBack === undefined) return "";
  return [isForGood, acts?.latched !== undefined, acts?.paused, takenBack?.times, takenBack && found].join();
}

/** How long the answer is waited for, and which one it was. */
function driftKey(status: MigrationStatus): string {
  const { phaseStartedAt, verification } = status;
  const run = verification?.runs.at(-1);
  return [
    phaseStartedAt,
    verification?.runs.length,
    run && (run.result === undefined ? run.askedAt : "concluded"),
    foundKey(status),
  ].join();
}

/** Whether the overlay still has to name the destination after a rollback. */
function foundKey({ verification }: MigrationStatus): string {
  return String(verification?.runs.at(-1)?.result?.counts?.extra);
}

function harmKey(status: MigrationStatus): string {
  return [status.harm?.heldSince !== undefined, detectionKey(status)].join();
}

function samplingKey(status: MigrationStatus): string {
  const { stage, evidence, dispersion, acts, harm, baseline } = status;
  return [
    stage?.index,
    stage?.startedAt,
    evidence && classOf(totalsOf(evidence)),
    dispersion?.gates.some(({ openN }) => openN > 0),
    acts?.promotedBy,
    harm?.stepDowns,
    baseline?.mismatchShare,
    harmKey(status),
  ].join();
}

function guardKey({ guard, evidence }: MigrationStatus): string {
  const samples = totalsOf(evidence).answered > 0;
  return [
    guard?.visibility,
    guard?.visibility === "held" ? "" : guard?.tickedAt,
    guard?.watchedSeconds,
    samples,
  ].join();
}
