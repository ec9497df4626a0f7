// What is written to the source is brought to the destination, from before the first sample until the application's writers
// have moved. Reads move at the cutover and writes don't, so it goes on after it.
import { durationSeconds, printDuration } from "@retriever/crds/fields/duration.ts";
import { syncsData } from "@retriever/crds/spec/data-spec.ts";
import type { WriterRun } from "@retriever/crds/status/writer-status.ts";
import { syncTemplateName } from "@retriever/sidecar/contract/names.ts";
import { plural } from "@retriever/stores/values/plural.ts";
import type { Context } from "../model/context.ts";
import type { JobSeen, SyncReading } from "../model/job-observation.ts";
import type { Fact } from "../model/status-readings.ts";
import type { Read } from "../model/workload.ts";
import { msSince } from "../time/not-ahead.ts";
import { driftResolvedFact } from "../verification/drift-resolved.ts";
import { isSyncing, syncRemoves } from "../verification/purpose.ts";
import { jobNameOf, openCopy, openWriter } from "../verification/runs.ts";
import { stopWriter, wantedWriter } from "../verification/writer-runs.ts";
import { type Blocking, disagreementOf, judgeCopy } from "./copy.ts";
import { judgeStoreWrites } from "./policies.ts";

/** The context with a sync in its status where one is due, and with an end to one that isn't wanted any more. */
export function keepSyncing(c: Context): Context {
  const open = openWriter(c.status, "sync");
  if (open !== undefined) {
    const isWanted = wantedWriter(c, "sync") !== undefined && judgeStoreWrites(c) !== "forbidden";
    return isWanted ? c : { ...c, status: stopWriter(c.status, "sync", c.nowIso) };
  }
  if (c.meta.deleting || judgeSync(c)?.reason !== syncDue) return c;
  const { planHash, sync: last } = c.status;
  const number = (last?.number ?? 0) + 1;
  const failures = last?.planHash === planHash ? last.failures : undefined;
  const sync = {
    number,
    job: jobNameOf(c.meta, "sync", number),
    planHash,
    askedAt: c.nowIso,
    ...(failures === undefined ? {} : { failures }),
  };
  return { ...c, status: { ...c.status, sync } };
}

const syncDue = "SyncDue";

/**
 * The fact behind the condition DataSynced; undefined where the plan asks for no sync. True: the destination is as far
 * behind as the plan lets it be, everything was compared lately, and nothing is refused.
 */
export function judgeSync(c: Context): Fact | undefined {
  if (!syncsData(c.plan)) return undefined;
  const open = openWriter(c.status, "sync");
  if (open !== undefined) return openFact(c, open);
  const { acts } = c.status;
  if (acts?.writersMoved !== undefined)
    return unknown(
      "WritersMoved",
      `${acts.writersMoved.actor} said that the writers moved: nothing is synced any more`,
    );
  if (!isSyncing(c.status)) return unknown("SyncStopped", "nothing is synced any more");
  return waitingFact(c);
}

function unknown(reason: string, message: string): Fact {
  return { status: "Unknown", reason, message };
}

const longestPauseSeconds = 3600;
const shortestPauseSeconds = 30;

/** Each failure in a row doubles it, up to an hour. */
function pauseSeconds(failures: number): number {
  return Math.min(longestPauseSeconds, shortestPauseSeconds * 2 ** Math.max(0, Math.min(20, failures - 1)));
}

/** Why nothing is synced although it should be. */
function waitingFact(c: Context): Fact {
  const isOfPlan = c.status.sync?.planHash === c.status.planHash;
  const failed = isOfPlan ? failedFact(c) : undefined;
  return failed ?? refusalOf(c, isOfPlan) ?? unknown(syncDue, "the sync is about to begin");
}

/** Of a run that ended by itself, until the next one is due. */
function failedFact({ status: { sync }, now }: Context): Fact | undefined {
  const { outcome, at, message } = sync?.result ?? {};
  if (outcome !== "Failed" && outcome !== "NotStarted") return undefined;
  const wait = pauseSeconds(sync?.failures ?? 1);
  if (msSince(at, now) >= wait * 1000) return undefined;
  const reason = outcome === "Failed" ? "SyncFailed" : "SyncNotStarted";
  return { status: "False", reason, message: `${message}; it is begun again after ${printDuration(wait)}` };
}

/** Who has to agree, and what has to be over. An approval counts for as long as its plan is followed. */
function refusalOf(c: Context, isApproved: boolean): Fact | undefined {
  const writes = judgeStoreWrites(c);
  if (writes === "forbidden") return unknown("SyncForbidden", "a policy of this namespace lets no store be written to");
  if (writes === "unknown") return unknown("NotObserved", "nobody knows whether policies let stores be written to");
  const drift = c.status.takenBack === undefined ? undefined : driftResolvedFact(c.plan, c.status);
  if (drift !== undefined && drift.status !== "True")
    return unknown(
      "SyncWouldHide",
      `the destination was served, and a sync could overwrite or remove what it alone received: waive parity once that is dealt with (${drift.message})`,
    );
  if (!isPinned(c)) return unknown("NotObserved", "the overlay that says which store is which isn't there to read");
  if (!isProbed(c) || !isCopied(c))
    return unknown("SyncWaits", "it begins once every pod has reached the destination and the copy, if any, has ended");
  const open = isApproved ? undefined : disagreementOf(c);
  if (open !== undefined) return unknown("SyncNotApproved", `before anything is synced: ${open}`);
  return templateFault(c);
}

/** Without it a pod would take the base's own stores, which may be the other way round. */
function isPinned({ meta, observation: { overlay } }: Context): boolean {
  return overlay.ok && overlay.value?.document?.revision.migrationUid === meta.uid;
}

/** Before that its configuration names no destination. */
function isProbed({ acks, reachable, status }: Context): boolean {
  const isFollowed = acks.state === "all" || acks.state === "quorum";
  return status.phase !== "Preflight" || (isFollowed && reachable.status === "True");
}

function isCopied(c: Context): boolean {
  return openCopy(c.status) === undefined && (judgeCopy(c)?.status ?? "True") === "True";
}

function templateFault({ observation: { jobs }, plan }: Context): Fact | undefined {
  if (jobs?.ok !== true) return unknown("NotObserved", `the Jobs can't be read: ${jobs?.why ?? "nobody asked"}`);
  const { syncer } = jobs.value;
  if (syncer?.suspended === true && syncer.hasSyncer) return undefined;
  const name = syncTemplateName(plan.target.name);
  return unknown("NoSyncTemplate", `there is no suspended CronJob ${name} with a container retriever-sync`);
}

function openFact(c: Context, run: WriterRun): Fact {
  if (wantedWriter(c, "sync") === undefined) return unknown("SyncStopping", `Job ${run.job} is being ended`);
  const { jobs } = c.observation;
  if (jobs?.ok !== true) return templateFault(c) as Fact;
  const job = jobs.value.jobs.find(({ name }) => name === run.job);
  if (job === undefined) return templateFault(c) ?? unknown("SyncPending", `Job ${run.job} is about to begin`);
  if (job.isGone === true)
    return unknown("SyncPending", `Job ${run.job} was deleted; it is made again once its pods have ended`);
  const read = readingOf(job);
  if (read === undefined) return unknown("SyncPending", `Job ${run.job} has no pod yet that says how far it is`);
  return read.ok ? judgeReading(c, read.value) : unknown("SyncNotObserved", `Job ${run.job}: ${read.why}`);
}

/** Why a cutover would be unsafe for what the destination alone then receives; undefined where nothing removes. */
export function removingSync(c: Context): { readonly reason: string; readonly message: string } | undefined {
  const run = openWriter(c.status, "sync");
  const { jobs } = c.observation;
  const job = jobs?.ok === true ? jobs.value.jobs.find(({ name }) => name === run?.job) : undefined;
  const read = job === undefined ? undefined : readingOf(job);
  if (read?.ok !== true) return undefined;
  const { removals } = read.value;
  if (removals === "allowed")
    return { reason: syncRemoves, message: "waiting until the sync has acknowledged that it removes nothing any more" };
  if (removals !== "free") return undefined;
  const name = syncTemplateName(c.plan.target.name);
  const message = `the sync removes without leave, and might remove what the destination receives: give CronJob ${name} --removals-need-leave, and delete Job ${run?.job}`;
  return { reason: "SyncRemovesUnasked", message };
}

/** Two pods that both say how far they are speak for none. */
function readingOf({ pods }: JobSeen): Read<SyncReading> | undefined {
  const [first, ...others] = pods.flatMap(({ sync }) => (sync === undefined ? [] : [sync]));
  return others.length === 0 ? first : { ok: false, why: "several of its pods run" };
}

function judgeReading({ plan }: Context, reading: SyncReading): Fact {
  const { state, lagSeconds, backlog, refused, verified, fault } = reading;
  const { maxLag, verifyEvery } = plan.data;
  const failing = fault === null ? "" : `; ${fault.code}: ${fault.message}`;
  if (state === "starting" || lagSeconds === null)
    return unknown("SyncStarting", `the source is being read through, nobody knows the lag yet${failing}`);
  const lag = `the destination is ${printDuration(lagSeconds)} behind the source, ${backlog} ${plural(backlog, "chunk is", "chunks are")} due`;
  if (lagSeconds > durationSeconds(maxLag))
    return { status: "False", reason: "SyncLags", message: `${lag}; at most ${maxLag} is asked for${failing}` };
  if (refused > 0)
    return {
      status: "False",
      reason: "SyncRefused",
      message: `${lag}; the destination refuses ${refused} ${plural(refused, "chunk")}`,
    };
  if (verified === null || verified.ageSeconds > durationSeconds(verifyEvery)) {
    const last = verified === null ? "none has ended" : `the last one began ${printDuration(verified.ageSeconds)} ago`;
    return unknown("SyncUnverified", `${lag}; no full verification within ${verifyEvery}: ${last}${failing}`);
  }
  const compared = `everything was compared ${printDuration(verified.ageSeconds)} ago, ${verified.left} ${plural(verified.left, "difference was", "differences were")} left`;
  // Where nobody else compares, nothing may be left.
  if (plan.checklist.parity.policy === "Skip" && verified.left > 0)
    return { status: "False", reason: "SyncDiffers", message: `${lag}; ${compared}` };
  return { status: "True", reason: "Synced", message: `${lag}; ${compared}` };
}

/** Comes by itself once the sync runs; only the cutover waits for it. */
const underWay: readonly string[] = [
  syncDue,
  "SyncWaits",
  "SyncPending",
  "SyncStarting",
  "SyncNotObserved",
  "SyncLags",
  "SyncRefused",
  "SyncUnverified",
  "SyncDiffers",
];

/** What blocks before the first sample: a sync that can't be. */
export function blockingSync(c: Context): readonly Blocking[] {
  return openSync(c).filter(({ result }) => !underWay.includes(result.reason));
}

/** What blocks the cutover: a sync that isn't in step. */
export function openSync(c: Context): readonly Blocking[] {
  const result = judgeSync(c);
  return result === undefined || result.status === "True" ? [] : [{ name: "sync", result }];
}
