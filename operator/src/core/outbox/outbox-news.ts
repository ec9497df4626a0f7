// What happened between two statuses that people outside are to be told of.

import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import type { Condition, MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import type { OutboxKind, OutboxMessage } from "@retriever/crds/status/outbox-status.ts";
import { plural } from "@retriever/stores/values/plural.ts";
import { configMapNameOf } from "../model/config-map-name.ts";
import type { Announcement } from "../model/decision.ts";
import type { MigrationMeta } from "../model/migration.ts";
import { instantMs, labelOf } from "../model/status-readings.ts";
import { totalsOf } from "../pods/epoch-evidence.ts";
import { judgeWindow } from "../time/migration-window.ts";
import { describeResult } from "../verification/describe-result.ts";
import { correctionsOf, driftResolvedFact } from "../verification/drift-resolved.ts";
import { isLateRollback } from "../verification/purpose.ts";
import { concludedRun } from "../verification/runs.ts";

type News = Pick<OutboxMessage, "kind" | "text" | "reason" | "incident"> & {
  /** Its key within the epoch; the kind where left out. */
  readonly about?: string;
};

type Steps = { readonly plan: MigrationSpec; readonly before: MigrationStatus; readonly next: MigrationStatus };
type Told = Steps & { readonly meta: Pick<MigrationMeta, "namespace" | "name"> };

/** What the runbook wants told. `now` in epoch ms. */
export function newsOf({ meta, plan, before, next }: Told, now: number): News[] {
  const isMoved = next.phase !== before.phase;
  return [
    ...approvalNews({ meta, plan, before, next }, now),
    ...(next.revision === undefined ? [] : stageNews(before, next)),
    // Where nothing was ever written there is nothing to tell.
    ...(isMoved && next.revision !== undefined ? phaseNews({ meta, plan, before, next }) : []),
    ...postmortemNews(meta, before, next),
  ];
}

/** What flaps is said once in so long, ms. */
const callEveryMs = 3_600_000;

/** In the key of a call: what is said again within the hour is the same message. `now` in epoch ms. */
export function hourOf(now: number): number {
  return Math.floor(now / callEveryMs);
}

/** Whom an announcement calls hears of it outside the cluster too. */
export function calls(announcements: readonly Announcement[], now: number): News[] {
  return announcements.flatMap(({ severity, message, ...said }) => {
    if (severity === null) return [];
    const reason = said.about ?? said.reason;
    const incident = `${severity === "page" ? "Page" : "Ticket"}/${reason}`;
    const kind = severity === "page" ? "Page" : "Ticket";
    return [{ kind, about: `${incident}/${hourOf(now)}`, text: message, reason, incident }];
  });
}

/** Approvals are wanted as soon as nothing goes on without them. */
function approvalNews({ meta, plan, before, next }: Told, now: number): News[] {
  const wanted = wantedApproval(next);
  if (wanted === undefined || wantedApproval(before)?.reason === wanted.reason) return [];
  const { window, approvals } = plan.checklist;
  const opening = window.policy === "Skip" ? undefined : judgeWindow(plan, now);
  const deadline =
    opening?.status === "True"
      ? `Deadline: the window is ${opening.message}; later it waits for the next one.`
      : `No deadline: it waits${opening === undefined ? "" : `, ${opening.message}`}.`;
  const how = `Whoever has one of these roles: kubectl retriever approve ${meta.name} -n ${meta.namespace} --role ROLE`;
  const text = `${wanted.message}. ${deadline} An approval counts for ${approvals.expiry}. ${how}`;
  return [{ kind: "ApprovalWanted", text, reason: wanted.reason }];
}

function wantedApproval({ phase, conditions }: MigrationStatus) {
  // A copy or a sync is approved before it is made.
  const isAsked = ({ reason }: Condition): boolean => reason === "CopyNotApproved" || reason === "SyncNotApproved";
  const isWritingAsked = phase === "Preflight" && conditions.some(isAsked);
  if (phase !== "AwaitingApproval" && phase !== "AwaitingCutover" && !isWritingAsked) return undefined;
  const approved = conditions.find(({ type }) => type === "Approved");
  return approved?.status === "False" ? approved : undefined;
}

/** Before anything is sampled. */
const uncharted: readonly Phase[] = ["Pending", "Preflight", "AwaitingApproval"];

/** For charts: where each stage begins. The middle of the ramp is told to people as well. */
function stageNews(before: MigrationStatus, next: MigrationStatus): News[] {
  const { phase, stage } = next;
  const isSameStage = stage?.index === before.stage?.index;
  if ((phase === before.phase && isSameStage) || uncharted.includes(phase)) return [];
  if (stage === undefined || (phase !== "WarmUp" && phase !== "Ramp")) return [stageMessage(phase, phase)];
  const where = `${phase}, stage ${stage.index + 1} of ${stage.count} at ${percent(stage.sampleRate)}`;
  const news = stageMessage(phase, where);
  return !isSameStage && isMiddle(stage, before)
    ? [news, { kind: "Midpoint", text: withSummary(next.message, before) }]
    : [news];
}

function stageMessage(phase: Phase, text: string): News {
  return { kind: "Stage", about: `Stage/${phase}`, text };
}

/** Of the ramp; stepped down and up again it has been there before. */
function isMiddle({ index, count }: NonNullable<MigrationStatus["stage"]>, { outbox = [] }: MigrationStatus): boolean {
  return index > 0 && index === Math.floor(count / 2) && !outbox.some(({ kind }) => kind === "Midpoint");
}

function percent(rate: number): string {
  return `${Number((rate * 100).toPrecision(3))} %`;
}

/** What entering a phase is called, where its own message says the rest. */
const kindsByPhase: Partial<Readonly<Record<Phase, OutboxKind>>> = {
  WarmUp: "Start",
  AwaitingCutover: "PreCutover",
  Guard: "CutOver",
};

function phaseNews(steps: Told): News[] {
  const { meta, plan, next, before } = steps;
  if (next.phase === "RolledBack") return rollbackNews(steps);
  if (next.phase === "Completed") return [{ kind: "Completion", text: completionText(steps) }];
  const kind = kindsByPhase[next.phase];
  if (kind === undefined) return [];
  if (kind !== "PreCutover") return [{ kind, text: next.message }];
  const how = plan.cutover.hold
    ? [`A person lets it go on: kubectl retriever promote ${meta.name} -n ${meta.namespace}`]
    : [];
  return [{ kind, text: [withSummary(next.message, before), ...how].join("\n") }];
}

/** What was judged until the step, a line for each gate. */
function withSummary(message: string, { gates }: MigrationStatus): string {
  return [message, ...gates.map((gate) => `${bullet}${gate.message}`)].join("\n");
}

const bullet = "- ";

/** How far the stores differed: what the gates said before the cutover, as it was told then, and what the guard counted. */
function varianceSummary({ outbox = [], evidence }: MigrationStatus): string[] {
  const ramp = outbox.findLast(({ kind }) => kind === "PreCutover")?.text.split("\n") ?? [];
  const { requests, errors, answered, scoreWorse, latencyWorse, mismatch, shadowErrors } = totalsOf(evidence);
  const share = (bad: number) => percent(answered === 0 ? 0 : bad / answered);
  const guard =
    `${whole(requests)} ${plural(requests, "request")}, ${whole(errors)} failed; of ${whole(answered)} samples ${share(scoreWorse)} scored lower at the ` +
    `destination, ${share(latencyWorse)} were slower, ${share(mismatch)} had another first chunk; ${whole(shadowErrors)} shadow ${plural(shadowErrors, "error")}`;
  return [...ramp.filter((line) => line.startsWith(bullet)), ...(requests === 0 ? [] : [`${bullet}guard: ${guard}`])];
}

/** Counts of many pods are weighed, so they need not be whole. */
function whole(count: number): string {
  return String(Math.round(count));
}

/** The variance summary and what is left to people. */
function completionText({ meta, plan, before, next }: Told): string {
  const [source, destination] = [labelOf(next, "source"), labelOf(next, "destination")];
  const { next: follower } = plan.guard;
  const steps = [
    `name ${destination} in the base of ${plan.target.name} and in its repository; the overlay stays until then`,
    "bring dashboards and the traceability matrix up to date",
    follower === undefined
      ? `keep ${source} until nobody would go back to it`
      : `the migration ${follower} goes on from here`,
  ];
  return [
    next.message,
    reportLink(meta),
    ...varianceSummary(before),
    "Next steps:",
    ...steps.map((step) => bullet + step),
  ].join("\n");
}

/** The operator writes it once everything is on record, a moment after this is told. */
function reportLink(meta: Told["meta"]): string {
  const { namespace, name } = meta;
  const map = configMapNameOf(meta, "report");
  return `Report: kubectl retriever report ${name} -n ${namespace}, or ConfigMap ${map}.`;
}

function rollbackNews({ meta, plan, next }: Told): News[] {
  const { message, rollback } = next;
  const corrections = correctionsText(plan, next);
  const review = `Schedule an incident review. The postmortem is due within ${plan.communications.postmortemDue}${dueAt(plan, next)}.`;
  return [
    { kind: "Rollback", text: `${message}\n${reportLink(meta)}` },
    ...(corrections === undefined ? [] : [{ kind: "Corrections" as const, text: corrections }]),
    ...(rollback?.actor === null ? [{ kind: "IncidentReview" as const, text: review }] : []),
  ];
}

function dueAt({ communications }: MigrationSpec, { rollback }: MigrationStatus): string {
  const at = instantMs(rollback?.at);
  if (at === undefined) return "";
  return `, at ${new Date(at + durationSeconds(communications.postmortemDue) * 1000).toISOString()}`;
}

/** Counts of what was found; what could not be compared is asked for. No ids: those go only to sinks that ask for them. */
function correctionsText(plan: MigrationSpec, next: MigrationStatus): string | undefined {
  const drift = driftResolvedFact(plan, next);
  if (drift === undefined || !isLateRollback(plan, next)) return undefined;
  const begin = `Served from the destination for more than ${plan.rollback.verifyDriftAfter}: `;
  const task = "file tickets for what needs correcting";
  const { status, message } = drift;
  if (status === "True") return `${begin}nothing needs correcting, ${message}.`;
  const result = concludedRun(next, "Rollback")?.result;
  if (status === "False" && result?.counts !== undefined) {
    const found = describeResult({ ...result, ids: [] });
    return `${begin}${task}. ${correctionsOf(result.counts)} to correct since ${next.cutoverAt}; ${found}`;
  }
  return `${begin}compare what was written since ${next.cutoverAt} and ${task} (${message}).`;
}

/** One incident from when it falls due until it is recorded. */
function postmortemNews(meta: Told["meta"], before: MigrationStatus, next: MigrationStatus): News[] {
  const due = dueReason(next);
  if (due === undefined || due === dueReason(before)) return [];
  const kind = due === "Overdue" ? "PostmortemOverdue" : "PostmortemDue";
  const word = due === "Overdue" ? "overdue" : "due";
  const how = `kubectl retriever postmortem ${meta.name} -n ${meta.namespace} --file FILE`;
  const text = `The postmortem is ${word}: root cause, metrics and remediation are missing. Record it by ${how}`;
  return [{ kind, text, reason: due, incident: "PostmortemDue" }];
}

function dueReason({ conditions }: MigrationStatus): string | undefined {
  return conditions.find(({ type, status }) => type === "PostmortemDue" && status === "True")?.reason;
}
