// What a running `sync` knows of itself, and what it says of that. Pure.
import { mostRefusedListed, type SyncStatus } from "@retriever/sidecar/contract/sync-status.ts";
import type { StoreIdentity } from "@retriever/stores/config/identity.ts";
import type { Fault } from "@retriever/stores/errors.ts";
import type { Both } from "#compare/run-deps.ts";
import type { SeenVersions } from "#core/seen-versions.ts";
import type { FollowState } from "./follow.ts";
import type { SyncOptions } from "./options.ts";
import type { Verified } from "./verify-all.ts";

/** Longer than an operator that is started anew lets it wait; a leave that nobody takes back ends by itself. */
const leaveMs = 60_000;

/** Who may have chunks removed that only the destination has. */
type Removals = {
  readonly mode: "never" | "free" | "asked";
  /** Until when the last leave counts, by the clock that the state is measured by. */
  leaveUntilMs: number;
  isRemoving: boolean;
};

export type SyncState = {
  readonly version: string;
  readonly identities: Both<StoreIdentity>;
  readonly startedAt: string;
  readonly follow: FollowState;
  /** Whether the source was read through once, as it was after following began. */
  isFilled: boolean;
  /** Of the reading through. */
  readonly filled: { written: number; replaced: number };
  /** `removedAsSeen`: of the removed ones, those that went without leave. */
  readonly checked: { missed: number; removed: number; removedAsSeen: number };
  /** Versions that the source was seen to hold; empty where nothing is to be removed. */
  readonly seen: SeenVersions;
  verified: Verified | null;
  readonly removals: Removals;
  /** What fails of either loop. */
  readonly faults: { follow: Fault | null; check: Fault | null };
};

const mostId = 2048;
const mostReason = 500;
const mostListBytes = 48_000;
const mostMessage = 1000;

export function beginRemovals(options: Pick<SyncOptions, "deletesExtra" | "needsLeave">): Removals {
  const asked = options.needsLeave ? "asked" : "free";
  return { mode: options.deletesExtra ? asked : "never", leaveUntilMs: Number.NEGATIVE_INFINITY, isRemoving: false };
}

/** From now on, for a minute; or not before the next one. */
export function giveLeave(removals: Removals, isGiven: boolean, monotonicMs: number): void {
  removals.leaveUntilMs = isGiven ? monotonicMs + leaveMs : Number.NEGATIVE_INFINITY;
}

/** Whether a removal may begin. */
export function hasLeave({ mode, leaveUntilMs }: Removals, monotonicMs: number): boolean {
  return mode === "free" || (mode === "asked" && monotonicMs < leaveUntilMs);
}

function wordOf(removals: Removals, monotonicMs: number): SyncStatus["removals"] {
  const { mode, isRemoving } = removals;
  if (mode !== "asked") return mode;
  return isRemoving || hasLeave(removals, monotonicMs) ? "allowed" : "held";
}

/** `monotonicMs`: now, by the clock that the state is measured by. */
export function statusOf(state: SyncState, monotonicMs: number): SyncStatus {
  const { version, identities, startedAt, follow, isFilled, filled, checked, verified, removals, faults } = state;
  const isFollowing = isFilled && follow.passes > 0;
  const refused = [...follow.waiting].flatMap(([id, reason]) => (reason === null ? [] : [{ id, reason }]));
  const changed = follow.waiting.size - refused.length;
  const fault = faults.follow ?? faults.check;
  return {
    schema: 1,
    version,
    ...identities,
    startedAt,
    state: isFollowing ? "following" : "starting",
    lagSeconds: isFollowing ? secondsSince(follow.begunMs - follow.behindMs, monotonicMs) : null,
    backlog: follow.backlog + changed,
    refused: { count: refused.length, chunks: listed(refused) },
    done: {
      passes: follow.passes,
      written: follow.written + filled.written,
      replaced: follow.replaced + filled.replaced,
      missed: checked.missed,
      removed: checked.removed,
    },
    removals: wordOf(removals, monotonicMs),
    verified: verified && {
      ageSeconds: secondsSince(verified.begunMs, monotonicMs),
      finishedAt: verified.finishedAt,
      left: verified.left,
      written: verified.written,
      removed: verified.removed,
    },
    fault: fault && { code: fault.code, message: fault.message.slice(0, mostMessage) },
  };
}

/** As many of the first ones as the answer has room for. */
function listed(refused: SyncStatus["refused"]["chunks"]): SyncStatus["refused"]["chunks"] {
  let bytes = 0;
  return refused
    .slice(0, mostRefusedListed)
    .map(({ id, reason }) => ({ id: id.slice(0, mostId), reason: reason.slice(0, mostReason) }))
    .filter((each) => (bytes += Buffer.byteLength(JSON.stringify(each))) <= mostListBytes);
}

function secondsSince(fromMs: number, nowMs: number): number {
  return Math.round(Math.max(0, nowMs - fromMs)) / 1000;
}
