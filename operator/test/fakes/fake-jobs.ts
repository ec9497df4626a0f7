// Jobs in memory: the port's promises, and what a cluster that runs them does.

import { verifyContainer } from "@retriever/sidecar/contract/names.ts";
import type { SyncStatus } from "@retriever/sidecar/contract/sync-status.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import type { PodPeer } from "#core/model/pod-peer.ts";
import { OperatorError } from "#errors.ts";
import type {
  JobOfPod,
  JobPodRead,
  JobRead,
  Jobs,
  JobTemplateRead,
  JobWish,
  KeptReport,
  KeptReports,
  ProvedReport,
  ReportMove,
  Reports,
} from "#ports/jobs.ts";

type Stored = { job: JobRead; readonly migrationUid: string; readonly wish: JobWish; pods: JobPodRead[] };

/** Every write is written down in `journal`, e.g. `created docs-verify-preflight-1-abc123`. */
export class FakeJobs implements Jobs {
  readonly journal: string[] = [];
  readonly templates = new Map<string, JobTemplateRead>();
  readonly stored = new Map<string, Stored>();
  readonly kept = new Map<string, { readonly job: string; readonly reports: Map<number, ProvedReport> }>();
  /** Overlays beside placed reports, by ConfigMap. */
  readonly overlays = new Map<string, string>();
  /** ConfigMaps that are somebody else's, and Jobs that the API server lets nobody delete. */
  readonly takenMaps = new Set<string>();
  readonly undeletable = new Set<string>();
  /** Pods that haven't ended, of Jobs that are gone; by the Job's name. */
  readonly lingering = new Map<string, readonly JobPodRead[]>();
  fault: unknown;
  #made = 0;

  /** A suspended CronJob with the verifier in it. */
  addTemplate(name: string, more: Partial<JobTemplateRead> = {}): void {
    this.templates.set(name, { name, suspended: true, containers: [verifyContainer], ...more });
  }

  /** What the Job controller and the kubelet make of a Job. */
  run(name: string, state: JobRead["state"], pods: readonly Partial<JobPodRead>[] = []): void {
    const stored = this.stored.get(name);
    if (stored === undefined) throw new Error(`no Job ${name}`);
    stored.job = { ...stored.job, state };
    stored.pods = pods.map((pod, index) => ({
      name: `${name}-${index}`,
      partition: index,
      ip: `ip-${name}-${index}`,
      uid: `uid-${name}-${index}`,
      reportPort: 7091,
      running: state === "running",
      ended: null,
      ...pod,
    }));
  }

  async readTemplate(_namespace: string, name: string): Promise<JobTemplateRead | undefined> {
    this.#enter();
    return this.templates.get(name);
  }

  async listJobs(_namespace: string, migrationUid: string): Promise<readonly JobRead[]> {
    this.#enter();
    return [...this.stored.values()].filter((one) => one.migrationUid === migrationUid).map(({ job }) => job);
  }

  async listPods(_namespace: string, job: JobOfPod): Promise<readonly JobPodRead[]> {
    this.#enter();
    return this.stored.get(job.name)?.pods ?? (job.uid === null ? this.lingering.get(job.name) : undefined) ?? [];
  }

  async createJob(meta: MigrationMeta, wish: JobWish): Promise<void> {
    this.#enter();
    const template = this.templates.get(wish.template);
    if (template === undefined) throw new OperatorError("ROP_NOT_FOUND", wish.template);
    if (!template.suspended) throw new OperatorError("ROP_INVALID", wish.template);
    const there = this.stored.get(wish.name);
    if (there !== undefined && there.migrationUid !== meta.uid) throw new OperatorError("ROP_NAME_TAKEN", wish.name);
    if (there !== undefined) return;
    this.#made += 1;
    const job: JobRead = {
      name: wish.name,
      uid: `uid-${wish.name}`,
      createdAt: this.#made,
      state: "running",
      message: "",
      partitions: 1,
    };
    this.stored.set(wish.name, { job, migrationUid: meta.uid, wish, pods: [] });
    this.journal.push(`created ${wish.name}`);
  }

  async deleteJob(meta: MigrationMeta, name: string): Promise<void> {
    this.#enter();
    if (this.undeletable.has(name)) throw new OperatorError("ROP_FORBIDDEN", `delete jobs.batch ${name}`);
    if (this.stored.get(name)?.migrationUid !== meta.uid) return;
    this.stored.delete(name);
    this.journal.push(`deleted ${name}`);
  }

  async readReportOf(_namespace: string, configMap: string): Promise<KeptReports | undefined> {
    this.#enter();
    const kept = this.kept.get(configMap);
    if (kept === undefined) return undefined;
    const { job, reports } = kept;
    return { job, digests: Array.from({ length: reports.size }, (_, index) => reports.get(index)?.digest ?? "") };
  }

  async placeReports(_meta: MigrationMeta, { from, to }: ReportMove, overlay: string): Promise<void> {
    this.#enter();
    const kept = this.kept.get(from);
    if (kept === undefined) throw new OperatorError("ROP_NOT_FOUND", from);
    this.kept.set(to, kept);
    this.overlays.set(to, overlay);
    this.journal.push(`placed ${from} as ${to}`);
  }

  async keepReport(_meta: MigrationMeta, configMap: string, kept: KeptReport): Promise<void> {
    this.#enter();
    if (this.takenMaps.has(configMap)) throw new OperatorError("ROP_NAME_TAKEN", configMap);
    const { job, partition, ...report } = kept;
    const before = this.kept.get(configMap);
    const reports = before?.job === job ? before.reports : new Map<number, ProvedReport>();
    this.kept.set(configMap, { job, reports: reports.set(partition, report) });
    this.journal.push(`kept ${configMap} of ${job}`);
  }

  #enter(): void {
    if (this.fault !== undefined) throw this.fault;
  }
}

/** Reports by address; an address without one is still comparing. */
export class FakeReports implements Reports {
  readonly texts = new Map<string, string>();
  /** Syncs by address. */
  readonly syncs = new Map<string, SyncStatus>();

  /** What syncs were told of removals. */
  readonly leaves: string[] = [];

  async readSync({ address }: PodPeer, removals: string): Promise<SyncStatus> {
    this.leaves.push(removals);
    const told = this.syncs.get(address);
    if (told === undefined) throw new OperatorError("ROP_SIDECAR_UNREACHABLE", address);
    return told;
  }

  async isReady({ address }: PodPeer): Promise<boolean> {
    return this.texts.has(address);
  }

  async fetch({ address }: PodPeer): Promise<ProvedReport> {
    const text = this.texts.get(address);
    if (text === undefined) throw new OperatorError("ROP_SIDECAR_UNREACHABLE", address);
    this.texts.delete(address);
    return { text, digest: "d".repeat(64) };
  }
}
