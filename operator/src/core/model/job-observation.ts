// What was seen of the Jobs that a migration asked for, and of what they are made from. Data only.
import type { RepairSummary } from "@retriever/sidecar/contract/repair-summary.ts";
import type { SyncStatus } from "@retriever/sidecar/contract/sync-status.ts";
import type { VerifySummary } from "@retriever/sidecar/contract/verify-report.ts";
import type { PodPeer } from "./pod-peer.ts";
import type { Read } from "./workload.ts";

/** A CronJob that Jobs are made from. */
export type JobTemplate = {
  readonly name: string;
  /** One that isn't suspended would also run by itself. */
  readonly suspended: boolean;
  /** Whether its pods have a container named retriever-verify. */
  readonly hasVerifier: boolean;
  /** Whether they have one that writes to a store; absent: they have none. */
  readonly hasWriter?: boolean;
};

/** A pod of a verification, copy or sync. */
export type VerifyPod = {
  readonly name: string;
  /** Completion index; 0 unless the Job is Indexed. */
  readonly partition: number;
  /** Null until the verifier ended. */
  readonly exitCode: number | null;
  /** Epoch ms; 0 until the verifier ended. */
  readonly endedAt: number;
  /** What it said at its end; null: nothing, or nothing that can be read. */
  readonly summary: VerifySummary | null;
  /** The beginning of last words that are no summary; empty otherwise. */
  readonly words: string;
  /** Where its report can be fetched now; null: nowhere. */
  readonly report: PodPeer | null;
  /** What a repair said at its end; absent: nothing, or nothing that can be read. */
  readonly repaired?: RepairSummary;
  /** Of a running sync. */
  readonly sync?: Read<SyncReading>;
};

export type JobSeen = {
  readonly name: string;
  readonly state: "running" | "succeeded" | "failed";
  /** It was deleted, and its pods haven't ended yet: they write on for as long as they are given. */
  readonly isGone?: true;
  /** Why it failed, as the cluster says it; may be empty. */
  readonly message: string;
  /** Completions it needs; a verification is cut into as many partitions. */
  readonly partitions: number;
  /** Read of the verification and the sync under way, and of what writes and has just ended. */
  readonly pods: readonly VerifyPod[];
};

/** How far a sync is, as its pod says now. */
export type SyncReading = Pick<SyncStatus, "state" | "lagSeconds" | "backlog" | "removals" | "fault"> & {
  /** Chunks that the destination refuses. */
  readonly refused: number;
  /** The last full verification: how long ago it began, and how many differences it left. */
  readonly verified: { readonly ageSeconds: number; readonly left: number } | null;
};

/** The CronJob that syncs are made from. */
export type SyncTemplate = Omit<JobTemplate, "hasVerifier"> & {
  /** Whether its pods have a container named retriever-sync. */
  readonly hasSyncer: boolean;
};

/** The CronJob that copies are made from. */
export type CopyTemplate = Omit<JobTemplate, "hasVerifier"> & {
  /** Whether its pods have a container named retriever-copy. */
  readonly hasCopier: boolean;
};

/** The CronJob that repairs are made from. */
export type RepairTemplate = Omit<JobTemplate, "hasVerifier"> & {
  /** Whether its pods have a container named retriever-repair. */
  readonly hasRepairer: boolean;
};

export type JobsObservation = {
  /** What verifications are made from; null when there is no such CronJob. */
  readonly verifier: JobTemplate | null;
  /** What copies are made from; null when there is no such CronJob, absent where the plan asks for none. */
  readonly copier?: CopyTemplate | null;
  /** What syncs are made from; null when there is no such CronJob, absent where the plan asks for none. */
  readonly syncer?: SyncTemplate | null;
  /** What repairs are made from; null when there is no such CronJob, absent where nothing can be repaired. */
  readonly repairer?: RepairTemplate | null;
  /** What smoke tests are made from; those that exist. */
  readonly tests: readonly JobTemplate[];
  /** The Jobs that carry the migration's uid. */
  readonly jobs: readonly JobSeen[];
  /** Job whose report is kept; null: none. */
  readonly reportOf: string | null;
  /** Digests of the reports that are kept, of partition 0, 1 and so on. */
  readonly reportDigests?: readonly string[];
};
