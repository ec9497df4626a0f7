// What is true of a world, read off documents and pods. The checker's own reading: nothing of the core is used.
import type { Evidence } from "./evidence.ts";
import { rates, steps } from "./plan.ts";
import { type Ghost, type GhostHarm, type Pod, primaryOf, type Seen, type World } from "./world.ts";

const endings: readonly string[] = ["Completed", "RolledBack", "Validated"];

export function isFinal({ status }: World): boolean {
  return endings.includes(status.phase);
}

/** Every pod runs the overlay of the epoch in the status, and the operator sees it. The object itself may have gone. */
export function allRun(world: World, evidence: Evidence): boolean {
  const [a, b] = world.pods;
  if (!world.listable || evidence === "silent" || a.force === null || a.force !== b.force) return false;
  return a.force.document.revision.epoch === world.status.epoch;
}

/** All run it, or one does and the other has had its time: `behind` says how long not all have. */
export function enoughRun(world: World, evidence: Evidence, { behind }: Pick<Ghost, "behind">): boolean {
  if (allRun(world, evidence)) return true;
  const isSeen = world.listable && evidence !== "silent";
  return isSeen && behind > steps.ackTimeout && world.pods.some((pod) => isOfEpoch(pod, world));
}

/** Nothing is wrong with the destination now, and that is known. */
export function isHarmless(evidence: Evidence, world: World): boolean {
  return world.listable && (evidence === "none" || evidence === "healthy");
}

/** Counters of the epoch are there and show no damage. */
export function hasGoodSamples({ pods }: World): boolean {
  return pods.some((pod) => pod.seen === "good") && pods.every((pod) => pod.seen === "good" || pod.seen === "nothing");
}

/** Stores that answer requests now. */
export function primariesOf({ pods, base }: World): readonly string[] {
  return pods.map((pod) => primaryOf(pod, base));
}

export function isMixed(world: World): boolean {
  return new Set(primariesOf(world)).size > 1;
}

/** The rate at which the destination is asked as the shadow, as the status wants it. */
export function shadowRate({ status }: World): number {
  return status.revision?.shadow === "destination" ? status.revision.sampleRate : 0;
}

/** Index of a rate among the stages; -1 for none. */
export function stageOf(rate: number): number {
  return rates.findIndex((one) => one === rate);
}

/** A pod's bins are of the epoch that the status judges. */
export function isOfEpoch(pod: Pod, { status }: World): boolean {
  return pod.force?.document.revision.epoch === status.epoch;
}

/** Whether pods tell what traffic was like. */
export function isTelling(evidence: Evidence, { listable }: World): boolean {
  return listable && evidence !== "silent" && evidence !== "unknown";
}

/** What a reconcile is told: by step, oldest first, what each pod of the epoch counted. */
export function stepsTold(world: World, evidence: Evidence): readonly (readonly Seen[])[] {
  if (!isTelling(evidence, world)) return [];
  const told = world.pods.filter((pod) => isOfEpoch(pod, world)).map(({ unread }) => unread);
  const most = Math.max(0, ...told.map(({ length }) => length));
  return Array.from({ length: most }, (_, index) => told.map((pod) => pod[pod.length - most + index] ?? "nothing"));
}

/** Harm that lasted for `sustainedFor` and a part, by one and the same cause. */
export function hasLasted({ score, errors }: GhostHarm): boolean {
  return score >= 2 || errors >= 2;
}

/** A pod runs what the status never heard of. */
export function isAhead({ status, pods }: World): boolean {
  return pods.some((pod) => (pod.force?.document.revision.epoch ?? 0) > status.epoch);
}

/** Somebody still knows that a rollback was written: the status, the overlay, or a pod that is ahead of the status. */
export function isRollbackKnown(world: World): boolean {
  const { status, overlay } = world;
  const intent = overlay?.intent;
  // What may be tried again is older than the status that says so.
  const isOver = status.takenBack !== undefined && (intent?.epoch ?? 0) <= status.epoch;
  return status.rollback !== undefined || ((intent?.rollback ?? null) !== null && !isOver) || isAhead(world);
}
