// A full verification of `sync` and the repair of what it finds: chunks that the source removed, and whatever following by
// moments can't see.
import { type DifferenceCounts, driftOf, type VerifyReport } from "@retriever/sidecar/contract/verify-report.ts";
import { type ErrorCode, errorTable, RetrieverError } from "@retriever/stores/errors.ts";
import { mend } from "#copy/settle.ts";
import type { Left } from "#repair/decide.ts";
import type { RepairOptions } from "#repair/repair.ts";
import type { RepairDeps } from "#repair/repair-run.ts";

export type Verified = {
  /** By our own clock. */
  readonly begunMs: number;
  readonly finishedAt: string;
  /** Differences that are left. */
  readonly left: number;
  readonly written: number;
  readonly removed: number;
};
type VerifyAllDeps = {
  /** Whether chunks that only the destination has may go; asked when both were compared. */
  readonly mayRemove: () => boolean;
  readonly compare: () => Promise<VerifyReport>;
  readonly repairDeps: RepairDeps;
};
type Result = {
  readonly verified: Verified;
  /** Chunks that were left as they are. */
  readonly stayed: readonly Left[];
  /** Why extra chunks were left, where they were. */
  readonly caution: string | null;
};

/** Fewer are removed whatever their share. */
const fewRemovals = 100;

/** Rejects with the reason of a comparison that came to no end, with a RetrieverError of the repair, and at the signal. */
export async function verifyAll(
  options: RepairOptions,
  { compare, repairDeps, mayRemove }: VerifyAllDeps,
  signal: AbortSignal,
): Promise<Result> {
  const { clock } = repairDeps;
  const begunMs = clock.monotonicMs();
  const report = await compare();
  if (report.outcome === "unknown") throw noEnd(report.reason ?? "");
  const removes = mayRemove();
  const isMost = removes && removesMost(report);
  const result = await mend(report, { ...options, deletesExtra: removes && !isMost }, repairDeps, signal);
  const { written = 0, removed = 0, left: stayed = [] } = result ?? {};
  const unlisted = Math.max(0, driftOf(report.counts) - report.differences.length);
  const left = (result?.remaining.length ?? report.differences.length) + unlisted;
  const finishedAt = new Date(clock.wallMs()).toISOString();
  const caution = isMost ? cautionOf(report.counts) : null;
  return { verified: { begunMs, finishedAt, left, written, removed }, stayed, caution };
}

/** A source that lost most of its chunks is more often the wrong one, or one that is being loaded anew. */
function removesMost({ counts: { extra }, source, destination }: VerifyReport): boolean {
  return extra > 0 && (source.read === 0 || (extra > fewRemovals && extra * 2 > destination.read));
}

function cautionOf({ extra }: DifferenceCounts): string {
  return `${extra} chunks are in the destination alone, most of what it holds: none of them was removed; if they are to go, a copy with --delete-extra removes them`;
}

function noEnd(reason: string): RetrieverError {
  const [code = ""] = reason.split(":", 1);
  if (!Object.hasOwn(errorTable, code))
    return new RetrieverError({ code: "RETR_VERIFY_NOT_COMPARABLE", message: reason });
  return new RetrieverError({ code: code as ErrorCode, message: reason.slice(code.length + 2) });
}
