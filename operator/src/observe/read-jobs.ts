// The Jobs of a migration, read while a phase asks for them.
import { copiesData, syncsData } from "@retriever/crds/spec/data-spec.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import {
  adminServerName,
  copyContainer,
  copyTemplateName,
  repairContainer,
  repairTemplateName,
  reportPort,
  syncContainer,
  syncTemplateName,
  verifyContainer,
  verifyTemplateName,
} from "@retriever/sidecar/contract/names.ts";
import { repairSummarySchema } from "@retriever/sidecar/contract/repair-summary.ts";
import { verifySummarySchema } from "@retriever/sidecar/contract/verify-report.ts";
import type { z } from "zod";
import { configMapNameOf } from "#core/model/config-map-name.ts";
import type {
  CopyTemplate,
  JobSeen,
  JobsObservation,
  JobTemplate,
  RepairTemplate,
  SyncReading,
  SyncTemplate,
  VerifyPod,
} from "#core/model/job-observation.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import type { Observation } from "#core/model/observation.ts";
import { type PodPeer, peerOf } from "#core/model/pod-peer.ts";
import type { Read } from "#core/model/workload.ts";
import { asksForJobs, mayRemove, mayRepair } from "#core/verification/purpose.ts";
import { openRun, openWriter, type Writer, writers } from "#core/verification/runs.ts";
import type { JobPodRead, JobRead, Jobs, JobTemplateRead } from "#ports/jobs.ts";
import { mapBounded } from "#timing/bounded.ts";
import { attempt, type ReadDeadline } from "./attempt.ts";
import type { ObserveDeps } from "./observe-deps.ts";

type Asked = { readonly meta: MigrationMeta; readonly plan: MigrationSpec; readonly status: MigrationStatus };

/** Verifiers asked at a time whether their report is ready. */
const askedAtOnce = 8;
/** Of last words that are no summary: a code and a sentence. */
const mostWords = 300;

/** Empty where nobody asks. Never rejects. */
export async function readJobs(
  asked: Asked,
  deps: ObserveDeps,
  deadline: ReadDeadline,
): Promise<Pick<Observation, "jobs">> {
  if (!asksForJobs(asked.plan, asked.status)) return {};
  return { jobs: await attempt(deadline, "jobs", (signal) => observeJobs(asked, deps, deadline, signal)) };
}

async function observeJobs(
  { meta, plan, status }: Asked,
  deps: ObserveDeps,
  deadline: ReadDeadline,
  signal: AbortSignal,
): Promise<JobsObservation> {
  const { namespace, uid } = meta;
  const { jobs } = deps;
  const run = openRun(status);
  const [templates, listed, kept] = await Promise.all([
    readTemplates({ meta, plan, status }, jobs, signal),
    jobs.listJobs(namespace, uid, signal),
    run === undefined ? undefined : jobs.readReportOf(namespace, configMapNameOf(meta, "drift"), signal),
  ]);
  const seen = await Promise.all(
    listed.map(async (job): Promise<JobSeen> => {
      const { name, state, message, partitions } = job;
      const container = containerOf(job, status);
      const serverName = adminServerName(plan.target.name, namespace);
      const reads = { deps, deadline, signal, status, serverName };
      const pods = container === undefined ? [] : await podsOf({ job, namespace, container }, reads);
      return { name, state, message, partitions, pods };
    }),
  );
  return {
    ...templates,
    jobs: [...seen, ...(await leftBehind({ meta, status, listed }, jobs, signal))],
    reportOf: kept?.job ?? null,
    ...(kept === undefined ? {} : { reportDigests: kept.digests }),
  };
}

type Leaving = Pick<Asked, "meta" | "status"> & { readonly listed: readonly JobRead[] };

/** Writers whose Job is gone while their pods run on: whatever deletes a Job, its pods end later, or never as orphans. */
async function leftBehind({ meta, status, listed }: Leaving, jobs: Jobs, signal: AbortSignal): Promise<JobSeen[]> {
  const open = writers.flatMap((which) => {
    const name = openWriter(status, which)?.job;
    return name === undefined || listed.some((job) => job.name === name) ? [] : [{ name, container: writing[which] }];
  });
  const found = await Promise.all(
    open.map(async ({ name, container }): Promise<JobSeen[]> => {
      const pods = await jobs.listPods(meta.namespace, { name, uid: null }, container, signal);
      if (pods.every(({ ended }) => ended !== null)) return [];
      return [{ name, state: "running", isGone: true, message: "", partitions: 1, pods: [] }];
    }),
  );
  return found.flat();
}

type Templates = Pick<JobsObservation, "verifier" | "copier" | "syncer" | "repairer" | "tests">;

/** Those that the plan may make Jobs of; null: it isn't there. */
async function readTemplates({ meta, plan, status }: Asked, jobs: Jobs, signal: AbortSignal): Promise<Templates> {
  const target = plan.target.name;
  const { smokeTests } = plan.checklist;
  const read = async <T>(name: string, describe: (template: JobTemplateRead) => T): Promise<T | null> => {
    const template = await jobs.readTemplate(meta.namespace, name, signal);
    return template === undefined ? null : describe(template);
  };
  const [verifier, copier, syncer, repairer, tests] = await Promise.all([
    read(verifyTemplateName(target), toTemplate),
    copiesData(plan) ? read(copyTemplateName(target), toCopyTemplate) : undefined,
    syncsData(plan) ? read(syncTemplateName(target), toSyncTemplate) : undefined,
    mayRepair(status) ? read(repairTemplateName(target), toRepairTemplate) : undefined,
    Promise.all(smokeTests.policy === "Require" ? smokeTests.cronJobs.map((name) => read(name, toTemplate)) : []),
  ]);
  return {
    verifier,
    ...(copier === undefined ? {} : { copier }),
    ...(syncer === undefined ? {} : { syncer }),
    ...(repairer === undefined ? {} : { repairer }),
    tests: tests.filter((test) => test !== null),
  };
}

/** The container of a Job's pods that says something now; undefined: none does. */
function containerOf({ name, state }: JobRead, status: MigrationStatus): string | undefined {
  if (name === openRun(status)?.job) return verifyContainer;
  if (name === openWriter(status, "sync")?.job) return syncContainer;
  if (state === "running") return undefined;
  if (name === openWriter(status, "repair")?.job) return repairContainer;
  return name === openWriter(status, "copy")?.job ? copyContainer : undefined;
}

/** Smoke tests must not have the rights of these. */
const writing: Readonly<Record<Writer, string>> = {
  copy: copyContainer,
  sync: syncContainer,
  repair: repairContainer,
};

function toTemplate({ name, suspended, containers }: JobTemplateRead): JobTemplate {
  return {
    name,
    suspended,
    hasVerifier: containers.includes(verifyContainer),
    ...(containers.some((container) => Object.values(writing).includes(container)) ? { hasWriter: true } : {}),
  };
}

function toCopyTemplate({ name, suspended, containers }: JobTemplateRead): CopyTemplate {
  return { name, suspended, hasCopier: containers.includes(copyContainer) };
}

function toSyncTemplate({ name, suspended, containers }: JobTemplateRead): SyncTemplate {
  return { name, suspended, hasSyncer: containers.includes(syncContainer) };
}

function toRepairTemplate({ name, suspended, containers }: JobTemplateRead): RepairTemplate {
  return { name, suspended, hasRepairer: containers.includes(repairContainer) };
}

type JobOf = { readonly job: JobRead; readonly namespace: string; readonly container: string };
type JobReads = {
  readonly deps: ObserveDeps;
  readonly deadline: ReadDeadline;
  readonly signal: AbortSignal;
  readonly status: MigrationStatus;
  readonly serverName: string;
};

async function podsOf({ job, namespace, container }: JobOf, reads: JobReads): Promise<VerifyPod[]> {
  const pods = await reads.deps.jobs.listPods(namespace, job, container, reads.signal);
  return mapBounded(pods, askedAtOnce, async (pod): Promise<VerifyPod> => {
    const { name, partition, ended } = pod;
    return {
      name,
      partition,
      exitCode: ended?.exitCode ?? null,
      endedAt: ended?.at ?? 0,
      ...lastWordsOf(ended?.message ?? "", container),
      report: container === verifyContainer ? await reportOf(pod, reads) : null,
      ...(container === syncContainer && pod.running ? { sync: await readingOf(pod, reads) } : {}),
    };
  });
}

function lastWordsOf(said: string, container: string): Pick<VerifyPod, "summary" | "repaired" | "words"> {
  const summary = parseStrictly(said, verifySummarySchema);
  const repaired = container === repairContainer ? parseStrictly(said, repairSummarySchema) : null;
  const words = summary === null && repaired === null ? said.trim().slice(0, mostWords) : "";
  return { summary, words, ...(repaired === null ? {} : { repaired }) };
}

/** Strict: what isn't exactly a summary is none. */
function parseStrictly<T>(text: string, schema: z.ZodType<T>): T | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** A verifier that can't be asked is still comparing, as far as anybody can tell. */
async function reportOf(pod: JobPodRead, reads: JobReads): Promise<VerifyPod["report"]> {
  if (!pod.running || pod.ip === "" || pod.reportPort === 0) return null;
  const { deps, deadline } = reads;
  const peer = peerIn(pod, reads);
  const ready = await attempt(deadline, `report of ${pod.name}`, (signal) => deps.reports.isReady(peer, signal));
  return ready.ok && ready.value ? peer : null;
}

function peerIn({ ip: address, reportPort: port, reportTls: tls, uid }: JobPodRead, { serverName }: JobReads): PodPeer {
  return peerOf({ address, port, uid, tls }, serverName);
}

async function readingOf(pod: JobPodRead, reads: JobReads): Promise<Read<SyncReading>> {
  const { name } = pod;
  const { deps, deadline, status } = reads;
  const { source, destination } = status;
  if (pod.ip === "" || pod.reportPort === 0 || source === undefined || destination === undefined)
    return { ok: false, why: `pod ${name} serves nothing on a port ${reportPort}` };
  return attempt(deadline, `sync of ${name}`, async (signal): Promise<SyncReading> => {
    const removals = mayRemove(status) ? "allow" : "hold";
    const peer = peerIn(pod, reads);
    const told = await deps.reports.readSync(peer, removals, { source, destination }, signal);
    const { state, lagSeconds, backlog, refused, verified, fault } = told;
    return {
      state,
      lagSeconds,
      backlog,
      refused: refused.count,
      removals: told.removals,
      verified: verified && { ageSeconds: verified.ageSeconds, left: verified.left },
      fault: fault && { code: fault.code, message: fault.message.slice(0, mostWords) },
    };
  });
}
