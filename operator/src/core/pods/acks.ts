// Which pods follow the revision in force: an ack is a pod that reports its epoch and hash. An empty set of pods is unknown, never "all".
import type { Acks } from "../model/context.ts";
import type { PodObservation } from "../model/workload.ts";

/** `serving` null: pods couldn't be listed. `follows` says whether a pod's status shows the wanted configuration. */
export function countAcks(serving: readonly PodObservation[] | null, follows: (pod: PodObservation) => boolean): Acks {
  if (serving === null) return { state: "unknown", pods: 0, matched: 0, lagging: [], lost: [] };
  const behind = serving.filter((pod) => !follows(pod));
  const matched = serving.length - behind.length;
  return {
    state: serving.length === 0 ? "none" : behind.length === 0 ? "all" : "waiting",
    pods: serving.length,
    matched,
    lagging: behind.filter((pod) => !pod.nodeLost).map((pod) => pod.name),
    lost: behind.filter((pod) => pod.nodeLost).map((pod) => pod.name),
  };
}

/** A pod follows an overlay when it has exactly this text in force. */
export function followsOverlay(hash: string, epoch: number): (pod: PodObservation) => boolean {
  return ({ status }) => status.ok && status.value.config.epoch === epoch && status.value.config.hash === hash;
}

/** A pod follows the base again when no overlay is in force. */
export function followsBase({ status }: PodObservation): boolean {
  return status.ok && status.value.config.overlay === "absent";
}
