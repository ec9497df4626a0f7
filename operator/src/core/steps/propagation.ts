// Whether the pods follow the revision in force, how long that takes already, and the words for it.

import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import { plural } from "@retriever/stores/values/plural.ts";
import type { Acks, Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { instantMs, isPastCutover, isRollingBack, secondsSince } from "../model/status-readings.ts";
import type { PodObservation } from "../model/workload.ts";
import { renderOverlay } from "../overlay/revision.ts";
import { countAcks, followsOverlay, neededPods, servesFrom } from "../pods/acks.ts";
import { describePlainTextRefused, plainTextReason } from "../pods/plain-text.ts";
import { nameSome, servingPods } from "../pods/pods.ts";
import { longestObservationGapSeconds } from "../time/evidence-spans.ts";
import { stay } from "./transition.ts";

type Reading = Pick<Context, "migration" | "status" | "plan" | "observation" | "now" | "nowIso">;

/** Which pods follow the revision in force. A quorum is enough for what goes forward; a way back and an end need all. */
export function acksOf(c: Reading): Acks {
  const { status, plan, observation, migration } = c;
  const serving = servingPods(observation);
  const overlay = renderOverlay(migration.meta, plan, status);
  if (overlay === undefined) return countAcks(serving, { follows: () => false });
  const follows = followsOverlay(overlay.hash, status.epoch);
  const { overlay: found } = observation;
  if (isRollingBack(status)) {
    return backAcks(c, { serving, follows, isWritten: found.ok && found.value?.text === overlay.text });
  }
  const isFenced = (pod: PodObservation) => isFencedBy(c, pod);
  if (isFinalPhase(status.phase)) return countAcks(serving, { follows, isFenced });
  const quorum = { needed: (pods: number) => neededPods(plan, pods), hadTime: haveHadTime(c) };
  const acks = countAcks(serving, { follows, isFenced, quorum });
  // The overlay's deadline is as long as they have had.
  const isCut = acks.state === "quorum" && status.phase === "CuttingOver";
  return isCut ? { ...acks, lagging: [], fenced: [...acks.fenced, ...acks.lagging] } : acks;
}

type Following = {
  readonly serving: ReturnType<typeof servingPods>;
  readonly follows: (pod: PodObservation) => boolean;
  /** The overlay is there: else each process that begins would read the one before. */
  readonly isWritten: boolean;
};

/** A way back needs all: to follow, or never to have left the source and to have nothing to read any more that leads away. */
function backAcks(c: Reading, { serving, follows, isWritten }: Following): Acks {
  const isBack = servesFrom(c.status.source);
  const isFenced = (pod: PodObservation) => isWritten && isLeftAtSource(c, pod);
  const acks = countAcks(serving, { follows: (pod) => follows(pod) && isBack(pod), isFenced });
  const lost = acks.lost.filter((name) => !serving?.some((pod) => pod.name === name && isFenced(pod)));
  const isBut = acks.state === "waiting" && acks.lagging.length + lost.length === 0;
  return isBut ? { ...acks, state: "quorum" } : acks;
}

/**
 * Past the deadline of every overlay that could lead its process to the destination, a pod answers from the source by an
 * older one. One that doesn't answer is taken for such a pod only where it was left behind at the cutover and its node is lost.
 */
function isLeftAtSource(c: Reading, pod: PodObservation): boolean {
  const { rollback, source, epoch, cutover } = c.status;
  if (secondsSince(c, rollback?.at) <= durationSeconds(c.plan.cutover.ackTimeout)) return false;
  const { status: read, nodeLost, uid } = pod;
  if (read.ok) return read.value.config.epoch < epoch && servesFrom(source)(pod);
  return nodeLost && cutover?.fenced.some((left) => left.uid === uid) === true;
}

/** It says so, or was left behind at the cutover and hasn't been seen to follow since. */
function isFencedBy(c: Reading, pod: PodObservation): boolean {
  const { status } = c;
  if (!isPastCutover(status)) return false;
  const { uid, status: read } = pod;
  const isLeft = status.cutover?.fenced.some((left) => left.uid === uid) === true;
  return isLeft || (read.ok && read.value.config.fenced === status.epoch) || isTooLate(c, pod);
}

/** So many pods that a cutover goes on without are remembered by name. */
export const mostLeftNamed = 20;

/** One of those that aren't named: it has run an older overlay since before the deadline, after which it follows no more. */
function isTooLate(c: Reading, pod: PodObservation): boolean {
  const { status, plan } = c;
  if ((status.cutover?.fencedPods ?? 0) <= mostLeftNamed || !pod.status.ok) return false;
  const { config, evidence } = pod.status.value;
  const pastSeconds = secondsSince(c, status.revision?.at) - durationSeconds(plan.cutover.ackTimeout);
  const isOlder = config.migrationUid === c.migration.meta.uid && config.epoch < status.epoch;
  return isOlder && servesFrom(status.source)(pod) && pastSeconds > 0 && evidence.sinceSeconds > pastSeconds;
}

/**
 * Whether pods have had longer than `cutover.ackTimeout` to follow. A pod that came, or fell silent, after all had
 * followed gets as long again, counted from the reconcile that found it.
 */
export function isAckOverdue(c: Context): boolean {
  return !isFollowed(c) && isPastAckTimeout(c);
}

/** All follow, or all that have to: the others have had their time, and are named wherever it is said. */
export function isFollowed({ acks }: Pick<Context, "acks">): boolean {
  return acks.state === "all" || acks.state === "quorum";
}

type Waiting = Pick<Context, "migration" | "status" | "plan" | "now" | "nowIso">;

/** Whether who doesn't follow has had the time for it: as long as enough others do, once is enough. */
function haveHadTime(c: Waiting): boolean {
  const stored = storedPropagation(c);
  return (stored?.status === "True" && quorumReasons.includes(stored.reason)) || isPastAckTimeout(c);
}

function isPastAckTimeout(c: Waiting): boolean {
  const { revision, phase } = c.status;
  const waiting =
    phase === "CuttingOver"
      ? secondsSince(c, waitedSince(c))
      : Math.min(secondsSince(c, revision?.at), secondsSince(c, lastFollowed(c)));
  return waiting > durationSeconds(c.plan.cutover.ackTimeout);
}

/**
 * Since when a cutover waits for its pods. Time in which nobody looked says nothing of them, so that the first look after
 * it begins their time anew: else one pod that doesn't answer that look would take the cutover back.
 */
export function waitedSince(c: Waiting): string | undefined {
  const { revision } = c.status;
  const { acks } = c.migration.status;
  const since = acks?.waited?.since ?? latest(revision?.at, lastFollowed(c));
  // Without acknowledgements nobody has looked since it was decided.
  const seenAt = acks === undefined ? revision?.at : acks.waited?.at;
  return seenAt !== undefined && secondsSince(c, seenAt) > longestObservationGapSeconds ? c.nowIso : since;
}

function latest(a = "", b = ""): string {
  return (instantMs(b) ?? 0) > (instantMs(a) ?? 0) ? b : a;
}

/** When the last status that said "the pods follow" ceased to be true. */
function lastFollowed(c: Waiting): string {
  const stored = storedPropagation(c);
  return stored === undefined || stored.status === "True" ? c.nowIso : stored.lastTransitionTime;
}

function storedPropagation({ migration }: Waiting) {
  return migration.status.conditions.find(({ type }) => type === "ConfigPropagated");
}

/** Reasons of ConfigPropagated while it is True without every pod. */
export const quorumReasons: readonly string[] = ["QuorumFollows", "PodsFenced"];

/** `2 of 3 pods follow; lagging: a, b`. */
export function describeAcks(acks: Acks): string {
  if (acks.state === "unknown") return "pods can't be listed";
  if (acks.state === "none") return "there is no pod with a running sidecar, and an empty set is unknown";
  const lagging = acks.lagging.length > 0 ? `; lagging: ${nameSome(acks.lagging)}` : "";
  const lost = acks.lost.length > 0 ? `; on lost nodes: ${nameSome(acks.lost)}` : "";
  const fenced = acks.fenced.length > 0 ? `; fenced, so at the source: ${nameSome(acks.fenced)}` : "";
  return `${acks.matched} of ${acks.pods} ${plural(acks.pods, "pod follows", "pods follow")}${lagging}${lost}${fenced}`;
}

/** `not every pod`, or how many were asked for. */
export function describeShortfall({ plan, acks }: Pick<Context, "plan" | "acks">): string {
  const needed = neededPods(plan, acks.pods - acks.lost.length);
  return needed >= acks.pods - acks.lost.length ? "not every pod" : `fewer than ${needed} ${plural(needed, "pod")}`;
}

/** Nothing goes on before the pods follow; says who doesn't. */
export function awaitAcks(c: Context): Outcome {
  const refused = describePlainTextRefused(c.serving);
  if (refused !== undefined) return stay(c, "blocked", plainTextReason, refused);
  const message = `waiting for every pod to follow epoch ${c.status.epoch}: ${describeAcks(c.acks)}`;
  return stay(c, isAckOverdue(c) ? "blocked" : "working", "Propagating", message);
}
