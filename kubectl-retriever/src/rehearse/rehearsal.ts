// What a rehearsal tells: every decision worth a line, every event, and the curve of the numbers. Data only.
import type { MigrationStatus, Phase } from "@retriever/crds/status/migration-status.ts";
import type { Announcement, Decision, Effect } from "@retriever/operator/core/model/decision.ts";
import { isSettled } from "@retriever/operator/core/overlay/overlay-state.ts";

/** A step of the operator: a phase, a revision, another reason, or something said to people. */
export type DecisionEntry = {
  readonly kind: "decision";
  readonly seconds: number;
  readonly phase: Phase;
  /** From 1; null before the first. */
  readonly stage: number | null;
  readonly epoch: number;
  readonly reason: string;
  readonly message: string;
  readonly primary: "source" | "destination" | null;
  readonly shadow: "source" | "destination" | "none" | null;
  readonly sampleRate: number;
  readonly effects: readonly Effect["kind"][];
  readonly announcements: readonly Announcement[];
  /** A transition; else it only says otherwise why it stays. */
  readonly moved: boolean;
};

/** Something the scenario did. */
export type EventEntry = {
  readonly kind: "event";
  readonly seconds: number;
  readonly phase: Phase;
  readonly what: string;
  readonly ends: boolean;
};

export type Entry = DecisionEntry | EventEntry;

/** The numbers at one moment. Shares are over `rollback.window`; null without a sample or a request. */
export type Point = {
  readonly seconds: number;
  readonly phase: Phase;
  readonly sampleRate: number;
  readonly primary: "source" | "destination";
  readonly requestsPerSecond: number;
  readonly scoreDelta: number | null;
  readonly latencyDelta: number | null;
  readonly mismatch: number | null;
  readonly shadowErrors: number | null;
  /** Of all requests, whichever store is primary. */
  readonly liveErrors: number | null;
  readonly mismatchLimit: number;
};

/** ended: a final phase. waiting: for a person. unfinished: the scenario's time was up. gone: the object was deleted. */
export type Ending = "ended" | "waiting" | "unfinished" | "gone";

export type Rehearsal = {
  readonly entries: readonly Entry[];
  readonly points: readonly Point[];
  readonly status: MigrationStatus;
  readonly ending: Ending;
  readonly seconds: number;
  readonly reconciles: number;
  /** Moments of events that never came. */
  readonly unreached: readonly string[];
};

/** The line of a decision; undefined when it said nothing that was not said before. */
export function entryOf(before: MigrationStatus, decision: Decision, seconds: number): DecisionEntry | undefined {
  const { status, announcements, effects } = decision;
  const moved = isTransition(before, status);
  if (!moved && announcements.length === 0 && reasonOf(before) === reasonOf(status)) return undefined;
  return {
    kind: "decision",
    seconds,
    phase: status.phase,
    stage: status.stage === undefined ? null : status.stage.index + 1,
    epoch: status.epoch,
    ...wordsOf(decision, moved),
    ...revisionOf(status),
    effects: effects.map(({ kind }) => kind),
    announcements,
    moved,
  };
}

/** Another phase, another revision, or a line of the history that wasn't there. */
function isTransition(before: MigrationStatus, next: MigrationStatus): boolean {
  if (before.phase !== next.phase || before.epoch !== next.epoch) return true;
  return JSON.stringify(before.history.at(-1)) !== JSON.stringify(next.history.at(-1));
}

/** A transition speaks for itself; else what somebody was told, else why it stays. */
function wordsOf({ status, announcements }: Decision, moved: boolean): { reason: string; message: string } {
  const entry = moved ? status.history.at(-1) : undefined;
  const said = moved ? undefined : announcements[0];
  return {
    reason: entry?.reason ?? said?.reason ?? reasonOf(status),
    message: said?.message ?? status.message,
  };
}

function revisionOf({ revision }: MigrationStatus): Pick<DecisionEntry, "primary" | "shadow" | "sampleRate"> {
  if (revision === undefined) return { primary: null, shadow: null, sampleRate: 0 };
  const { primary, shadow, sampleRate } = revision;
  return { primary, shadow, sampleRate };
}

/** Why it stands where it stands: settled, or the reason of the condition Ready. */
function reasonOf(status: MigrationStatus): string {
  if (isSettled(status)) return "Settled";
  return status.conditions.find(({ type }) => type === "Ready")?.reason ?? "";
}
