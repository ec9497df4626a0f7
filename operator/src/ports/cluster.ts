// What the operator needs of a cluster. Reads are live; every call has its own deadline and may be aborted.
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { Announcement } from "#core/model/decision.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import type { ActObservation, ClaimObservation, PolicyObservation } from "#core/model/observation.ts";
import type { PortTls } from "#core/model/pod-peer.ts";
import type { ObjectVersion, OverlayIntent, PodObservation } from "#core/model/workload.ts";
import type { ActPick } from "#core/people/turns.ts";

export type MigrationKey = { readonly namespace: string; readonly name: string };

/** A RetrieverMigration as it stands in the API: nothing parsed yet. */
export type RawMigration = { readonly meta: MigrationMeta; readonly spec: unknown; readonly status: unknown };

export type ConfigMapRead = {
  readonly name: string;
  /** Absent: the reader doesn't tell. */
  readonly version?: ObjectVersion;
  readonly data: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly finalizers: readonly string[];
  readonly deleting: boolean;
  /** Managers other than ours that own a key of `data`. */
  readonly foreignManagers: readonly string[];
};

/** A volume source of the pod template that brings ConfigMap keys to the sidecar's config directory. */
export type ConfigSource = {
  readonly configMap: string;
  readonly optional: boolean;
  /** Which key becomes which file; null: every key under its own name. */
  readonly items: readonly { readonly key: string; readonly path: string }[] | null;
};

export type WorkloadRead = {
  /** Absent: the reader doesn't tell, and no pod is held to it. */
  readonly uid?: string;
  readonly replicas: number;
  /** Label selector of its pods as the API takes it, e.g. `app=search,tier in (a,b)`. */
  readonly selector: string;
  readonly hasSidecar: boolean;
  readonly usesSubPath: boolean;
  readonly configSources: readonly ConfigSource[];
};

export type PodRead = Omit<PodObservation, "status"> & {
  /** Empty until the pod has an address. */
  readonly ip: string;
  readonly adminPort: number;
  /** As its pod template says. */
  readonly adminTls?: PortTls;
  /** Why it isn't a pod of the workload though it has its labels; absent: it is, or nobody asked. */
  readonly stranger?: string;
  /** Why it is never asked, though it belongs to the workload. */
  readonly unaskable?: string;
};

/** The workload that pods must come from. */
export type PodOwner = { readonly name: string; readonly uid: string };
export type ActsRead = { readonly acts: readonly ActObservation[]; readonly isWhole: boolean };
export type ActObject = { readonly name: string; readonly uid: string };

export interface Cluster {
  /** All migrations in the watched namespaces, for the start of the loop. */
  listMigrations(signal: AbortSignal): Promise<readonly MigrationKey[]>;
  /** Undefined when it doesn't exist. */
  readMigration(key: MigrationKey, signal: AbortSignal): Promise<RawMigration | undefined>;
  readWorkload(namespace: string, name: string, signal: AbortSignal): Promise<WorkloadRead | undefined>;
  readNamespaceTerminating(namespace: string, signal: AbortSignal): Promise<boolean>;
  readConfigMap(namespace: string, name: string, signal: AbortSignal): Promise<ConfigMapRead | undefined>;
  /** Pods that match a label selector. With `owner` each is held to come from that workload. */
  listPods(namespace: string, selector: string, signal: AbortSignal, owner?: PodOwner): Promise<readonly PodRead[]>;
  /** Other migrations that name this target. */
  listClaims(
    namespace: string,
    target: string,
    exceptUid: string,
    signal: AbortSignal,
  ): Promise<readonly ClaimObservation[]>;
  /**
   * The acts that name this migration, as many as `pick` keeps: an Abort or Rollback is found among any number of others.
   * `isWhole`: every one was read, and one that was judged and isn't told is gone.
   */
  listActs(meta: MigrationMeta, pick: ActPick, signal: AbortSignal): Promise<ActsRead>;
  /** Exactly this object; one that is gone is success. */
  deleteAct(meta: MigrationMeta, act: ActObject, signal: AbortSignal): Promise<void>;
  /** Makes the act go with its migration, and be found by it; one that is gone is success. */
  ownAct(meta: MigrationMeta, act: ActObject, signal: AbortSignal): Promise<void>;
  /**
   * The RetrieverMigrationPolicies of the migration's namespace, and those that can't be read. None where the API doesn't
   * serve them. ROP_FORBIDDEN without the right to list them.
   */
  listPolicies(
    meta: Pick<MigrationMeta, "namespace" | "uid">,
    signal: AbortSignal,
  ): Promise<readonly PolicyObservation[]>;
  /** Whether the admission policy that proves who an act's actor is stands, and is bound so that it denies. */
  readActIdentityProved(signal: AbortSignal): Promise<boolean>;

  /** Replaces the status; fails with code ROP_CONFLICT when `meta.resourceVersion` is not the current one. Returns the new resourceVersion. */
  writeStatus(meta: MigrationMeta, status: MigrationStatus, signal: AbortSignal): Promise<string>;
  addFinalizer(meta: MigrationMeta, signal: AbortSignal): Promise<void>;
  removeFinalizer(meta: MigrationMeta, signal: AbortSignal): Promise<void>;
  /**
   * Server-side apply of the overlay's ConfigMap with finalizer, no-prune annotations and the intent annotation. With
   * `over` only to exactly that object: ROP_CONFLICT when somebody wrote it since.
   */
  applyOverlay(
    target: { readonly namespace: string; readonly name: string },
    overlay: {
      readonly text: string;
      readonly intent: OverlayIntent;
      readonly force: boolean;
      readonly over?: ObjectVersion;
    },
    signal: AbortSignal,
  ): Promise<void>;
  /** Takes our finalizer off; deletes the ConfigMap when `remove`. Nothing to do is success. */
  releaseOverlay(
    target: { readonly namespace: string; readonly name: string },
    remove: boolean,
    signal: AbortSignal,
  ): Promise<void>;
  annotatePod(namespace: string, pod: string, epoch: number, signal: AbortSignal): Promise<void>;
  announce(meta: MigrationMeta, announcement: Announcement, signal: AbortSignal): Promise<void>;
}
