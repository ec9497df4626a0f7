// Replays an audit trail: decides again from each recorded observation, and compares. `decide` is passed in.

import type { Decision } from "#core/model/decision.ts";
import { type AuditRecord, canonicalJson, type DecisionDraft } from "#core/status/audit-record.ts";
import { type ChainFile, type Link, readChainFile } from "./chain-file.ts";
import { draftDecision } from "./draft.ts";
import { readKeptInput } from "./kept-input.ts";

type DecisionRecord = AuditRecord & DecisionDraft;
type DecideAgain = (input: NonNullable<ReturnType<typeof readKeptInput>>) => Decision;

type ReplayFault = {
  /** Null for a fault of the file itself. */
  readonly seq: number | null;
  readonly line: number;
  readonly message: string;
};

export type Replayed = {
  readonly records: number;
  readonly rederived: number;
  /** Decisions of which only a digest of the input was kept. */
  readonly tooLarge: number;
  /** Records that could not be kept, as the records after them say. */
  readonly missing: number;
  readonly repeated: number;
  /** Records dropped before the first one here. */
  readonly dropped: number;
  /** Places where the migration stands elsewhere than the record before left it: the operator ended in between. */
  readonly gaps: readonly string[];
  /** The first thing that is wrong; undefined when nothing is. */
  readonly fault: ReplayFault | undefined;
};

/** Proves the chain and re-derives every decision up to the first fault. Never throws, whatever the text. */
export function replay(text: string, decide: DecideAgain): Replayed {
  const file = readChainFile(text);
  if (!file.ok) return { ...nothing, fault: { seq: null, line: file.line, message: file.fault } };
  const counts = { records: 0, rederived: 0, tooLarge: 0, missing: 0 };
  const gaps: string[] = [];
  let before: AuditRecord | undefined;
  let fault: ReplayFault | undefined;
  for (const link of file.links) {
    const judged = judge(link, decide);
    fault = judged.fault;
    if (fault !== undefined || link.record === undefined) break;
    counts.records += 1;
    counts.missing += link.record.missing;
    counts.rederived += judged.kind === "rederived" ? 1 : 0;
    counts.tooLarge += judged.kind === "tooLarge" ? 1 : 0;
    const gap = gapBetween(before, link.record);
    if (gap !== undefined) gaps.push(gap);
    before = link.record;
  }
  return { ...counts, gaps, repeated: file.repeated, dropped: file.after.seq, fault: fault ?? endFault(file) };
}

const nothing = { records: 0, rederived: 0, tooLarge: 0, missing: 0, repeated: 0, dropped: 0, gaps: [] };

function endFault(file: ChainFile & { ok: true }): ReplayFault | undefined {
  if (file.endFault === undefined) return undefined;
  return { seq: null, line: (file.links.at(-1)?.line ?? 1) + 1, message: file.endFault };
}

type Judged = {
  readonly kind: "rederived" | "tooLarge" | "counters" | "none";
  readonly fault: ReplayFault | undefined;
};

function judge({ line, seq, record, fault }: Link, decide: DecideAgain): Judged {
  const isDecision = record?.kind === "decision";
  const derived = isDecision ? deriveAgain(record, decide) : { kind: "counters" as const };
  if (fault !== undefined) {
    // What can't be so says which field it was.
    const detail = "difference" in derived ? `; ${derived.difference}` : "";
    return { kind: "none", fault: { seq, line, message: `${fault}${detail}` } };
  }
  if ("difference" in derived) return { kind: "none", fault: { seq, line, message: derived.difference } };
  return { kind: derived.kind, fault: undefined };
}

type Derived = { readonly kind: "rederived" | "tooLarge" } | { readonly difference: string };

function deriveAgain(record: DecisionRecord, decide: DecideAgain): Derived {
  try {
    const input = readKeptInput(record.input);
    if (input === undefined) return { kind: "tooLarge" };
    const again = draftDecision({ input, decision: decide(input), statusWritten: record.statusWritten });
    const { seq: _seq, hash: _hash, previous: _previous, ...recorded } = record;
    // The same input may be compressed in more than one way, and what got lost since is not this record's to know.
    const derived = { ...again, input: record.input, missing: record.missing };
    if (canonicalJson(recorded) === canonicalJson(derived)) return { kind: "rederived" };
    return { difference: describeDifference(plain(recorded), plain(derived)) };
  } catch {
    return { difference: "its field input can't be decided upon" };
  }
}

function plain(value: unknown): unknown {
  return JSON.parse(canonicalJson(value)) as unknown;
}

function describeDifference(recorded: unknown, derived: unknown): string {
  const found = firstDifference(recorded, derived, "");
  if (found === undefined) return "it differs";
  return `its field ${found.path} differs: recorded ${clip(found.recorded)}, re-derived ${clip(found.derived)}`;
}

type Difference = { readonly path: string; readonly recorded: unknown; readonly derived: unknown };

function firstDifference(recorded: unknown, derived: unknown, path: string): Difference | undefined {
  if (!isTree(recorded) || !isTree(derived) || Array.isArray(recorded) !== Array.isArray(derived))
    return recorded === derived ? undefined : { path, recorded, derived };
  const [left, right] = [new Map(Object.entries(recorded)), new Map(Object.entries(derived))];
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const found = firstDifference(left.get(key), right.get(key), path === "" ? key : `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isTree(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function clip(value: unknown): string {
  const text = value === undefined ? "nothing" : canonicalJson(value);
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}

/** Every step of phase and epoch is on record; where one is missing, the operator ended between deciding and keeping. */
function gapBetween(before: AuditRecord | undefined, record: AuditRecord): string | undefined {
  const from = startOf(record);
  if (from === undefined) return undefined;
  const left = before ?? (record.seq === 1 ? { phase: "Pending", epoch: 0 } : undefined);
  // A rollback whose status couldn't be written left the migration where it was.
  if (left === undefined || (before?.kind === "decision" && !before.statusWritten)) return undefined;
  if (left.phase === from.phase && left.epoch === from.epoch) return undefined;
  return `before record ${record.seq}: from ${left.phase} at epoch ${left.epoch} to ${from.phase} at epoch ${from.epoch}`;
}

function startOf(record: AuditRecord): { readonly phase: string; readonly epoch: number } | undefined {
  if (record.kind === "counters") return record;
  try {
    return readKeptInput(record.input)?.migration.status;
  } catch {
    return undefined;
  }
}
