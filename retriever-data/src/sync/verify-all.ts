// A full verification of `sync` and the repair of what it finds: chunks that the source removed, and whatever following by
// moments can't see.
import {
  type Difference,
  type DifferenceCounts,
  driftOf,
  type VerifyReport,
} from "@retriever/sidecar/contract/verify-report.ts";
import { type ErrorCode, errorTable, RetrieverError } from "@retriever/stores/errors.ts";
import { plural } from "@retriever/stores/values/plural.ts";
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
/** Which chunks go that only the destination has: all of them, those whose version was seen in the source, or none. */
export type Removable = "all" | "seen" | "none";
type VerifyAllDeps = {
  /** Asked when both were compared. */
  readonly mayRemove: () => Removable;
  /** Whether what the destination alone has was seen in the source as the destination has it. */
  readonly wasSeen: (difference: Difference) => boolean;
  /** How many went so since the process began. */
  readonly removedAsSeen: () => number;
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
/** Of what the destination holds, in the life of a process: beyond it somebody empties a source that is served no more. */
const mostSeenShare = 0.1;

/** Rejects with the reason of a comparison that came to no end, with a RetrieverError of the repair, and at the signal. */
export async function verifyAll(options: RepairOptions, deps: VerifyAllDeps, signal: AbortSignal): Promise<Result> {
  const { repairDeps } = deps;
  const { clock } = repairDeps;
  const begunMs = clock.monotonicMs();
  const report = await deps.compare();
  if (report.outcome === "unknown") throw noEnd(report.reason ?? "");
  const { deletesExtra, caution } = decideRemovals(report, deps);
  const result = await mend(report, { ...options, deletesExtra }, repairDeps, signal);
  const { written = 0, removed = 0, left: stayed = [] } = result ?? {};
  const unlisted = Math.max(0, driftOf(report.counts) - report.differences.length);
  const left = (result?.remaining.length ?? report.differences.length) + unlisted;
  const finishedAt = new Date(clock.wallMs()).toISOString();
  return { verified: { begunMs, finishedAt, left, written, removed }, stayed, caution };
}

type Decided = Pick<Parameters<typeof mend>[1], "deletesExtra"> & Pick<Result, "caution">;

function decideRemovals(report: VerifyReport, { mayRemove, wasSeen, removedAsSeen }: VerifyAllDeps): Decided {
  const removable = mayRemove();
  if (removable === "none") return { deletesExtra: false, caution: null };
  if (removable === "all") {
    const isMost = removesMost(report);
    return { deletesExtra: !isMost, caution: isMost ? cautionOf(report.counts) : null };
  }
  const seen = report.differences.filter((each) => each.kind === "extra" && wasSeen(each)).length;
  const most = Math.max(fewRemovals, report.destination.read * mostSeenShare);
  if (report.source.read > 0 && removedAsSeen() + seen <= most) return { deletesExtra: wasSeen, caution: null };
  return { deletesExtra: false, caution: seen === 0 ? null : emptied(seen) };
}

function emptied(seen: number): string {
  return `the source lost ${seen} more chunks that it held, together more than a tenth of what the destination holds: none of them was removed from a store that may be served; is the source being emptied? If they are to go, start the sync anew`;
}

/** A source that lost most of its chunks is more often the wrong one, or one that is being loaded anew. */
function removesMost({ counts: { extra }, source, destination }: VerifyReport): boolean {
  return extra > 0 && (source.read === 0 || (extra > fewRemovals && extra * 2 > destination.read));
}

function cautionOf({ extra }: DifferenceCounts): string {
  const chunks = `${extra} ${plural(extra, "chunk is", "chunks are")}`;
  return `${chunks} in the destination alone, most of what it holds: nothing was removed; if that is to go, a copy with --delete-extra removes it`;
}

function noEnd(reason: string): RetrieverError {
  const [code = ""] = reason.split(":", 1);
  if (!Object.hasOwn(errorTable, code))
    return new RetrieverError({ code: "RETR_VERIFY_NOT_COMPARABLE", message: reason });
  return new RetrieverError({ code: code as ErrorCode, message: reason.slice(code.length + 2) });
}
