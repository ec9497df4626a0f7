// Who has agreed, and who is missing. Approvals count by role, by different people, for one plan, for a while.

import { durationSeconds } from "@retriever/crds/fields/duration.ts";
import type { MigrationSpec } from "@retriever/crds/spec/migration-spec.ts";
import { type ApprovalStatus, mostDenials } from "@retriever/crds/status/acts-status.ts";
import type { MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import type { ActIdentity, ActObservation, Observation } from "../model/observation.ts";
import type { Fact } from "../model/status-readings.ts";
import { instantMs } from "../model/status-readings.ts";

/** As many as the status holds. */
const mostApprovals = 50;

type Asked = { readonly plan: MigrationSpec; readonly status: MigrationStatus; readonly now: number };

/** Before the approvals are asked for the last time. */
const deniable: readonly Phase[] = ["Pending", "Preflight", "AwaitingApproval", "WarmUp", "Ramp", "AwaitingCutover"];

/** Why an Approve or a Deny has no effect, beyond what is true of every act; undefined when it has. */
export function refuseWord(act: ActObservation, asked: Asked): string | undefined {
  return act.act === "Deny" ? refuseDenial(act, asked) : refuseApproval(act, asked);
}

function refuseDenial(act: ActObservation, { plan, status }: Asked): string | undefined {
  const unasked = refuseRole(act, plan, status);
  if (unasked !== undefined) return unasked;
  if (act.reason === "") return "a denial needs a reason";
  if (deniable.includes(status.phase)) return undefined;
  return `the phase is ${status.phase}, and the cutover waits for nobody any more; a Rollback goes back`;
}

function refuseApproval(act: ActObservation, { plan, status, now }: Asked): string | undefined {
  const { fourEyes } = plan.checklist.approvals;
  const unasked = refuseRole(act, plan, status);
  if (unasked !== undefined) return unasked;
  if (fourEyes && isWhoAsked(act.actor, plan.requestedBy ?? "")) {
    return `four eyes: ${act.actor} asked for this migration and can't approve it`;
  }
  return untilOf(act, plan) <= now
    ? `approvals count for ${plan.checklist.approvals.expiry}, this one is older`
    : undefined;
}

/** What is said in a role, of a plan. */
function refuseRole(act: ActObservation, plan: MigrationSpec, status: MigrationStatus): string | undefined {
  const { policy, roles } = plan.checklist.approvals;
  if (status.planHash === "") return "no plan is accepted yet";
  if (act.planHash === null) return "it names no plan; an approval is given for one plan, by its hash";
  if (policy === "Skip") return "spec.checklist.approvals.policy is Skip: nobody is asked";
  if (!roles.some(({ name }) => name === act.role)) {
    const asked = roles.map(({ name }) => name).join(", ");
    return `the plan asks no ${act.role ?? "role without a name"}; it asks ${asked}`;
  }
  return undefined;
}

type Said = { readonly role: string; readonly actor: string };

function isOther({ role, actor }: ActObservation): (one: Said) => boolean {
  return (one) => one.role !== role || personOf(one.actor) !== personOf(actor);
}

/** Whoever signs in is named by who lets them in, and not always in the same spelling; a manifest's name is typed by hand. */
function personOf(actor: string): string {
  return actor.normalize("NFKC").trim().toLowerCase();
}

/**
 * Whoever lets people in may stand before their names (`oidc:ada`, `https://login.example#ada`), and a name in a manifest that
 * somebody else's account writes may lack that, or the account's: then two names would be one pair of eyes.
 */
function isWhoAsked(actor: string, requestedBy: string): boolean {
  const [one, other] = [personOf(actor), personOf(requestedBy)];
  return one === other || isNameWithin(other, one) || isNameWithin(one, other);
}

function isNameWithin(name: string, whole: string): boolean {
  return name !== "" && [":", "#", "/", "\\"].some((mark) => whole.endsWith(`${mark}${name}`));
}

type Acts = NonNullable<MigrationStatus["acts"]>;

/** The acts with a person's newer word in a role, which replaces the older one, whichever it was. */
export function recordWord(act: ActObservation, acts: Acts, plan: MigrationSpec): Acts {
  const { role, actor, reason, createdAt } = act;
  const { approvals = [], denials = [] } = acts;
  if (act.act === "Approve") {
    const lifted = acts.denials === undefined ? {} : { denials: denials.filter(isOther(act)) };
    return { ...acts, approvals: recordApproval(act, approvals, plan), ...lifted };
  }
  const denial = { role: role ?? "", actor, reason, at: new Date(createdAt).toISOString() };
  return {
    ...acts,
    approvals: approvals.filter(isOther(act)),
    denials: [...denials.filter(isOther(act)), denial].slice(0, mostDenials),
  };
}

/** The approvals with one more; a person's newer word replaces the older one in the same role. */
export function recordApproval(
  act: ActObservation,
  approvals: readonly ApprovalStatus[],
  plan: MigrationSpec,
): ApprovalStatus[] {
  const others = approvals.filter(isOther(act));
  const at = new Date(act.createdAt).toISOString();
  const until = new Date(untilOf(act, plan)).toISOString();
  const given = plan.checklist.approvals.roles
    .filter(({ name }) => name === act.role)
    .map(({ name }) => ({ role: name, actor: act.actor, at, until }));
  return [...others, ...given].slice(-mostApprovals);
}

/** End of an approval, epoch ms: its own, or the plan's, whichever is sooner. */
function untilOf({ createdAt, expiresAt }: ActObservation, { checklist }: MigrationSpec): number {
  const expiry = createdAt + durationSeconds(checklist.approvals.expiry) * 1000;
  return Math.min(expiry, expiresAt ?? expiry);
}

/** The check: every role has its quorum, and the actors are who they say. */
export function judgeApprovals({ plan, status, now }: Asked, identity: Observation["actIdentity"]): Fact {
  const given = status.acts?.approvals ?? [];
  const living = given.filter(({ until }) => (instantMs(until) ?? 0) > now);
  const counted = countRoles(plan, living);
  const missing = counted.filter(isMissing);
  const names = counted.flatMap(({ name, actors }) => actors.map((actor) => `${actor} (${name})`)).join(", ");
  const needs = missing.map(({ name, quorum, actors }) => `needs ${name} ${actors.length} of ${quorum}`);
  const standing = [...needs, ...(names === "" ? [] : [`so far ${names}`])].join(", ");
  const doubt = doubtOf(identity);
  if (doubt !== undefined) return { ...doubt, message: `${doubt.message}; ${standing}` };
  const [denied] = deniedBy(status);
  if (denied !== undefined) return { status: "False", reason: "Denied", message: `${denied}; ${standing}` };
  if (missing.length > 0) {
    const message = `approve plan ${status.planHash}: ${standing}`;
    const lapsed = given.filter((one) => !living.includes(one) && missing.some(({ name }) => name === one.role));
    if (lapsed.length === 0) return { status: "False", reason: "ApprovalsMissing", message };
    const ends = lapsed.map(({ actor, role, until }) => `${actor} (${role}) at ${until}`).join(", ");
    return { status: "False", reason: "ApprovalsExpired", message: `${message}; expired: ${ends}` };
  }
  if (identity?.ok === true && identity.value === "trusted") {
    const message = `approved by ${names}; the operator is set to trust what acts say of their actors`;
    return { status: "True", reason: "ApprovedOnTrust", message };
  }
  return { status: "True", reason: "Approved", message: `approved by ${names}` };
}

/** Who of these counts in each role that the plan asks. */
function countRoles({ checklist }: MigrationSpec, approvals: readonly Said[]): RoleCount[] {
  const { roles, differentPeople } = checklist.approvals;
  const asked = roles.map(({ name, quorum }) => ({
    name,
    quorum,
    actors: approvals.filter(({ role }) => role === name).map(({ actor }) => actor),
  }));
  return differentPeople ? countOnce(asked) : asked;
}

function isMissing({ actors, quorum }: RoleCount): boolean {
  return actors.length < quorum;
}

/** Those that neither have ended nor are about to. */
export function lasting(approvals: readonly ApprovalStatus[]): ApprovalStatus[] {
  return approvals.filter(({ expiryTold }) => expiryTold !== true);
}

/** Whether these are enough, as long as they count. */
export function suffice(plan: MigrationSpec, approvals: readonly Said[]): boolean {
  return !countRoles(plan, approvals).some(isMissing);
}

/** One sentence on all denials; none where there are none. */
function deniedBy({ acts, planHash }: MigrationStatus): string[] {
  const denials = acts?.denials ?? [];
  const words = denials.map(({ actor, role, reason }) => `${actor} (${role}): ${reason}`).join("; ");
  const undo = "whoever denied takes it back by approving";
  return denials.length === 0 ? [] : [`plan ${planHash} is denied by ${words}; ${undo}`];
}

type RoleCount = { readonly name: string; readonly quorum: number; readonly actors: readonly string[] };

/** Each person in one role only, so that as many seats as possible are taken: a greedy choice would leave some empty. */
export function countOnce(roles: readonly RoleCount[]): RoleCount[] {
  const roleOf = new Map<string, number>();
  const seat = (index: number, tried: Set<string>): boolean => {
    for (const actor of roles[index]?.actors ?? []) {
      const person = personOf(actor);
      if (tried.has(person)) continue;
      tried.add(person);
      const before = roleOf.get(person);
      if (before !== undefined && !seat(before, tried)) continue;
      roleOf.set(person, index);
      return true;
    }
    return false;
  };
  for (const [index, { quorum }] of roles.entries()) {
    let taken = 0;
    while (taken < quorum && seat(index, new Set())) taken += 1;
  }
  return roles.map((role, index) => ({
    ...role,
    actors: role.actors.filter((actor) => roleOf.get(personOf(actor)) === index),
  }));
}

/** What keeps approvals from counting at all; undefined when they count. */
function doubtOf(identity: Observation["actIdentity"]): Fact | undefined {
  const states: Readonly<Record<ActIdentity, Fact | undefined>> = { proved: undefined, trusted: undefined, unproved };
  if (identity === undefined) return unproved;
  if (identity.ok) return states[identity.value];
  const message = `whether actors are who they say can't be looked up: ${identity.why}`;
  return { status: "Unknown", reason: "IdentityNotObserved", message };
}

/** Whether an approval is judged later: a failed read says neither that its actor is proved nor that nobody proves him. */
export function awaitsProof({ act }: ActObservation, identity: Observation["actIdentity"]): boolean {
  return act === "Approve" && identity?.ok !== true;
}

/**
 * Why an approval has no effect that came while nobody proved its actor: kept until somebody does, it would count as if it had
 * been proved.
 */
export function refuseUnproved({ act }: ActObservation, identity: Observation["actIdentity"]): string | undefined {
  if (act !== "Approve" || identity?.ok !== true || identity.value !== "unproved") return undefined;
  return "nobody proves who approves; approve again once the admission policy retriever-act-identity and its binding are in force";
}

const unproved: Fact = {
  status: "Unknown",
  reason: "IdentityNotProved",
  message:
    "approvals prove nothing without the admission policy retriever-act-identity and its binding: install both, or set the operator to --act-identity=trusted",
};
