// What a reconcile sees of the explored world, in the operator's own terms.
import type { StoreStatus } from "@retriever/sidecar/contract/status.ts";
import type { ActObservation, Observation } from "#core/model/observation.ts";
import type { OverlayObservation, PodObservation } from "#core/model/workload.ts";
import { aTarget } from "#test/builders/search-app.ts";
import { aSidecarStatus, aStore, destinationIdentity, sourceIdentity } from "#test/builders/sidecar-status.ts";
import { jobsOf } from "./drift.ts";
import { binsOf, type Evidence, totals, windowsOf } from "./evidence.ts";
import { origin } from "./plan.ts";
import { type OverlayObject, type Pod, primaryOf, type World } from "./world.ts";

export const finalizerName = "retriever.dev/settle";
const identities = { source: sourceIdentity, destination: destinationIdentity };

/** Everything that is read in one pass, with evidence of one class in every pod. */
export function observe(world: World, evidence: Evidence, at: number): Observation {
  const unread = { ok: false, why: "timed out" } as const;
  return {
    at,
    target: { ok: true, value: aTarget(2) },
    overlay: { ok: true, value: world.overlay === null ? null : overlayOf(world.overlay) },
    pods: world.listable
      ? { ok: true, value: world.pods.map((pod, index) => podOf(pod, index, world, { evidence, at })) }
      : unread,
    claims: { ok: true, value: [] },
    acts: { ok: true, value: world.acts.map(actOf) },
    actIdentity: { ok: true, value: "proved" },
    ...jobsOf(world),
  };
}

function actOf(act: World["acts"][number], index: number): ActObservation {
  const uid = `act-${index}-${act}`;
  return { name: uid, uid, createdAt: origin, act, actor: "ada", reason: "", planHash: null, expiresAt: null };
}

function overlayOf({ doc, intent, hasFinalizer, deleting, foreign }: OverlayObject): OverlayObservation {
  return {
    text: doc?.text ?? "{}",
    hash: doc?.hash ?? "foreign",
    document: doc?.document ?? null,
    hasFinalizer,
    deleting,
    intent,
    foreignManagers: foreign ? ["kubectl-edit"] : [],
  };
}

export function podName(index: number): string {
  return `pod-${index + 1}`;
}

type Seen = { readonly evidence: Evidence; readonly at: number };

function podOf(pod: Pod, index: number, world: World, seen: Seen): PodObservation {
  const name = podName(index);
  return {
    name,
    uid: `uid-${name}`,
    terminating: false,
    ready: true,
    sidecarRunning: true,
    nodeLost: false,
    annotatedEpoch: pod.annotated,
    status:
      seen.evidence === "silent"
        ? { ok: false, why: "timed out" }
        : { ok: true, value: statusOf(pod, name, world, seen) },
  };
}

function statusOf(pod: Pod, name: string, world: World, { evidence, at }: Seen) {
  const document = pod.force?.document;
  const epoch = document?.revision.epoch ?? 0;
  return aSidecarStatus({
    podUid: `uid-${name}`,
    podName: name,
    startId: pod.counted ? "known" : "new",
    base: identities[world.base],
    config: {
      epoch,
      hash: pod.force?.hash ?? null,
      migrationUid: document?.revision.migrationUid ?? null,
      primary: document?.primary ?? "source",
      primaryIdentity: identities[primaryOf(pod, world.base)],
      shadow: pod.pinned ? (document?.shadow ?? "none") : "none",
      sampleRate: document?.sampleRate ?? 0,
      released: document?.released ?? false,
      effectiveSampleRate: null,
      ...(pod.fenced === null ? {} : { fenced: pod.fenced }),
      ignoredKeys: [],
      overlay: document === undefined ? "absent" : pod.vanished ? "vanished" : "in-force",
      sourceChanged: world.base !== "source" && (document !== undefined || (world.overlay?.doc ?? null) !== null),
    },
    stores: [storeOf("source", world), storeOf("destination", world)],
    evidence: {
      epoch,
      sinceSeconds: 60,
      counters: totals(pod),
      windows: windowsOf(pod, evidence),
      ...binsOf(pod, evidence, at),
    },
  });
}

function storeOf(store: "source" | "destination", { down }: World): StoreStatus {
  if (down !== store) return aStore(store);
  const lastError = { code: "RETR_BACKEND_UNAVAILABLE", message: "connection refused", at: "2026-03-01T00:00:00Z" };
  return aStore(store, { reachable: false, lastOkAgeSeconds: 120, lastError });
}
