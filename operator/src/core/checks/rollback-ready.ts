// Is the rollback path open? Judged in every reconcile; only positive, current evidence may stop an automatic rollback.

import { durationSeconds, printDuration } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { SidecarStatus, StoreStatus } from "@retriever/sidecar/contract/status.ts";
import { isSameStore } from "@retriever/stores/config/identity.ts";
import { plural } from "@retriever/stores/values/plural.ts";
import type { Observation } from "../model/observation.ts";
import type { Fact } from "../model/status-readings.ts";
import { instantMs, labelOf } from "../model/status-readings.ts";
import { answeredStatuses, nameSome, servingPods, storeViews } from "../pods/pods.ts";
import { fastWindowSeconds } from "../time/evidence-spans.ts";
import { hiddenByRollback } from "../verification/drift-resolved.ts";
import { isLocalRefusal } from "./reachable.ts";

/** Whether evidence, positive and current, says that a rollback would find no source. Unknown or stale never does. */
export function isRollbackPathClosed(ready: Fact): boolean {
  return ready.status === "False" && (ready.reason === "SourceChanged" || ready.reason === "SourceFailing");
}

/**
 * Judges the source as a place to go back to. One pod speaks for itself: the path is closed when most pods that answer
 * can't go back, and else those that can't are named.
 */
export function judgeRollbackReady(plan: MigrationSpec, status: MigrationStatus, observation: Observation): Fact {
  const serving = servingPods(observation);
  const statuses = answeredStatuses(observation);
  if (serving === null || statuses.length === 0) {
    return {
      status: "Unknown",
      reason: "NoEvidence",
      message: "no sidecar answers, so nothing is known about the source",
    };
  }
  const stranded = findStranded(statuses, status);
  if ((stranded.changed.length + stranded.failing.length) * 2 > statuses.length) {
    return closedBy(stranded, statuses.length, status);
  }
  const open = judgeOpen(plan, status, observation);
  const odd = describeOdd(stranded);
  if (odd === "") return open;
  const reason = open.status === "True" ? "PodsCannotGoBack" : open.reason;
  return { ...open, reason, message: `${open.message}; ${odd}` };
}

/** Pods that would not find the source again, each with one cause. */
type Stranded = {
  /** Their base names another store. A process that began so has no adapter of the source. */
  readonly changed: readonly string[];
  readonly failing: readonly string[];
  /** What a failing one says. */
  readonly lastError: string;
};

function findStranded(statuses: readonly SidecarStatus[], status: MigrationStatus): Stranded {
  const changed = statuses.filter((pod) => isSourceChanged(pod, status));
  const failing = statuses.flatMap((pod) => {
    const view = changed.includes(pod) ? undefined : pod.stores.find(({ store }) => store === "source");
    return view !== undefined && isFailingNow(view) ? [{ name: pod.podName, view }] : [];
  });
  return {
    changed: changed.map(({ podName }) => podName),
    failing: failing.map(({ name }) => name),
    lastError: lastErrorOf(failing.map(({ view }) => view)),
  };
}

/** The cause of most of them. */
function closedBy({ changed, failing, lastError }: Stranded, answered: number, status: MigrationStatus): Fact {
  if (changed.length >= failing.length) {
    const message = `the base no longer names ${labelOf(status, "source")} (seen by ${nameSome(changed)}); put it back`;
    return { status: "False", reason: "SourceChanged", message };
  }
  const message = `the source fails from ${failing.length} of ${answered} ${plural(answered, "pod")}: ${lastError}`;
  return { status: "False", reason: "SourceFailing", message };
}

function describeOdd({ changed, failing, lastError }: Stranded): string {
  return [
    ...(changed.length === 0 ? [] : [`the base of ${nameSome(changed)} names another store, put it back`]),
    ...(failing.length === 0 ? [] : [`the source fails from ${nameSome(failing)}: ${lastError}`]),
  ].join("; ");
}

/** Most pods could go back, as far as is known. */
function judgeOpen(plan: MigrationSpec, status: MigrationStatus, observation: Observation): Fact {
  const views = storeViews(observation, "source");
  if (views.filter(isAnsweringNow).length * 2 < (servingPods(observation) ?? []).length) {
    return {
      status: "Unknown",
      reason: "SourceNotSeen",
      message: "too few pods have an answer of the source from the last seconds",
    };
  }
  return judgeStaleness(plan, status, answeredStatuses(observation));
}

function isSourceChanged({ config, base, stores }: SidecarStatus, status: MigrationStatus): boolean {
  const hasAdapter = config.overlay === "absent" || stores.some(({ store }) => store === "source");
  const isOther = base !== null && status.source !== undefined && !isSameStore(base, status.source);
  return config.sourceChanged || isOther || !hasAdapter;
}

/** A finished probe of the last seconds found no store that could answer, and no success since. */
function isFailingNow(view: StoreStatus): boolean {
  const probed = view.probeAgeSeconds !== null && view.probeAgeSeconds <= fastWindowSeconds;
  const refused = view.lastError !== null && isLocalRefusal(view.lastError.code);
  const broken =
    refused ||
    view.reachable === false ||
    view.authenticated === false ||
    view.exists === false ||
    view.tls === "failed";
  return probed && broken && !isAnsweringNow(view);
}

/** A success within the last seconds. */
export function isAnsweringNow(view: StoreStatus): boolean {
  return view.lastOkAgeSeconds !== null && view.lastOkAgeSeconds <= fastWindowSeconds;
}

function lastErrorOf(views: readonly StoreStatus[]): string {
  return views.find((view) => view.lastError !== null)?.lastError?.message ?? "no answer";
}

/** Staleness by who receives the writes: gated when both do, a stated fact otherwise. */
function judgeStaleness(plan: MigrationSpec, status: MigrationStatus, pods: readonly SidecarStatus[]): Fact {
  if (plan.writes !== "Both") {
    const hidden =
      plan.writes === "SourceOnly"
        ? "nothing, since only the source is written to"
        : "what only the destination received since the cutover";
    const message = `the source answers; a rollback would hide ${hidden}${hiddenByRollback(status)}`;
    return { status: "True", reason: "StaleByDesign", message };
  }
  const typical = secondsBehindSource(pods);
  if (typical === undefined) {
    const store = pods.some((pod) => newestOf(pod, "source") !== undefined) ? "destination" : "source";
    return {
      status: "Unknown",
      reason: "FreshnessUnknown",
      message: `the source answers, but the newest updated_at of the ${store} is not known: index updated_at there, or say in spec.writes who receives the writes`,
    };
  }
  if (typical > durationSeconds(plan.rollback.maxSourceStaleness)) {
    return {
      status: "False",
      reason: "SourceStale",
      message: `the source is ${printDuration(typical)} behind the destination (limit ${plan.rollback.maxSourceStaleness})`,
    };
  }
  const message = `the source answers and is as fresh as the destination${hiddenByRollback(status)}`;
  return { status: "True", reason: "SourceAnswers", message };
}

/** How far the source is behind the destination, as most pods read both; undefined where none knows. */
export function secondsBehindSource(pods: readonly SidecarStatus[]): number | undefined {
  const behind = pods.flatMap(secondsBehind).toSorted((a, b) => a - b);
  // The lower one of two: half of the pods aren't most.
  return behind[Math.floor((behind.length - 1) / 2)];
}

/** How far the source is behind as one pod read both stores; nothing where it knows only one. */
function secondsBehind(pod: SidecarStatus): number[] {
  const [source, destination] = [newestOf(pod, "source"), newestOf(pod, "destination")];
  return source === undefined || destination === undefined ? [] : [(destination - source) / 1000];
}

function newestOf({ stores }: SidecarStatus, store: StoreName): number | undefined {
  return instantMs(stores.find((view) => view.store === store)?.newestUpdatedAt ?? undefined);
}
