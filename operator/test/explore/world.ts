// One state of the explored world: what the API server holds, what the pods run, what people and stores do.
import { type MigrationStatus, migrationStatusSchema } from "@retriever/crds/status/migration-status.ts";
import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { OverlayIntent } from "#core/model/workload.ts";
import type { Doc } from "./plan.ts";

/** What a pod's counters of its epoch are full of. */
export type Seen = "nothing" | "good" | "bad" | "errors";

export type Pod = {
  /** The overlay in force; null: the base alone. */
  readonly force: Doc | null;
  /** The overlay's file is gone without having been released. */
  readonly vanished: boolean;
  /** Epoch of a cutover that it read too late to follow it. */
  readonly fenced: number | null;
  /** When its process began, epoch ms: matters beside the deadline of a cutover. */
  readonly startedAtMs: number;
  /** It still has the adapter of the source that the migration began with. */
  readonly pinned: boolean;
  /** Never reads its files again. */
  readonly deaf: boolean;
  readonly annotated: number;
  /** The process is the one that the status has counters of. */
  readonly counted: boolean;
  readonly seen: Seen;
  /** What traffic was like in the steps of its epoch that no status holds yet, oldest first. */
  readonly unread: readonly Seen[];
  /** A status holds earlier steps of this process and epoch: their bins may not count again. */
  readonly read: boolean;
};

export type OverlayObject = {
  /** Null: somebody else's words, which no sidecar can read. */
  readonly doc: Doc | null;
  readonly intent: OverlayIntent | null;
  readonly hasFinalizer: boolean;
  readonly deleting: boolean;
  readonly foreign: boolean;
};

/** The one comparison: under way, or what it said at its end. */
export type Job = { readonly name: string; readonly state: "running" | "equal" | "drift" | "unknown" };

export type ExploredAct = "Pause" | "Resume" | "Promote" | "Retry" | "Abort" | "Rollback";

/** What the checker remembers on its own, so as not to take the status's word for it. All saturate. */
export type Ghost = {
  /** Stages that held their rate for their time, on evidence. */
  readonly passed: number;
  /** Steps since every pod followed the epoch and a sample was there; -1 with a sample alone, -2 without. */
  readonly sampled: number;
  readonly promoted: boolean;
  /** Steps of the guard between two reconciles that both saw every pod without harm. */
  readonly guarded: number;
  readonly lastReconcileGood: boolean;
  /** Steps of the guard since the last reconcile. */
  readonly away: number;
  readonly harm: GhostHarm;
  /** Steps since every pod was seen to run the epoch, or since the epoch began. */
  readonly behind: number;
  /** Steps for which pods have had two primaries. */
  readonly mixed: number;
};

export const noSample = -2;

/** Harm that nothing has refuted, by cause: since when, in steps with evidence of it; two are longer than has to be waited. */
export type GhostHarm = {
  readonly score: number;
  readonly errors: number;
  /** Every pod failed in one and the same step since. */
  readonly severe: boolean;
  /** Steps since the last sample. After `steps.gap` of them it begins anew with the next one. */
  readonly hole: number;
};

export const noHarm: GhostHarm = { score: 0, errors: 0, severe: false, hole: 0 };

export type World = {
  readonly status: MigrationStatus;
  readonly overlay: OverlayObject | null;
  readonly pods: readonly [Pod, Pod];
  readonly base: StoreName;
  /** Acts that no status has taken yet. */
  readonly acts: readonly ExploredAct[];
  readonly deleting: boolean;
  readonly finalizer: boolean;
  readonly gone: boolean;
  readonly listable: boolean;
  readonly down: StoreName | null;
  /** Null as well once nothing depends on how it ended. */
  readonly job: Job | null;
  /** The CronJob that the comparison is made from; unread: no Job can be seen. */
  readonly verifier: "there" | "gone" | "unread";
  readonly ghost: Ghost;
};

/** Before every deadline. */
export const longAgo = 0;

const newPod: Pod = {
  force: null,
  vanished: false,
  fenced: null,
  startedAtMs: longAgo,
  pinned: true,
  deaf: false,
  annotated: 0,
  counted: true,
  seen: "nothing",
  unread: [],
  read: false,
};

/** A migration just created, two pods on their base. */
export function firstWorld(): World {
  return {
    status: migrationStatusSchema.parse({}),
    overlay: null,
    pods: [newPod, newPod],
    base: "source",
    acts: [],
    deleting: false,
    finalizer: false,
    gone: false,
    listable: true,
    down: null,
    job: null,
    verifier: "there",
    ghost: {
      passed: 0,
      sampled: noSample,
      promoted: false,
      guarded: 0,
      lastReconcileGood: false,
      away: 0,
      harm: noHarm,
      behind: 0,
      mixed: 0,
    },
  };
}

/** The store that answers a pod's requests. */
export function primaryOf({ force, pinned }: Pod, base: StoreName): StoreName {
  if (force === null) return base;
  return force.document.primary === "source" && !pinned ? base : force.document.primary;
}
