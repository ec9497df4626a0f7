// AwaitingCutover: sampling goes on until a person promotes, or at once where the plan asks nobody.

import type { MigrationStatus } from "@retriever/crds/status/migration-status.ts";
import { judgeCheck } from "../checks/checklist.ts";
import { openSync, removingSync } from "../checks/sync.ts";
import { unpassed } from "../gates/failed.ts";
import { measureThroughput, rateWord } from "../harm/throughput.ts";
import type { Context } from "../model/context.ts";
import type { Outcome } from "../model/decision.ts";
import { firstCauses } from "../model/first-causes.ts";
import { labelOf } from "../model/status-readings.ts";
import { describeCorrections, promoterOf } from "../people/promote.ts";
import { describePlainTextRefused } from "../pods/plain-text.ts";
import { rampEvidence, withoutCompared } from "../steps/await-retry.ts";
import { holdAlone } from "../steps/hold-alone.ts";
import { awaitAcks, isFollowed } from "../steps/propagation.ts";
import { move, stay } from "../steps/transition.ts";
import { askParity } from "../verification/ask.ts";
import { clockDifferenceSeconds } from "../verification/clock-difference.ts";
import { syncRemoves } from "../verification/purpose.ts";

export function awaitingCutover(context: Context): Outcome {
  // A quorum does without pods that are slow; what a mesh has begun to refuse would leave the guard without eyes.
  const isRefused = describePlainTextRefused(context.serving) !== undefined;
  if (isRefused || !isFollowed(context)) return awaitAcks(context);
  const c = askParity(context);
  if (c.rollbackReady.status !== "True") {
    return stay(c, "blocked", c.rollbackReady.reason, `the rollback path is not proved: ${c.rollbackReady.message}`);
  }
  if (c.gatesAlone.length > 0) return holdAlone(c, c.gatesAlone);
  const open = openQuestions(c);
  if (open.length > 0) {
    const message = `the gates must pass at the moment of the cutover: ${firstCauses(open)}`;
    return stay(c, "blocked", "GatesNotPassing", message);
  }
  return answerPeople(c);
}

/** The evidence is there; what is left to ask is whether the stores still hold the same, and people. */
function answerPeople(c: Context): Outcome {
  const stores = answerStores(c);
  if (stores !== undefined) return stores;
  // Given for one plan and for a while: who agreed weeks ago is asked again.
  const approvals = judgeCheck(c, "approvals");
  if (approvals.status !== "True") {
    return stay(c, "waiting", approvals.reason, `every gate passes, but before the cutover: ${approvals.message}`);
  }
  const window = judgeCheck(c, "window");
  if (window.status !== "True")
    return stay(c, "waiting", window.reason, `every gate passes, but it is ${window.message}`);
  const by = promoterOf(c);
  if (c.status.takenBack !== undefined && by === undefined) return awaitAnotherTry(c, c.status.takenBack);
  if (c.plan.cutover.hold && by === undefined) {
    const message = `every gate passes; create a Promote act to cut over. ${describeLoad(c)}`;
    return stay(c, "waiting", "AwaitingPromote", message);
  }
  const removing = removingSync(c);
  if (removing !== undefined) {
    const standing = removing.reason === syncRemoves ? "waiting" : "blocked";
    return stay(c, standing, removing.reason, `every gate passes, but before the cutover: ${removing.message}`);
  }
  return cutOver(c, by);
}

/** Undefined where both hold the same, as far as the plan asks. */
function answerStores(c: Context): Outcome | undefined {
  const facts = [judgeCheck(c, "parity"), ...openSync(c).map(({ result }) => result)];
  const open = facts.find(({ status }) => status !== "True");
  if (open === undefined) return undefined;
  const standing = comesByItself.includes(open.reason) ? "waiting" : "blocked";
  return stay(c, standing, open.reason, `every gate passes, but before the cutover: ${open.message}`);
}

const comesByItself: readonly string[] = [
  "Comparing",
  "NotCompared",
  "SyncDue",
  "SyncWaits",
  "SyncPending",
  "SyncStarting",
  "SyncUnverified",
];

/** A cutover that was taken back is tried again by a person alone, also where the plan asks nobody. */
function awaitAnotherTry(c: Context, { causes }: NonNullable<MigrationStatus["takenBack"]>): Outcome {
  const open = describeCorrections(c.plan, c.status);
  if (open !== undefined) return stay(c, "blocked", "CorrectionsOpen", `before a Retry: ${open}`);
  const message = `the last cutover was taken back (${causes.join("; ")}); create a Retry act to cut over again`;
  return stay(c, "waiting", "Retryable", `every gate passes, but ${message}. ${describeLoad(c)}`);
}

/** What the evidence of this moment leaves open; nothing judged is as open as anything can be. */
export function openQuestions(c: Context): readonly string[] {
  return [
    ...(c.gates.length === 0 ? ["the status names no stage of the plan, so nothing was judged"] : []),
    ...(c.harm.known ? [] : ["no pod has fresh evidence"]),
    ...unpassed(c).map((gate) => gate.message),
    ...c.harm.weighing.map((finding) => finding.message),
  ];
}

function cutOver(c: Context, by: string | undefined): Outcome {
  return move(c, {
    phase: "CuttingOver",
    reason: "CutoverStarted",
    message: `cutting over to ${labelOf(c.status, "destination")}${by === undefined ? "" : `, promoted by ${by}`}`,
    intent: { primary: "destination", shadow: "source", sampleRate: c.plan.guard.sampling.minRate, released: false },
    forget: ["cutover"],
    patch: factsBefore(c),
  });
}

/** What is remembered of the moment before: the status is written first, so no pod serves from the destination yet. */
function factsBefore(c: Context): Partial<MigrationStatus> {
  const difference = clockDifferenceSeconds(c);
  return {
    cutoverAt: c.nowIso,
    ...rampEvidence(c),
    ...withoutCompared(c.status),
    ...measureThroughput(c),
    ...(difference === undefined ? {} : { clockDifferenceSeconds: Math.round(difference) }),
  };
}

/** To what load the destination was proved, and what the cutover will send. */
function describeLoad(c: Context): string {
  const rate = c.status.baseline?.requestsPerSecond ?? 0;
  // Its gates pass, so there is a revision that was sampled.
  const proved = rate * (c.status.revision?.sampleRate as number);
  return `The destination was proved at ${rateWord(proved)} requests/s, the cutover sends ${rateWord(rate)}; ${c.rollbackReady.message}`;
}
