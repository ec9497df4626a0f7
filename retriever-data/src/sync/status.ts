// What a running `sync` knows of itself, and what it says of that. Pure.
import { mostRefusedListed, type SyncStatus } from "@retriever/sidecar/contract/sync-status.ts";
import type { StoreIdentity } from "@retriever/stores/config/identity.ts";
import type { Fault } from "@retriever/stores/errors.ts";
import type { Both } from "#compare/run-deps.ts";
import type { FollowState } from "./follow.ts";
import type { Verified } from "./verify-all.ts";

export type SyncState = {
  readonly version: string;
  readonly identities: Both<StoreIdentity>;
  readonly startedAt: string;
  readonly follow: FollowState;
  /** Whether the source was read through once, as it was after following began. */
  isFilled: boolean;
  /** Of the reading through. */
  readonly filled: { written: number; replaced: number };
  readonly checked: { missed: number; removed: number };
  verified: Verified | null;
  /** What fails of either loop. */
  readonly faults: { follow: Fault | null; check: Fault | null };
};

const mostId = 2048;
const mostReason = 500;
const mostListBytes = 48_000;
const mostMessage = 1000;

/** `monotonicMs`: now, by the clock that the state is measured by. */
export function statusOf(state: SyncState, monotonicMs: number): SyncStatus {
  const { version, identities, startedAt, follow, isFilled, filled, checked, verified, faults } = state;
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
    lagSeconds: isFollowing ? secondsSince(follow.begunMs, monotonicMs) : null,
    backlog: follow.backlog + changed,
    refused: { count: refused.length, chunks: listed(refused) },
    done: {
      passes: follow.passes,
      written: follow.written + filled.written,
      replaced: follow.replaced + filled.replaced,
      ...checked,
    },
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
