// One record of the audit trail: what was observed, what was decided, and the hash of the record before.
// The order of members is kept, since texts that are hashed later (an overlay's) follow it; so the text itself is proved.
import { hash } from "node:crypto";
import type { DispersionState, MigrationStatus, Verdict } from "@retriever/crds/status/migration-status.ts";
import type { Counters } from "@retriever/sidecar/contract/evidence.ts";
import type { Announcement, Decision, Effect } from "../model/decision.ts";
import { isSameData } from "../model/deep-equal.ts";
import type { Migration } from "../model/migration.ts";
import type { Observation } from "../model/observation.ts";

export const auditSchema = 1;

/** Where a chain stands: the last link's number and hash. */
export type ChainEnd = { readonly seq: number; readonly hash: string };

/** The end of a chain without links: what the first link follows. */
export const chainStart: ChainEnd = { seq: 0, hash: "0".repeat(64) };

/** All that a decision is a function of. */
export type DecisionInput = {
  readonly observation: Observation;
  readonly migration: Migration;
  /** Epoch ms. */
  readonly now: number;
};

/** An input as it is kept: as it is, compressed, or, when it is too large even so, only its digest. */
export type KeptInput =
  | { readonly form: "plain"; readonly value: DecisionInput }
  | { readonly form: "gzip"; readonly base64: string }
  | { readonly form: "digest"; readonly sha256: string; readonly bytes: number };

/** How a status became the next one, member by member of its top level. */
type StatusChange = {
  readonly set: Readonly<Record<string, unknown>>;
  readonly unset: readonly string[];
};

/** A decision as it is kept: whole, with the status as a change of the one before. */
type KeptDecision = {
  readonly status: StatusChange;
  readonly effects: readonly Effect[];
  readonly announcements: readonly Announcement[];
  readonly requeueAfterMs: number | null;
  readonly effectsSurviveStatusFailure: boolean;
};

/** A person whose act took effect in this decision. */
type PersonsAct = { readonly act: string; readonly actor: string; readonly reason: string };

/** What every record says. */
export type AuditCommon = {
  readonly schema: typeof auditSchema;
  /** ISO instant of the reconcile. */
  readonly at: string;
  readonly migration: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly phase: string;
  readonly epoch: number;
  /** Statistic, interval, n and limit of every gate after the reconcile. */
  readonly verdicts: readonly Verdict[];
  /** Records before this one that could not be kept. */
  readonly missing: number;
};

export type DecisionDraft = AuditCommon & {
  readonly kind: "decision";
  /** False: a rollback was carried out although the status could not be written. */
  readonly statusWritten: boolean;
  readonly actors: readonly PersonsAct[];
  /** Where it ends an epoch: what that had counted by then, after the last counters as well; null where nothing was sampled. */
  readonly totals?: Counters | null;
  readonly input: KeptInput;
  readonly decision: KeptDecision;
};

export type CountersDraft = AuditCommon & {
  readonly kind: "counters";
  readonly pods: number;
  /** Totals of the epoch; null while nothing is sampled. */
  readonly totals: Counters | null;
  readonly dispersion: DispersionState | null;
  readonly guard: MigrationStatus["guard"] | null;
  readonly harm: MigrationStatus["harm"] | null;
};

/** A record that has no place in the chain yet. */
export type AuditDraft = DecisionDraft | CountersDraft;
export type AuditRecord = AuditDraft & ChainEnd & { readonly previous: string };

/** The same data is the same text, whatever the order of its members; what is undefined is left out. For comparing. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const sorted = members.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(",")}}`;
}

/** Puts a draft behind the end of a chain. */
export function seal(draft: AuditDraft, after: ChainEnd): AuditRecord {
  const open = { ...draft, seq: after.seq + 1, previous: after.hash };
  return { ...open, hash: hashOf(open) };
}

/** What the hash of a record must be. */
export function hashOf(record: Readonly<Record<string, unknown>>): string {
  const { hash: _hash, ...content } = record;
  return hash("sha256", JSON.stringify(content));
}

/** The one text of a record, its hash last. Reading it and printing it again gives the same text. */
export function printRecord(record: AuditRecord): string {
  const { hash, ...content } = record;
  return JSON.stringify({ ...content, hash });
}

/** The top-level members in which two statuses differ. */
export function changeOf(before: MigrationStatus, after: MigrationStatus): StatusChange {
  const old = new Map<string, unknown>(Object.entries(before));
  const next = Object.entries(after).filter(([, value]) => value !== undefined);
  const kept = new Set(next.map(([key]) => key));
  return {
    set: Object.fromEntries(next.filter(([key, value]) => !isSameData(old.get(key), value))),
    unset: [...old].flatMap(([key, value]) => (value === undefined || kept.has(key) ? [] : [key])).toSorted(),
  };
}

/** A decision as it is kept. */
export function keepDecision(before: MigrationStatus, decision: Decision): KeptDecision {
  return { ...decision, status: changeOf(before, decision.status) };
}

/** Acts that took effect between two statuses, with who asked for them and why. */
export function actorsOf(observation: Observation, before: MigrationStatus, after: MigrationStatus): PersonsAct[] {
  if (!observation.acts.ok) return [];
  const old = new Set(before.acts?.seen);
  const fresh = new Set((after.acts?.seen ?? []).filter((uid) => !old.has(uid)));
  return observation.acts.value
    .filter(({ uid }) => fresh.has(uid))
    .map(({ act, actor, reason }) => ({ act, actor, reason }));
}
