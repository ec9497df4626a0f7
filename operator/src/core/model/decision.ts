// What is decided: the next status, what is to be done, and what people are told.

import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { Overlay } from "@retriever/sidecar/contract/overlay.ts";
import type { StoreIdentity } from "@retriever/stores/config/identity.ts";
import type { PodPeer } from "./pod-peer.ts";
import type { ObjectVersion, OverlayIntent } from "./workload.ts";

/** One thing to do. Idempotent: carrying it out twice is carrying it out once. */
export type Effect =
  | { readonly kind: "addFinalizer" }
  | { readonly kind: "removeFinalizer" }
  | {
      readonly kind: "applyOverlay";
      readonly document: Overlay;
      /** The exact text to write: its hash is what the pods acknowledge. */
      readonly text: string;
      readonly intent: OverlayIntent;
      /** Takes the field over from another manager: a rollback does, and who only shared our own text lets it. */
      readonly force: boolean;
      /** Exactly the object to be taken over; without it whatever is there. */
      readonly over?: ObjectVersion;
    }
  | { readonly kind: "annotatePods"; readonly pods: readonly string[]; readonly epoch: number }
  /** Take our finalizer off and delete it: the pods go back to the base. */
  | { readonly kind: "removeOverlay" }
  /** Take our finalizer off and leave it: the migration goes, what it configured stays. */
  | { readonly kind: "abandonOverlay" }
  /** A Job as its template says; only `since` (ISO 8601) or the repair's digest may differ. */
  | {
      readonly kind: "createJob";
      readonly job: string;
      readonly template: string;
      readonly since: string | null;
      readonly repair?: RepairOrder;
    }
  /** Fetch the report that a verifier serves, prove it, and keep it. */
  | (PodPeer & {
      readonly kind: "keepReport";
      readonly job: string;
      readonly configMap: string;
      readonly partition: number;
      readonly partitions: number;
      /** The stores that it must be about. */
      readonly source: StoreIdentity;
      readonly destination: StoreIdentity;
    })
  | { readonly kind: "deleteJobs"; readonly jobs: readonly string[] }
  /** Judged acts: each is deleted once it stands in the evidence, and until then made to go with its migration. */
  | { readonly kind: "pruneActs"; readonly acts: readonly JudgedAct[] };

/** What a repair's Job finds in its ConfigMap before it is made, and which reports it may work from. */
export type RepairOrder = {
  readonly digest: string;
  /** ConfigMap that keeps the reports. */
  readonly from: string;
  /** ConfigMap that the Job's pods mount. */
  readonly to: string;
  /** The overlay's text: which store is which. */
  readonly overlay: string;
};

export type JudgedAct = {
  readonly name: string;
  readonly uid: string;
  /** It holds what stands nowhere else, and is never deleted. */
  readonly stays: boolean;
  /** It doesn't go with its migration yet. */
  readonly ownerless: boolean;
};

/**
 * How soon a person has to act. page: now, because users are harmed or traffic couldn't be taken back; ticket: in working
 * hours; an announcement without one only tells.
 */
export type Severity = "page" | "ticket";

/** A message for people, sent once per transition as a Kubernetes event. */
export type Announcement = {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  readonly severity: Severity | null;
  /** What the sinks call it, where that says more than the reason of the event. */
  readonly about?: "Blind";
};

export type Decision = {
  /** The complete next status. Equal to the present one at the fixed point. */
  readonly status: MigrationStatus;
  readonly effects: readonly Effect[];
  readonly announcements: readonly Announcement[];
  /** Reconcile again after this; null: only when something changes. */
  readonly requeueAfterMs: number | null;
  /** A rollback is written to the overlay even if the status write fails for any reason but a conflict. */
  readonly effectsSurviveStatusFailure: boolean;
};

/**
 * How the migration stands, for the summary conditions.
 * working: moves by itself · waiting: for a person or a clock · blocked: something has to change · stuck: can't ever work.
 */
export type Standing = "working" | "waiting" | "blocked" | "stuck";

/** What a preempting rule or a phase answers. */
export type Outcome = {
  readonly status: MigrationStatus;
  readonly standing: Standing;
  /** PascalCase; becomes the reason of the summary conditions. */
  readonly reason: string;
  readonly announcements: readonly Announcement[];
  readonly requeueAfterMs: number | null;
  /** What to do with the overlay at the end of its life. */
  readonly cleanup?: "removeOverlay" | "abandonOverlay" | "nothingLeft";
};
