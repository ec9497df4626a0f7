// The Jobs of a toy cluster: a verification takes its time and then says what the stores differ in.

import type { Effect } from "@retriever/operator/core/model/decision.ts";
import { isSameData } from "@retriever/operator/core/model/deep-equal.ts";
import type { JobSeen, JobsObservation, SyncReading } from "@retriever/operator/core/model/job-observation.ts";
import { copyTemplateName, repairTemplateName, syncTemplateName } from "@retriever/sidecar/contract/names.ts";
import { type DifferenceCounts, driftOf, type VerifySummary } from "@retriever/sidecar/contract/verify-report.ts";
import type { StoreIdentity } from "@retriever/stores/config/identity.ts";
import type { PodTime } from "./toy-pod.ts";

/** What a verification would find now. cannot: it would end without an answer. */
type Parity = Partial<DifferenceCounts> & { readonly cannot?: boolean };

type JobEffect = Extract<Effect, { kind: "createJob" | "keepReport" | "deleteJobs" }>;

/** Whether an effect is about Jobs. */
export function isJobEffect(effect: Effect): effect is JobEffect {
  return effect.kind === "createJob" || effect.kind === "keepReport" || effect.kind === "deleteJobs";
}

type Asked = {
  readonly what: "copy" | "sync" | "repair" | "other";
  readonly name: string;
  readonly since: string | null;
  /** Of the report that a repair works from. */
  readonly digest: string;
  readonly askedMs: number;
  readonly endMs: number;
  /** By the pods' own clock: a Job lasts no longer because the wall clock is put back. */
  readonly doneAtMs: number;
  readonly found: Parity;
};
type Stores = { readonly source: StoreIdentity; readonly destination: StoreIdentity };

const none: DifferenceCounts = { missing: 0, extra: 0, stale: 0, payload: 0, vector: 0, lagging: 0 };
const chunks = 5000;
const inStep: SyncReading = {
  state: "following",
  lagSeconds: 6,
  backlog: 0,
  refused: 0,
  removals: "never",
  verified: { ageSeconds: 600, left: 0 },
  fault: null,
};

const toyDigest = "0".repeat(64);

function whatIsMadeOf(template: string): Asked["what"] {
  const names = { copy: copyTemplateName(""), sync: syncTemplateName(""), repair: repairTemplateName("") } as const;
  const kinds = Object.keys(names) as (keyof typeof names)[];
  return kinds.find((kind) => template.endsWith(names[kind])) ?? "other";
}

/** One Job a verification, each in one pod. It finds what was so when it began. */
export class ToyVerifier {
  /** Whether there is a CronJob to make Jobs from. */
  hasTemplate = true;
  /** Smoke tests that there are, and whether they pass. */
  tests: Readonly<Record<string, boolean>> = {};
  /** How a copy ends; refused: its Job isn't let in; none: there is no CronJob to make one from. */
  copier: "completes" | "fails" | "refused" | "none" = "completes";
  /** How far a sync is; fails: its Job ends; none: there is no CronJob to make one from. */
  sync: Partial<SyncReading> | "fails" | "none" = {};
  parity: Parity = {};
  /** Whether the reports of verifications are kept. */
  keepsReports = false;
  /** How a repair ends; leaves: chunks are open; refused: its Job isn't let in; none: there is no CronJob to make one from. */
  repairer: "completes" | "leaves" | "fails" | "refused" | "none" = "completes";
  takesMs: number;
  readonly #stores: Stores;
  #jobs: readonly Asked[] = [];

  constructor(stores: Stores, takesMs: number) {
    this.#stores = stores;
    this.takesMs = takesMs;
  }

  apply(effect: JobEffect, { nowMs, elapsedMs }: PodTime): void {
    if (effect.kind === "deleteJobs") this.#jobs = this.#jobs.filter(({ name }) => !effect.jobs.includes(name));
    if (effect.kind !== "createJob" || this.#jobs.some(({ name }) => name === effect.job)) return;
    const passes = this.tests[effect.template];
    const found = passes === undefined ? this.#differences(elapsedMs) : { cannot: !passes };
    const { job: name, since } = effect;
    const what = whatIsMadeOf(effect.template);
    if (what === "copy" && this.copier === "refused") return;
    if (what === "repair" && this.repairer === "refused") return;
    const digest = effect.repair?.digest ?? "";
    const ends = { endMs: nowMs + this.takesMs, doneAtMs: elapsedMs + this.takesMs };
    this.#jobs = [...this.#jobs, { what, name, since, digest, askedMs: nowMs, ...ends, found }];
  }

  observe({ elapsedMs }: Pick<PodTime, "elapsedMs">): JobsObservation {
    const { copier } = this;
    return {
      copier: copier === "none" ? null : { name: "copier", suspended: true, hasCopier: true },
      syncer: this.sync === "none" ? null : { name: "syncer", suspended: true, hasSyncer: true },
      verifier: this.hasTemplate ? { name: "verifier", suspended: true, hasVerifier: true } : null,
      tests: Object.keys(this.tests).map((name) => ({ name, suspended: true, hasVerifier: false })),
      jobs: this.#jobs.map((job) => this.#seen(job, elapsedMs)),
      repairer: this.repairer === "none" ? null : { name: "repairer", suspended: true, hasRepairer: true },
      reportOf: null,
      ...this.#kept(elapsedMs),
    };
  }

  #kept(elapsedMs: number): Partial<JobsObservation> {
    const last = this.#jobs.findLast(({ what, doneAtMs }) => what === "other" && elapsedMs >= doneAtMs);
    return this.keepsReports && last !== undefined ? { reportOf: last.name, reportDigests: [toyDigest] } : {};
  }

  /** A copy brings what it found missing when it began; what only the destination has stays. */
  #differences(elapsedMs: number): Parity {
    const isMended = this.#jobs.some(
      ({ what, doneAtMs, found }) => what === "copy" && elapsedMs >= doneAtMs && isSameData(found, this.parity),
    );
    return isMended && this.copier === "completes" ? { extra: this.parity.extra ?? 0 } : this.parity;
  }

  #seen(job: Asked, elapsedMs: number): JobSeen {
    const { name, endMs, doneAtMs, found } = job;
    if (job.what === "sync") return this.#syncing(name);
    if (elapsedMs < doneAtMs) return { name, state: "running", message: "", partitions: 1, pods: [] };
    if (job.what === "repair") return this.#repaired(job);
    if (job.what === "copy") {
      const state = this.copier === "completes" ? "succeeded" : "failed";
      return { name, state, message: "BackoffLimitExceeded", partitions: 1, pods: [] };
    }
    const summary = this.#summaryOf(job);
    const exitCode = { equal: 0, drift: 1, unknown: 2 }[summary.outcome];
    const pod = { name: `${name}-0`, partition: 0, exitCode, endedAt: endMs, summary, words: "", report: null };
    const isGood = found.cannot !== true && exitCode === 0;
    return { name, state: isGood ? "succeeded" : "failed", message: "", partitions: 1, pods: [pod] };
  }

  /** Of what the verification before it found. */
  #repaired({ name, digest, endMs, found }: Asked): JobSeen {
    const { repairer } = this;
    const named = (found.extra ?? 0) + (found.stale ?? 0) + (found.payload ?? 0) + (found.vector ?? 0);
    const open = repairer === "leaves" ? 1 : 0;
    const { source, destination } = this.#stores;
    const counts = { named, written: named - open, removed: 0, open };
    const stores = { source: source.digest, destination: destination.digest, to: "source" } as const;
    const said = repairer === "fails" ? {} : { repaired: { schema: 1 as const, digest, ...stores, ...counts } };
    const words = repairer === "fails" ? "RETR_STORE_UNAVAILABLE: no answer" : "";
    const exitCode = repairer === "fails" ? 2 : open;
    const end = { exitCode, endedAt: endMs, summary: null, words, report: null };
    const pod = { name: `${name}-0`, partition: 0, ...end, ...said };
    return { name, state: exitCode === 0 ? "succeeded" : "failed", message: "", partitions: 1, pods: [pod] };
  }

  #syncing(name: string): JobSeen {
    const { sync } = this;
    if (typeof sync === "string")
      return { name, state: "failed", message: "BackoffLimitExceeded", partitions: 1, pods: [] };
    const value = { ...inStep, ...sync };
    const pod = { name: `${name}-0`, partition: 0, exitCode: null, endedAt: 0, summary: null, words: "", report: null };
    return { name, state: "running", message: "", partitions: 1, pods: [{ ...pod, sync: { ok: true, value } }] };
  }

  #summaryOf({ since, askedMs, endMs, found }: Asked): VerifySummary {
    const { cannot = false, ...more } = found;
    const counts: DifferenceCounts = { ...none, ...more };
    const at = new Date(endMs).toISOString();
    return {
      schema: 1,
      outcome: cannot ? "unknown" : driftOf(counts) === 0 ? "equal" : "drift",
      reason: cannot ? "a store did not answer" : null,
      startedAt: new Date(askedMs).toISOString(),
      finishedAt: at,
      scope: { level: "fresh", since, partition: { index: 0, count: 1 }, sample: 1, lagSeconds: 5 },
      source: this.#stores.source.digest,
      destination: this.#stores.destination.digest,
      read: { source: chunks, destination: chunks - counts.missing + counts.extra },
      counts,
      newestDifferenceAt: driftOf(counts) === 0 ? null : at,
      ids: driftOf(counts) === 0 ? [] : ["chunk-1"],
      digest: toyDigest,
    };
  }
}
