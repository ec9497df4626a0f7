// What people asked for. Every act takes effect once, and only where it means something.

import type { Act } from "@retriever/crds/migration.ts";
import { checkNames } from "@retriever/crds/spec/checklist-spec.ts";
import { syncsData } from "@retriever/crds/spec/data-spec.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { planHash } from "@retriever/crds/spec/plan.ts";
import type { MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import { isFinalPhase } from "@retriever/crds/status/phase-steps.ts";
import { awaitsProof, recordWord, refuseUnproved, refuseWord } from "../checks/approvals.ts";
import { rolledBackBefore } from "../checks/claims.ts";
import type { Announcement } from "../model/decision.ts";
import type { MigrationMeta } from "../model/migration.ts";
import type { ActObservation, Observation } from "../model/observation.ts";
import { instantMs } from "../model/status-readings.ts";
import { lastReturn } from "../verification/purpose.ts";
import { beginRepair, refuseRepairDrift, refuseRepairNow } from "./drift-repair.ts";
import { refuseCompletion } from "./guard-completion.ts";
import { wantsPostmortem } from "./postmortem.ts";
import {
  awaitsRetry,
  describeCorrections,
  recordPromote,
  refuseRetry,
  refuseSecond,
  refuseTurn,
  tellOutdone,
  tellReplaced,
} from "./promote.ts";
import { refuseAny, turnsOf } from "./turns.ts";

export type ActsApplied = {
  readonly status: MigrationStatus;
  readonly announcements: readonly Announcement[];
  /** A Promote or Retry of the cutover, to be answered when everything else is judged. */
  readonly promote?: ActObservation;
};

/** What acts are judged on. `plan` is the accepted plan, before acceptance the spec. */
type ActsInput = {
  readonly meta: MigrationMeta;
  readonly status: MigrationStatus;
  readonly plan: MigrationSpec;
  readonly observation: Observation;
  /** Epoch ms. */
  readonly now: number;
};

/** What one act is judged on. */
type Judged = Omit<ActsInput, "observation" | "meta"> & { readonly observation: Pick<Observation, "claims"> };

type Acts = NonNullable<MigrationStatus["acts"]>;

/** There are fewer checks than this. */
const mostWaivers = 10;
/** Where the checklist is asked, and a waiver can answer. */
const asking: readonly Phase[] = ["Preflight", "AwaitingApproval"];

/** Applies the acts whose turn it is. A failed read applies nothing. */
export function applyActs(input: ActsInput): ActsApplied {
  const { status, observation, now } = input;
  if (!observation.acts.ok) return { status, announcements: [] };
  const { seen, fresh } = turnsOf(
    judgeable(observation.acts.value, input),
    status,
    now,
    observation.actsAreCut !== true,
  );
  const before = status.acts ?? { paused: false, seen: [] };
  if (fresh.length === 0 && seen.length === before.seen.length) return { status, announcements: [] };
  const acts = { ...before, seen: [...seen, ...fresh.map(({ uid }) => uid)] };
  return fresh.reduce<ActsApplied>((applied, act) => applyAct(applied, act, input), {
    status: { ...status, acts },
    announcements: [],
  });
}

/** Without approvals that would count, and of which nobody knows yet whether their actors are proved. */
function judgeable(observed: readonly ActObservation[], input: ActsInput): readonly ActObservation[] {
  const { status, observation } = input;
  const acts = status.acts ?? { paused: false, seen: [] };
  const isPutOff = (act: ActObservation): boolean =>
    awaitsProof(act, observation.actIdentity) && refuse(act, input, acts) === undefined;
  return observed.filter((act) => acts.seen.includes(act.uid) || !isPutOff(act));
}

function applyAct(applied: ActsApplied, act: ActObservation, input: ActsInput): ActsApplied {
  const { status, announcements, promote } = applied;
  const acts = status.acts ?? { paused: false, seen: [] };
  const isOfCutover = (act.act === "Promote" || act.act === "Retry") && input.status.phase === "AwaitingCutover";
  // Acts of one pass are judged one after the other: what the first of two begins, or stops, is so for the second.
  const refusal =
    refuse(act, { ...input, status: { ...input.status, acts, ...repairOf(status) } }, acts) ??
    (isOfCutover ? refuseSecond(promote, act) : undefined) ??
    refuseUnproved(act, input.observation.actIdentity) ??
    (act.act === "RepairDrift" ? refuseRepairNow(input.plan, input.meta, input.observation) : undefined);
  if (refusal !== undefined) return { ...applied, announcements: [...announcements, announce(act, refusal)] };
  const taken = effectOf(act, { ...status, acts: takes[act.act](act, acts, input) }, input);
  // Whether a cutover can begin is judged later: until then there is nothing to tell.
  if (isOfCutover) {
    const said = [...tellReplaced(act, acts), ...tellOutdone(promote, act)];
    return { status: taken, announcements: [...announcements, ...said], promote: act };
  }
  return { ...applied, status: taken, announcements: [...announcements, announce(act, undefined)] };
}

/** What an act changes beside what is in force of acts. */
function effectOf(act: ActObservation, status: MigrationStatus, { meta, now }: ActsInput): MigrationStatus {
  if (act.act === "RepairDrift") return beginRepair(act, status, meta, new Date(now).toISOString());
  if (act.act === "Resume") return unhold(status);
  return act.act === "Postmortem" ? { ...status, postmortem: recordOf(act) } : status;
}

function repairOf({ repair }: MigrationStatus): Pick<MigrationStatus, "repair"> {
  return repair === undefined ? {} : { repair };
}

/** Why an act has no effect; undefined when it has. The same is foreseen for an act that isn't created yet. */
export function refuse(act: ActObservation, input: Judged, acts: Acts): string | undefined {
  const { status, now } = input;
  const stale = refuseAny(act, status, hashInQuestion(act, input), now);
  if (stale !== undefined) return stale;
  if (act.act === "Postmortem") return refusePostmortem(status);
  if (act.act === "RepairDrift") return refuseRepairDrift(act, input);
  if (act.act === "Waive" && isClosing(act, input)) return refuseClosing(act, status);
  return isFinalPhase(status.phase) && !(act.act === "WritersMoved" && mayStillMove(input))
    ? `a migration in phase ${status.phase} never runs again`
    : refusals[act.act](act, input, acts);
}

type Refusal = (act: ActObservation, input: Judged, acts: Acts) => string | undefined;
const notRefused: Refusal = () => undefined;

const refusals: Readonly<Record<Act, Refusal>> = {
  Promote: refusePromote,
  Retry: (act, { plan, status, now }) => refuseRetry(plan, status, now) ?? refuseTurn(act, status, now),
  CompleteGuard: (act, { status, now }) => refuseCompletion(act, status, now),
  WritersMoved: (_, { status }) => refuseWritersMoved(status),
  Approve: refuseWord,
  Deny: refuseWord,
  Waive: refuseWaiver,
  Pause: notRefused,
  Resume: (_, { status }, acts) => refuseResume(status, acts),
  Abort: notRefused,
  Rollback: notRefused,
  Postmortem: notRefused,
  RepairDrift: (act, input) => refuseRepairDrift(act, input),
};

/** Taken for granted, it would leave whoever waits believing that it goes on now. */
function refuseResume({ harm }: MigrationStatus, { paused }: Acts): string | undefined {
  return paused || harm?.heldSince !== undefined ? undefined : "it isn't paused, and nothing is held after harm";
}

function refusePostmortem(status: MigrationStatus): string | undefined {
  if (status.phase !== "RolledBack") return `the phase is ${status.phase}; a postmortem follows a rollback`;
  return wantsPostmortem(status) ? undefined : "no traffic was taken back and somebody asked for it: none is wanted";
}

/** A completed migration is synced until its base names the new store: only who moves the writers can end that sooner. */
function mayStillMove({ plan, status: { phase, revision } }: Judged): boolean {
  return phase === "Completed" && syncsData(plan) && revision?.released !== true;
}

/** Before the cutover nobody reads what is written to the destination alone. */
function refuseWritersMoved({ phase, acts }: MigrationStatus): string | undefined {
  if (phase !== "Guard" && phase !== "CuttingOver" && phase !== "Completed")
    return `the phase is ${phase}; WritersMoved is taken in CuttingOver and Guard, and in Completed while a sync runs`;
  const { writersMoved: by } = acts ?? {};
  return by === undefined ? undefined : `${by.actor} said so already, ${by.at}`;
}

/** Only a Promote may speak of a plan that isn't accepted yet: it is what lets it be. */
function hashInQuestion({ act }: ActObservation, { status, plan }: Judged): string {
  return act === "Promote" && status.phase === "Pending" ? planHash(plan) : status.planHash;
}

function refusePromote(act: ActObservation, { status, plan, observation, now }: Judged): string | undefined {
  if (awaitsRetry(status, now)) return "the last cutover was taken back; create a Retry act to cut over again";
  if (status.phase === "AwaitingCutover") return refuseTurn(act, status, now);
  if (status.phase === "Pending" && rolledBackBefore(plan, observation) !== undefined) return undefined;
  return `the phase is ${status.phase}; Promote is taken in AwaitingCutover, when the evidence is there`;
}

function refuseWaiver({ check, reason }: ActObservation, { status, plan }: Judged): string | undefined {
  const name = checkNames.find((one) => one === check);
  if (name === undefined)
    return `there is no check ${check ?? "without a name"}; expected one of ${checkNames.join(", ")}`;
  if (name === "approvals") return "approvals can't be waived: they are what a waiver would stand for";
  if (reason === "") return "a waiver needs a reason";
  if (plan.checklist[name].policy === "Skip") return `spec.checklist.${name}.policy is Skip already`;
  if (asking.includes(status.phase) || (name === "parity" && status.phase === "AwaitingCutover")) return undefined;
  return `the phase is ${status.phase}; checks are waived in ${asking.join(" and ")}`;
}

/** A waiver that isn't about a check to come: traffic is back, and something is left to reconcile. */
function isClosing({ check }: ActObservation, { status, plan }: Judged): boolean {
  return status.phase === "RolledBack" || (check === "parity" && describeCorrections(plan, status) !== undefined);
}

/** After a late rollback a person says that what only the destination received is dealt with. */
function refuseClosing({ check, reason }: ActObservation, { phase, conditions }: MigrationStatus): string | undefined {
  const reconciled = conditions.find(({ type }) => type === "DriftResolved");
  if (check !== "parity") return `a migration in phase ${phase} never runs again; expected a waiver of parity`;
  if (reconciled === undefined || reconciled.status === "True") return "nothing is left to reconcile";
  return reason === "" ? "a waiver needs a reason" : undefined;
}

type Take = (act: ActObservation, acts: Acts, input: ActsInput) => Acts;
const promotes: Take = (act, acts, { status }) => promote(act, acts, status.phase === "Pending");

/** What is in force of acts once one was taken. */
const takes: Readonly<Record<Act, Take>> = {
  Pause: (_, acts) => ({ ...acts, paused: true }),
  Resume: (_, acts) => ({ ...acts, paused: false }),
  Promote: promotes,
  Retry: promotes,
  CompleteGuard: (act, acts, { now }) => ({ ...acts, guardCompletedBy: signed(act, now) }),
  WritersMoved: (act, acts, { now }) => ({ ...acts, writersMoved: signed(act, now) }),
  Abort: (act, acts, { now }) => latch(act, acts, "Abort", now),
  Rollback: (act, acts, { now }) => latch(act, acts, "Rollback", now),
  Approve: (act, acts, { plan }) => recordWord(act, acts, plan),
  Deny: (act, acts, { plan }) => recordWord(act, acts, plan),
  Waive: waive,
  Postmortem: (_, acts) => acts,
  RepairDrift: (_, acts) => acts,
};

/** The first one counts. */
function latch(act: ActObservation, acts: Acts, kind: "Abort" | "Rollback", now: number): Acts {
  return acts.latched === undefined ? { ...acts, latched: { act: kind, ...signed(act, now) } } : acts;
}

function signed({ actor, reason }: ActObservation, now: number) {
  return { actor, reason, at: new Date(now).toISOString() };
}

/** Who lets a plan begin again hasn't promoted its cutover. */
function promote(act: ActObservation, acts: Acts, isPending: boolean): Acts {
  return isPending ? { ...acts, retriedBy: act.actor } : recordPromote(act, acts);
}

function waive({ check, actor, reason, createdAt }: ActObservation, acts: Acts, { status }: ActsInput): Acts {
  // By the API server's clock, which may be behind ours: what is judged after a return to the source is about that return.
  const at = new Date(Math.max(createdAt, instantMs(lastReturn(status)?.at) ?? 0)).toISOString();
  const waivers = checkNames.filter((one) => one === check).map((one) => ({ check: one, actor, reason, at }));
  const others = (acts.waived ?? []).filter((one) => one.check !== check);
  return { ...acts, waived: [...others, ...waivers].slice(-mostWaivers) };
}

function recordOf({ name, actor, createdAt }: ActObservation): NonNullable<MigrationStatus["postmortem"]> {
  return { at: new Date(createdAt).toISOString(), actor, act: name };
}

/** A Resume also ends a hold after stepping down to nothing. */
function unhold(status: MigrationStatus): MigrationStatus {
  if (status.harm?.heldSince === undefined) return status;
  return { ...status, harm: { causes: [], stepDowns: 0 } };
}

function announce(act: ActObservation, refusal: string | undefined): Announcement {
  const who = `${act.act} by ${act.actor}`;
  return refusal === undefined
    ? { type: "Normal", reason: "ActTaken", message: act.reason === "" ? who : `${who}: ${act.reason}`, severity: null }
    : { type: "Warning", reason: "ActRefused", message: `${who} has no effect: ${refusal}`, severity: null };
}
