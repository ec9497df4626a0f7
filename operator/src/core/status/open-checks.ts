// All that is open before a migration may go on, at once, each with who or what answers it. It decides nothing.
import { type CheckName, checkNames } from "@retriever/crds/spec/checklist-spec.ts";
import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import type { OpenCheck } from "@retriever/crds/status/open-checks-status.ts";
import { approvalChecks, blockingChecks, preflightChecks } from "../checks/checklist.ts";
import { blockingWithCopy } from "../checks/copy.ts";
import { refuseByPolicy } from "../checks/policies.ts";
import { blockingSync, openSync } from "../checks/sync.ts";
import { planDamaged } from "../model/accepted-plan.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import type { Fact } from "../model/status-readings.ts";
import { describeCorrections } from "../people/promote.ts";
import { openQuestions } from "../phases/awaiting-cutover.ts";
import { missingPrerequisites } from "../phases/pending.ts";
import { clip } from "../steps/transition.ts";
import { answererOf, answererOfUnreadable, type Open } from "./answerers.ts";

/** The status with what is open in its phase; without, where nothing is asked or the phase has just begun. */
export function withOpenChecks(c: Context, { status, reason, standing }: Outcome): MigrationStatus {
  const { openChecks: _before, ...rest } = status;
  if (status.phase !== c.status.phase) return rest;
  // By a plan that nobody accepted nothing is asked.
  const asked = reason === planDamaged ? heldIn(status) : openIn(asOf(c, status));
  if (asked === undefined) return rest;
  // Whatever stands before the phase's own questions: a pause, a conflict, pods that don't follow.
  const own: Open = { name: "migration", result: { status: "Unknown", reason, message: status.message } };
  const open = asked.some(({ result }) => result.reason === reason) ? asked : [own, ...asked];
  return { ...rest, openChecks: open.map((one) => toOpenCheck(one, answererOf(c, one, standing))) };
}

/** Of a migration that no plan says anything about, the one thing that is open. */
export function withOneOpen(status: MigrationStatus, name: "spec" | "migration", result: Fact): MigrationStatus {
  const { openChecks: _before, ...rest } = status;
  if (heldIn(status) === undefined) return rest;
  return { ...rest, openChecks: [toOpenCheck({ name, result }, answererOfUnreadable(result.reason))] };
}

/** Twenty of them must leave room for the rest of the status; conditions and events have the whole sentence. */
const longestMessage = 500;

function toOpenCheck({ name, result: { status, reason, message } }: Open, answeredBy: string): OpenCheck {
  const isFalse = status === "False";
  const words = { message: clip(message.slice(0, longestMessage)), answeredBy: clip(answeredBy) };
  return { check: name, status: isFalse ? "False" : "Unknown", reason, ...words };
}

/** Nothing but the hold, in a phase that lists what is open. */
function heldIn({ phase }: MigrationStatus): readonly Open[] | undefined {
  return ["Pending", "Preflight", "AwaitingApproval", "AwaitingCutover"].includes(phase) ? [] : undefined;
}

/** What this reconcile has asked for is under way. */
function asOf(c: Context, { verification, smokeTests, copy }: MigrationStatus): Context {
  const asked = {
    ...(verification === undefined ? {} : { verification }),
    ...(smokeTests === undefined ? {} : { smokeTests }),
    ...(copy === undefined ? {} : { copy }),
  };
  return { ...c, status: { ...c.status, ...asked } };
}

function openIn(c: Context): readonly Open[] | undefined {
  switch (c.status.phase) {
    case "Pending":
      return missingPrerequisites(c).map(({ name, ...refusal }) => ({ name, result: refused(refusal) }));
    case "Preflight":
    case "AwaitingApproval":
      return [...policyOf(c), ...blockingWithCopy(c, [...preflightChecks, ...approvalChecks]), ...blockingSync(c)];
    case "AwaitingCutover":
      return beforeCutover(c);
    default:
      return undefined;
  }
}

const cutoverChecks: readonly CheckName[] = checkNames.filter((name) => ["parity", ...approvalChecks].includes(name));

function beforeCutover(c: Context): readonly Open[] {
  const questions = openQuestions(c);
  const gates: Fact = { status: "Unknown", reason: "GatesNotPassing", message: questions.join("; ") };
  return [
    ...(c.rollbackReady.status === "True" ? [] : [{ name: "rollbackPath", result: c.rollbackReady }]),
    ...(questions.length === 0 ? [] : [{ name: "gates", result: gates }]),
    ...blockingChecks(c, cutoverChecks),
    ...openSync(c),
    ...promotionOf(c),
  ];
}

/** A person's word is asked for whatever else is open. */
function promotionOf({ status, plan }: Context): readonly Open[] {
  const isTakenBack = status.takenBack !== undefined;
  if (status.acts?.promotedBy !== undefined || (!isTakenBack && !plan.cutover.hold)) return [];
  const corrections = isTakenBack ? describeCorrections(plan, status) : undefined;
  if (corrections !== undefined)
    return [{ name: "promotion", result: { status: "False", reason: "CorrectionsOpen", message: corrections } }];
  const reason = isTakenBack ? "Retryable" : "AwaitingPromote";
  const message = isTakenBack
    ? "the last cutover was taken back, and waits for a Retry"
    : "the cutover waits for a Promote";
  return [{ name: "promotion", result: { status: "False", reason, message } }];
}

function policyOf(c: Context): readonly Open[] {
  const refusal = refuseByPolicy(c);
  return refusal === undefined ? [] : [{ name: "policy", result: refused(refusal) }];
}

function refused({ reason, message }: { readonly reason: string; readonly message: string }): Fact {
  return { status: reason === "NotObserved" ? "Unknown" : "False", reason, message };
}
