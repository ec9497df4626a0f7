// Jobs in the cluster: what they are made from, how they stand, and the report they leave.
import type { SyncStatus } from "@retriever/sidecar/contract/sync-status.ts";
import type { StoreIdentity } from "@retriever/stores/config/identity.ts";
import type { JobSeen, JobTemplate } from "#core/model/job-observation.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import type { PodPeer, PortTls } from "#core/model/pod-peer.ts";

export type JobTemplateRead = Omit<JobTemplate, "hasVerifier"> & {
  /** Names of the containers of its pods. */
  readonly containers: readonly string[];
};

export type JobRead = Omit<JobSeen, "pods"> & {
  readonly uid: string;
  /** Epoch ms. */
  readonly createdAt: number;
};

/** One container of a Job's pod. */
export type JobPodRead = {
  readonly name: string;
  readonly partition: number;
  /** Empty until the pod has an address. */
  readonly ip: string;
  readonly uid: string;
  /** Port by the contract's name; 0 when the container names none. */
  readonly reportPort: number;
  readonly reportTls?: PortTls;
  readonly running: boolean;
  readonly ended: { readonly exitCode: number; readonly at: number; readonly message: string } | null;
};

/** Whose pods are listed; a Job that is gone is known by its name alone. */
export type JobOfPod = { readonly name: string; readonly uid: string | null };

export type JobWish = {
  readonly name: string;
  readonly template: string;
  /** ISO 8601; null: the annotation is left out. */
  readonly since: string | null;
  /** Digest of the reports that it repairs from; absent: it is no repair. */
  readonly digest?: string;
};

export type KeptReport = {
  readonly job: string;
  readonly partition: number;
  readonly text: string;
  /** The report's own. */
  readonly digest: string;
};

/** What a ConfigMap keeps of reports. */
export type KeptReports = {
  /** Job whose reports they are. */
  readonly job: string;
  /** Those of partitions 0, 1 and so on, as far as they are kept without a gap. */
  readonly digests: readonly string[];
};

/** From one ConfigMap to another, by names. */
export type ReportMove = { readonly from: string; readonly to: string };

export interface Jobs {
  /** A CronJob; undefined when it doesn't exist. */
  readTemplate(namespace: string, name: string, signal: AbortSignal): Promise<JobTemplateRead | undefined>;
  /** Jobs that carry the migration's uid, oldest first. */
  listJobs(namespace: string, migrationUid: string, signal: AbortSignal): Promise<readonly JobRead[]>;
  /** Pods that a Job owns, as one of their containers stands. */
  listPods(namespace: string, job: JobOfPod, container: string, signal: AbortSignal): Promise<readonly JobPodRead[]>;
  /**
   * Makes a Job whose spec is the template's. One that is there already and is ours is success; somebody else's of that
   * name fails with ROP_NAME_TAKEN, a missing or running template with ROP_NOT_FOUND or ROP_INVALID.
   */
  createJob(meta: MigrationMeta, wish: JobWish, signal: AbortSignal): Promise<void>;
  /** Deletes a Job of this migration with its pods. One that is gone, or isn't ours, is left alone. */
  deleteJob(meta: MigrationMeta, name: string, signal: AbortSignal): Promise<void>;
  /** What the ConfigMap keeps; undefined: no report. */
  readReportOf(namespace: string, configMap: string, signal: AbortSignal): Promise<KeptReports | undefined>;
  /** Keeps a report in the ConfigMap; those of another Job make room for it. */
  keepReport(meta: MigrationMeta, configMap: string, report: KeptReport, signal: AbortSignal): Promise<void>;
  /**
   * Puts the kept reports, as they are, into another ConfigMap beside an overlay. One that isn't ours is left alone:
   * ROP_NAME_TAKEN; where nothing is kept: ROP_NOT_FOUND.
   */
  placeReports(meta: MigrationMeta, move: ReportMove, overlay: string, signal: AbortSignal): Promise<void>;
}

export interface Reports {
  /** Whether a verifier has its report ready; false as long as it compares. Rejects when it can't be reached. */
  isReady(peer: PodPeer, signal: AbortSignal): Promise<boolean>;
  /**
   * Gives a sync leave to remove for a minute, or takes it back, and says how far it then is. Rejects when it can't be
   * reached, or is about other stores.
   */
  readSync(peer: PodPeer, removals: "allow" | "hold", stores: ReportStores, signal: AbortSignal): Promise<SyncStatus>;
  /** A report, proved by its digest and about these stores. Fetching it lets the verifier end. */
  fetch(peer: PodPeer, maxBytes: number, stores: ReportStores, signal: AbortSignal): Promise<ProvedReport>;
}

/** The text as it came, and the digest in it. */
export type ProvedReport = Pick<KeptReport, "text" | "digest">;

/** Digests of the identities. */
export type ReportStores = { readonly source: StoreIdentity; readonly destination: StoreIdentity };
