// What was read of the workload: its target, its overlay, its pods. Data only: no clock, no I/O, nothing that can fail.

import type { Overlay } from "@retriever/sidecar/contract/overlay.ts";
import type { SidecarStatus } from "@retriever/sidecar/contract/status.ts";
import type { ConfigFault } from "@retriever/stores/config/config-fault.ts";

/** A read that either brought a value or says why not. A failed read is data: it never becomes "fine" or zero. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

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

/** An object as it was read: a write that names it changes nothing that came since. */
export type ObjectVersion = { readonly uid: string; readonly resourceVersion: string };

export type OverlayObservation = {
  /** Absent: the reader doesn't tell. */
  readonly version?: ObjectVersion;
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
