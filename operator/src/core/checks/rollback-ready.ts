// Is the rollback path open? Judged in every reconcile; only positive, current evidence may stop an automatic rollback.
import { durationSeconds, printDuration } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { StoreStatus } from "@retriever/sidecar/contract/status.ts";
import type { Observation } from "../model/observation.ts";
import type { Fact } from "../model/status-readings.ts";
import { labelOf } from "../model/status-readings.ts";
import { answeredStatuses, nameSome, newestUpdateMs, servingPods, storeViews } from "../pods/pods.ts";
import { fastWindowSeconds } from "../time/evidence-spans.ts";
import { hiddenByRollback } from "../verification/drift-resolved.ts";
import { isLocalRefusal } from "./reachable.ts";

/** Whether evidence, positive and current, says that a rollback would find no source. Unknown or stale never does. */
export function isRollbackPathClosed(ready: Fact): boolean {
  return ready.status === "False" && (ready.reason === "SourceChanged" || ready.reason === "SourceFailing");
}

/** Judges the source as a place to go back to. */
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
  const changed = statuses.filter((pod) => isSourceChanged(pod, status)).map((pod) => pod.podName);
  if (changed.length > 0) {
    return {
      status: "False",
      reason: "SourceChanged",
      message: `the base no longer names ${labelOf(status, "source")} (seen by ${nameSome(changed)}); put it back`,
    };
  }
  const views = storeViews(observation, "source");
  const failing = views.filter(isFailingNow);
  if (failing.length * 2 >= serving.length && failing.length > 0) {
    return {
      status: "False",
      reason: "SourceFailing",
      message: `the source fails from ${failing.length} of ${serving.length} pods: ${lastErrorOf(failing)}`,
    };
  }
  if (views.filter(isAnsweringNow).length * 2 < serving.length) {
    return {
      status: "Unknown",
      reason: "SourceNotSeen",
      message: "too few pods have an answer of the source from the last seconds",
    };
  }
  return judgeStaleness(plan, status, observation);
}

function isSourceChanged(
  pod: { config: { sourceChanged: boolean }; base: { digest: string } | null },
  status: MigrationStatus,
): boolean {
  return (
    pod.config.sourceChanged ||
    (pod.base !== null && status.source !== undefined && pod.base.digest !== status.source.digest)
  );
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
function judgeStaleness(plan: MigrationSpec, status: MigrationStatus, observation: Observation): Fact {
  if (plan.writes !== "Both") {
    const hidden =
      plan.writes === "SourceOnly"
        ? "nothing, since only the source is written to"
        : "what only the destination received since the cutover";
    const message = `the source answers; a rollback would hide ${hidden}${hiddenByRollback(status)}`;
    return { status: "True", reason: "StaleByDesign", message };
  }
  const source = newestUpdateMs(storeViews(observation, "source"));
  const destination = newestUpdateMs(storeViews(observation, "destination"));
  if (source === null || destination === null) {
    return {
      status: "Unknown",
      reason: "FreshnessUnknown",
      message: `the source answers, but the newest updated_at of the ${source === null ? "source" : "destination"} is not known: index updated_at there, or say in spec.writes who receives the writes`,
    };
  }
  const behindSeconds = (destination - source) / 1000;
  if (behindSeconds > durationSeconds(plan.rollback.maxSourceStaleness)) {
    return {
      status: "False",
      reason: "SourceStale",
      message: `the source is ${printDuration(behindSeconds)} behind the destination (limit ${plan.rollback.maxSourceStaleness})`,
    };
  }
  const message = `the source answers and is as fresh as the destination${hiddenByRollback(status)}`;
  return { status: "True", reason: "SourceAnswers", message };
}
