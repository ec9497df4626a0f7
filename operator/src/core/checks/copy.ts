// What the destination lacks is copied before anything is sampled: once people have approved the plan, and where policies
// let stores be written to. A comparison says whether it is needed, and afterwards whether it was enough.
import { durationSeconds, printDuration } from "@retriever/crds/fields/duration.ts";
import type { CheckName } from "@retriever/crds/spec/checklist-spec.ts";
import { copiesData, syncsData } from "@retriever/crds/spec/data-spec.ts";
import type { WriterRun } from "@retriever/crds/status/writer-status.ts";
import { copyTemplateName } from "@retriever/sidecar/contract/names.ts";
import type { DifferenceCounts } from "@retriever/sidecar/contract/verify-report.ts";
import type { Context } from "../model/context.ts";
import type { Fact } from "../model/status-readings.ts";
import { msSince } from "../time/not-ahead.ts";
import { resultInForce } from "../verification/ask.ts";
import { judgeResult, surplus } from "../verification/judge-result.ts";
import { jobNameOf, openCopy, openRun } from "../verification/runs.ts";
import { judgeApprovals } from "./approvals.ts";
import { blockingChecks } from "./checklist.ts";

/** The context with a copy in its status where one is due; effects follow from the status. */
export function askCopy(c: Context): Context {
  if (!isDue(c)) return c;
  const number = (c.status.copy?.number ?? 0) + 1;
  const { planHash, copy: last } = c.status;
  const failures = last?.planHash === planHash && hasFailed(last) ? last.failures : undefined;
  const copy = {
    number,
    job: jobNameOf(c.meta, "copy", number),
    planHash,
    askedAt: c.nowIso,
    ...(failures === undefined ? {} : { failures }),
  };
  return { ...c, status: { ...c.status, copy } };
}

function isDue(c: Context): boolean {
  if (openCopy(c.status) !== undefined || openRun(c.status) !== undefined || c.meta.deleting) return false;
  return judgeCopy(c)?.reason === copyDue;
}

const copyDue = "CopyDue";

function hasFailed({ result }: WriterRun): boolean {
  return result?.outcome === "Failed" || result?.outcome === "NotStarted";
}

/**
 * The fact behind the condition DataCopied; undefined where the plan asks for no copy. True: nothing has to be copied.
 * False: a copy failed, or was not enough.
 */
export function judgeCopy(c: Context): Fact | undefined {
  if (!copiesData(c.plan)) return undefined;
  const { copy } = c.status;
  if (copy !== undefined && copy.result === undefined) return openFact(c, copy);
  const need = isLeftToSync(c) ? "none" : needOf(c);
  if (need === "unknown")
    return unknown("NotCompared", "what has to be copied isn't known before the stores are compared");
  if (need === "copy") return waitingFact(c);
  return copy?.result?.outcome === "Completed"
    ? { status: "True", reason: "Copied", message: copy.result.message }
    : { status: "True", reason: "NothingToCopy", message: "the destination lacks nothing that the plan asks for" };
}

function openFact(c: Context, { job, stoppedAt, planHash }: WriterRun): Fact {
  const fault = isThere(c, job) ? undefined : templateFault(c);
  if (fault !== undefined) return fault;
  const isStopping = stoppedAt !== undefined || planHash !== c.status.planHash;
  return unknown("Copying", `Job ${job} ${isStopping ? "is being ended" : "copies from source to destination"}`);
}

function unknown(reason: string, message: string): Fact {
  return { status: "Unknown", reason, message };
}

/** Why what is needed isn't being copied. */
function waitingFact(c: Context): Fact {
  const { copy, planHash } = c.status;
  const waitSeconds = pauseSeconds(c);
  const last = copy?.result;
  const isOver = last === undefined || last.outcome === "Stopped" || copy?.planHash !== planHash;
  if (!isOver && msSince(last.at, c.now) < waitSeconds * 1000) {
    const found = hasFailed(copy) ? "" : ", and yet the destination isn't complete";
    return {
      status: "False",
      reason: reasons[last.outcome],
      message: `${last.message}${found}; it is copied again after ${printDuration(waitSeconds)}`,
    };
  }
  return refusalOf(c) ?? unknown(copyDue, "the copy is about to begin");
}

const reasons = {
  Completed: "CopyIncomplete",
  Failed: "CopyFailed",
  NotStarted: "CopyNotStarted",
  Stopped: copyDue,
} as const;

/** Each failure in a row doubles it, up to a day. */
function pauseSeconds({ plan, status: { copy } }: Context): number {
  const recheck = durationSeconds(plan.checklist.parity.recheck);
  return Math.max(recheck, Math.min(86_400, recheck * 2 ** Math.max(0, Math.min(20, (copy?.failures ?? 1) - 1))));
}

/** Why nobody agreed to this plan: creating a migration alone writes to no store. */
export function disagreementOf(c: Context): string | undefined {
  if (c.plan.checklist.approvals.policy === "Skip") return "spec.checklist.approvals.policy is Skip";
  const approved = judgeApprovals(c, c.observation.actIdentity);
  return approved.status === "True" ? undefined : approved.message;
}

function refusalOf(c: Context): Fact | undefined {
  const open = disagreementOf(c);
  return open === undefined ? templateFault(c) : unknown("CopyNotApproved", `before anything is copied: ${open}`);
}

/** A Job that wasn't made yet, or that somebody deleted, needs its CronJob again. */
function isThere({ observation: { jobs } }: Context, job: string): boolean {
  return jobs?.ok !== true || jobs.value.jobs.some(({ name }) => name === job);
}

function templateFault(c: Context): Fact | undefined {
  const { jobs } = c.observation;
  if (jobs?.ok !== true) return unknown("NotObserved", `the Jobs can't be read: ${jobs?.why ?? "nobody asked"}`);
  const { copier } = jobs.value;
  if (copier?.suspended === true && copier.hasCopier) return undefined;
  const name = copyTemplateName(c.plan.target.name);
  return unknown("NoCopyTemplate", `there is no suspended CronJob ${name} with a container retriever-copy`);
}

/** A collection that isn't there yet can't be compared, and the copy may make it. */
function needOf(c: Context): "none" | "unknown" | "copy" {
  if (isMissing(c)) return isJustCopied(c) ? "unknown" : "copy";
  if (c.reachable.status !== "True") return "unknown";
  const counts = countsInForce(c);
  if (counts === undefined && isUncompared(c)) return c.status.copy?.result?.outcome === "Completed" ? "none" : "copy";
  if (counts === undefined) return "unknown";
  // What only the destination has is no copy's to remove.
  return surplus(c.plan, counts).some((kind) => kind !== "extra") ? "copy" : "none";
}

/** A sync brings what is missing, and begins once a copy has ended. */
function isLeftToSync({ plan, status: { copy, sync, planHash } }: Context): boolean {
  const isFilled = copy?.planHash === planHash && copy.result?.outcome === "Completed";
  return syncsData(plan) && (isFilled || sync?.planHash === planHash);
}

/** What the comparison that counts now found; undefined where nothing can be said. */
function countsInForce(c: Context): DifferenceCounts | undefined {
  const { parity } = c.plan.checklist;
  const result = parity.policy === "Skip" ? undefined : resultInForce(c, "Preflight")?.result;
  return result !== undefined && judgeResult(c.plan, result).status !== "Unknown" ? result.counts : undefined;
}

/** Nobody compares, or a person waived what can't be compared. */
function isUncompared({ plan, status }: Context): boolean {
  const isWaived = status.acts?.waived?.some(({ check }) => check === "parity") === true;
  return plan.checklist.parity.policy === "Skip" || isWaived;
}

/** The pods haven't looked again at the collection that it made. */
function isJustCopied(c: Context): boolean {
  const last = c.status.copy?.result;
  return last?.outcome === "Completed" && msSince(last.at, c.now) < pauseSeconds(c) * 1000;
}

function isMissing({ reachable }: Context): boolean {
  return reachable.reason === "CollectionMissing";
}

/** Something that blocks, and what was asked. */
export type Blocking = { readonly name: CheckName | "copy" | "sync"; readonly result: Fact };

/** What blocks while the checklist is asked, the copy before what only the copy can mend. */
export function blockingWithCopy(c: Context, names: readonly CheckName[]): readonly Blocking[] {
  const copy = judgeCopy(c);
  const isMended = (name: CheckName): boolean => name === "parity" || (name === "reachable" && isMissing(c));
  const others = blockingChecks(c, names);
  if (copy === undefined || copy.status === "True") return others;
  const own: Blocking = { name: "copy", result: copy };
  if (copy.reason === "NotCompared") return [...others, own];
  return [own, ...others.filter(({ name }) => !isMended(name))];
}
