// What the operator saw, and what it may do about it. Data only: no clock, no I/O, nothing that can fail.
import type { Act } from "@retriever/crds/migration.ts";
import type { MigrationSpec } from "@retriever/crds/migration-spec.ts";
import type { MigrationStatus, Phase } from "@retriever/crds/migration-status.ts";
import type { Overlay } from "@retriever/sidecar/contract/overlay.ts";
import type { SidecarStatus } from "@retriever/sidecar/contract/status.ts";
import type { ConfigFault } from "@retriever/stores/config/config-fault.ts";
import type { StoreIdentity } from "@retriever/stores/config/identity.ts";
import type { AlertsRead } from "./alert-observation.ts";
import type { JobsObservation } from "./job-observation.ts";
import type { Read } from "./read.ts";

export type MigrationMeta = {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly resourceVersion: string;
  /** Epoch ms. */
  readonly createdAt: number;
  readonly deleting: boolean;
  readonly finalizers: readonly string[];
};

/** The workload the migration acts on. `found: false` is a fact; a failed read isn't. */
export type TargetObservation =
  | { readonly found: false; readonly namespaceTerminating: boolean }
  | {
      readonly found: true;
      readonly namespaceTerminating: boolean;
      /** spec.replicas */
      readonly replicas: number;
      /** Whether the pod template has a container named retriever-sidecar. */
      readonly hasSidecar: boolean;
      /** Whether the config volume projects the overlay's ConfigMap as optional, without subPath. */
      readonly mountsOverlay: boolean;
      /** Non-optional ConfigMaps projected into the config volume that hold a base file. */
      readonly baseConfigMaps: readonly string[];
      /** Faults of the one base document; empty when it is valid or when there isn't exactly one. */
      readonly baseFaults: readonly ConfigFault[];
    };

export type OverlayObservation = {
  readonly text: string;
  /** SHA-256 of `text`. */
  readonly hash: string;
  /** Null when the text can't be read as an overlay. */
  readonly document: Overlay | null;
  readonly hasFinalizer: boolean;
  readonly deleting: boolean;
  /** Annotation `retriever.dev/intent`: why the last writer wrote it (JSON of `OverlayIntent`), or null. */
  readonly intent: OverlayIntent | null;
  /** Field managers other than ours that own the overlay's data key. */
  readonly foreignManagers: readonly string[];
};

/** Carried in the same write as the overlay, so that a rollback survives a status that can't be written. */
export type OverlayIntent = {
  readonly migrationUid: string;
  readonly epoch: number;
  readonly rollback: {
    readonly reason: string;
    readonly causes: readonly string[];
    readonly actor: string | null;
  } | null;
  /** Base that is frozen with the target, empty when it isn't known; absent: nothing is frozen. */
  readonly frozen?: string;
};

export type PodObservation = {
  readonly name: string;
  readonly uid: string;
  readonly terminating: boolean;
  readonly ready: boolean;
  /** The sidecar's container is in state running. */
  readonly sidecarRunning: boolean;
  /** The node is lost or NotReady: listed apart, still not acknowledged. */
  readonly nodeLost: boolean;
  /** Value of the epoch annotation, 0 when absent. */
  readonly annotatedEpoch: number;
  readonly status: Read<SidecarStatus>;
};

export type ClaimObservation = {
  readonly name: string;
  readonly uid: string;
  readonly createdAt: number;
  readonly phase: Phase;
  /** It was accepted, or it has ever written an overlay. */
  readonly accepted: boolean;
  readonly settled: boolean;
  /** Hash of the plan it accepted. */
  readonly planHash?: string;
  /** spec.guard.next: the migration that comes after it. */
  readonly next?: string;
};

export type ActObservation = {
  readonly name: string;
  readonly uid: string;
  readonly createdAt: number;
  readonly act: Act;
  readonly actor: string;
  readonly reason: string;
  /** Approve: the role it is given in. */
  readonly role?: string | null;
  /** Waive: the check it is about. */
  readonly check?: string | null;
  readonly planHash: string | null;
  /** Epoch ms, null when it doesn't expire. */
  readonly expiresAt: number | null;
};

/**
 * Whether the actor of an act is who it says. proved: the admission policy is in force. unproved: it isn't.
 * trusted: the administrator does without it.
 */
export type ActIdentity = "proved" | "unproved" | "trusted";

/** The migration named in checklist.staging.from. */
export type StagingObservation = {
  readonly phase: string;
  /** What its validation ended with; empty when it hasn't. */
  readonly result: string;
};

/** What a sink answered to a message of the outbox; null is success. */
export type Delivery = { readonly key: string; readonly sink: string; readonly error: string | null };

/** Everything read in one pass, each part on its own deadline. */
export type Observation = {
  /** Epoch ms at which the pass began. */
  readonly at: number;
  readonly target: Read<TargetObservation>;
  readonly overlay: Read<OverlayObservation | null>;
  readonly pods: Read<readonly PodObservation[]>;
  /** Other migrations on the same target, whatever their phase. */
  readonly claims: Read<readonly ClaimObservation[]>;
  /** Acts on this migration's uid, oldest first. */
  readonly acts: Read<readonly ActObservation[]>;
  /** Read only while approvals are asked for; absent is not proved. */
  readonly actIdentity?: Read<ActIdentity>;
  /** Read only while the checklist asks for it; null when there is no such migration. */
  readonly staging?: Read<StagingObservation | null>;
  /** What the Prometheus of the plan says; absent for the source Sidecars. */
  readonly alerts?: AlertsRead;
  /** Jobs that compare the stores and smoke tests; read only while a phase asks for them. */
  readonly jobs?: Read<JobsObservation>;
  /** What sinks answered since the last look. */
  readonly deliveries?: Read<readonly Delivery[]>;
};

export type Migration = {
  readonly meta: MigrationMeta;
  /** The spec as it stands now. Faults when it can't be parsed: then nothing moves, but a running plan goes on. */
  readonly spec:
    | { readonly ok: true; readonly value: MigrationSpec }
    | { readonly ok: false; readonly faults: readonly ConfigFault[] };
  readonly status: MigrationStatus;
};

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
      /** Only a rollback takes the field over from another manager. */
      readonly force: boolean;
    }
  | { readonly kind: "annotatePods"; readonly pods: readonly string[]; readonly epoch: number }
  /** Take our finalizer off and delete it: the pods go back to the base. */
  | { readonly kind: "removeOverlay" }
  /** Take our finalizer off and leave it: the migration goes, what it configured stays. */
  | { readonly kind: "abandonOverlay" }
  /** A Job as its template says; `since` (ISO 8601) is the only thing that may differ. */
  | { readonly kind: "createJob"; readonly job: string; readonly template: string; readonly since: string | null }
  /** Fetch the report that a verifier serves, prove it, and keep it. */
  | {
      readonly kind: "keepReport";
      readonly job: string;
      readonly configMap: string;
      readonly partition: number;
      readonly partitions: number;
      readonly address: string;
      readonly port: number;
      /** Digests of the stores that it must be about. */
      readonly source: string;
      readonly destination: string;
    }
  | { readonly kind: "deleteJobs"; readonly jobs: readonly string[] };

/** A message for people, sent once per transition as a Kubernetes event. */
export type Announcement = {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  /** Someone has to look now. */
  readonly page: boolean;
};

export type Decision = {
  /** The complete next status. Equal to the present one at the fixed point. */
  readonly status: MigrationStatus;
  readonly effects: readonly Effect[];
  readonly announcements: readonly Announcement[];
  /** Look again after this; null: only when something changes. */
  readonly requeueAfterMs: number | null;
  /** A rollback is written to the overlay even if the status write fails for any reason but a conflict. */
  readonly effectsSurviveStatusFailure: boolean;
};

export type { Read, StoreIdentity };
