// Views of the observed pods that several rules share.

import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { SidecarStatus, StoreStatus } from "@retriever/sidecar/contract/status.ts";
import type { Observation } from "../model/observation.ts";
import type { PodObservation } from "../model/workload.ts";

/** The pods that must acknowledge: not terminating, sidecar running, ready or not. Null when pods couldn't be listed. */
export function servingPods(observation: Observation): readonly PodObservation[] | null {
  if (!observation.pods.ok) return null;
  return observation.pods.value.filter((pod) => !pod.terminating && pod.sidecarRunning);
}

/** Statuses of the serving pods that answered. */
export function answeredStatuses(observation: Observation): readonly SidecarStatus[] {
  return (servingPods(observation) ?? []).flatMap((pod) => (pod.status.ok ? [pod.status.value] : []));
}

/** One store as every answering pod sees it. */
export function storeViews(observation: Observation, store: StoreName): readonly StoreStatus[] {
  return answeredStatuses(observation).flatMap((status) => status.stores.filter((view) => view.store === store));
}

/** The newest `updated_at` of a store that any pod has seen, epoch ms; null where none tells. */
export function newestUpdateMs(views: readonly StoreStatus[]): number | null {
  const times = views.flatMap((view) => (view.newestUpdatedAt === null ? [] : [Date.parse(view.newestUpdatedAt)]));
  const known = times.filter((time) => Number.isFinite(time));
  return known.length === 0 ? null : Math.max(...known);
}

/** Up to `most` names, then how many more. */
export function nameSome(names: readonly string[], most = 5): string {
  const rest = names.length - most;
  return rest > 0 ? `${names.slice(0, most).join(", ")} and ${rest} more` : names.join(", ");
}
