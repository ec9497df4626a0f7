// Which pods follow the revision in force: an ack is a pod that reports its epoch and hash. An empty set of pods is unknown, never "all".

import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { isSameStore, type StoreIdentity } from "@retriever/stores/config/identity.ts";
import type { Acks, Context } from "../model/context.ts";
import type { PodObservation } from "../model/workload.ts";
import { servingPods } from "./pods.ts";

type FollowRule = {
  /** Whether a pod's status shows the wanted configuration. */
  readonly follows: (pod: PodObservation) => boolean;
  /** Whether a pod that doesn't is held at the source by the overlay's deadline. */
  readonly isFenced?: (pod: PodObservation) => boolean;
  /** As many, of the pods that aren't on lost nodes, are enough once all have had their time; left out: nothing but all. */
  readonly quorum?: { readonly needed: (pods: number) => number; readonly hadTime: boolean };
};

/** `serving` null: pods couldn't be listed. */
export function countAcks(
  serving: readonly PodObservation[] | null,
  { follows, isFenced = () => false, quorum }: FollowRule,
): Acks {
  if (serving === null) return { state: "unknown", pods: 0, matched: 0, lagging: [], lost: [], fenced: [] };
  const behind = serving.filter((pod) => !follows(pod));
  const matched = serving.length - behind.length;
  const reachable = serving.filter((pod) => !pod.nodeLost || follows(pod)).length;
  const isQuorum = quorum?.hadTime === true && matched > 0 && matched >= quorum.needed(reachable);
  const late = behind.filter((pod) => !pod.nodeLost);
  return {
    state: serving.length === 0 ? "none" : behind.length === 0 ? "all" : isQuorum ? "quorum" : "waiting",
    pods: serving.length,
    matched,
    lagging: late.filter((pod) => !isFenced(pod)).map((pod) => pod.name),
    lost: behind.filter((pod) => pod.nodeLost).map((pod) => pod.name),
    fenced: late.filter(isFenced).map((pod) => pod.name),
  };
}

/** How many of so many running pods `cutover.minAcknowledged` asks for, and one is the least. */
export function neededPods({ cutover: { minAcknowledged } }: Pick<MigrationSpec, "cutover">, pods: number): number {
  const asked =
    typeof minAcknowledged === "number" ? minAcknowledged : podsOfShare(Number.parseInt(minAcknowledged, 10), pods);
  return Math.max(1, Math.min(pods, asked));
}

/**
 * A share is rounded up, but the part of a fleet is told in whole percents, as the share is: 2 of 3 pods are 67 %. Without
 * that a fleet of three can't be asked for two by the number that everybody writes. No more than half a pod is let off, so
 * that 100 % are all of any fleet.
 */
function podsOfShare(percent: number, pods: number): number {
  return Math.ceil((pods * percent - Math.min(50, pods / 2)) / 100);
}

/** As many pods of a fleet may go unseen for good: what they could hide is no greater than their share of the traffic. */
const mostUnseenShare = 0.05;

/** How many of so many running pods a guard does without: those that weren't asked for, or a few of many. */
export function toleratedPods(plan: MigrationSpec, pods: number): number {
  return Math.max(pods - neededPods(plan, pods), Math.floor(pods * mostUnseenShare));
}

/** A pod follows an overlay when it has exactly this text in force. */
export function followsOverlay(hash: string, epoch: number): (pod: PodObservation) => boolean {
  return ({ status }) => status.ok && status.value.config.epoch === epoch && status.value.config.hash === hash;
}

/** A pod answers from a store. */
export function servesFrom(store: StoreIdentity | undefined): (pod: PodObservation) => boolean {
  return ({ status }) => status.ok && store !== undefined && isSameStore(status.value.config.primaryIdentity, store);
}

/** A pod follows the base again when no overlay is in force. */
export function followsBase({ status }: PodObservation): boolean {
  return status.ok && status.value.config.overlay === "absent";
}

/** Somebody may still be answered by the destination in a rollback from a cutover: a pod says so, or says nothing. */
export function mayServeElsewhere(
  { observation, status: { source } }: Pick<Context, "observation" | "status">,
  rollback: MigrationStatus["rollback"],
): boolean {
  if (rollback?.from !== "CuttingOver" && rollback?.from !== "Guard") return false;
  const serving = servingPods(observation);
  return serving === null || !serving.every(servesFrom(source));
}
