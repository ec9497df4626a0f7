// What a repair does with one chunk, from what the report saw and what both stores hold now. Pure.

import type { StoreName } from "@retriever/sidecar/contract/overlay.ts";
import type { Difference } from "@retriever/sidecar/contract/verify-report.ts";
import type { ChunkRemoval, ChunkWrite, StoredChunk, WholeChunk } from "@retriever/stores/ports/chunk-store.ts";
import { readMoment } from "@retriever/stores/values/time.ts";
import { isLater, isSameMoment, unitsOf } from "#core/moment-unit.ts";
import { type RepairPlan, reportedAt, reportedVersion } from "./plan.ts";

/**
 * Why a chunk was left as it is. refused: the store can't take it; unknown: it can't be said whether the other store has
 * it. `reason` says what of either.
 */
export const leftReasons = ["newer", "gone", "changed", "wanted", "unknown", "refused"] as const;
export type LeftReason = (typeof leftReasons)[number];
export type Left = { readonly id: string; readonly why: LeftReason; readonly reason?: string };

/** Everything that was found of a chunk in either store. */
export type Found = { readonly from: readonly StoredChunk[]; readonly to: readonly StoredChunk[] };
type Seen = Pick<RepairPlan, "from" | "to" | "level" | "momentPrecision">;

/** A write over what the report saw, or why there is none. */
export function decideWrite(plan: Seen, difference: Difference, { from, to }: Found): ChunkWrite | Left {
  const { id } = difference;
  const [chunk, held] = [from[0], to[0]];
  if (chunk === undefined) return { id, why: "gone" };
  const fault = whyUncertain(plan, { from, to });
  if (fault !== null) return { id, why: "refused", reason: fault };
  const wasHeld = difference.kind !== "missing" && difference.kind !== "extra";
  if (wasHeld !== (held !== undefined)) return { id, why: "changed" };
  if (held === undefined) return { chunk, over: null };
  const why = whyNotReported(plan, difference, held);
  if (why !== null) return why;
  const { momentPrecision } = plan;
  const [heldAt, at] = [timeOf(held.updatedAt), timeOf(chunk.updatedAt)];
  const isSame = isSameMoment(heldAt, at, momentPrecision);
  // By units of the comparison; a chunk without a time replaces none that has one.
  if (heldAt !== null && isLater(heldAt, at, momentPrecision)) return { id, why: "newer" };
  // The same moment may be held more finely than it comes.
  return { chunk: isSame ? { ...chunk, updatedAt: undefined } : chunk, over: held.version };
}

/** Why a chunk of the store that is right can't be written; null: it can. */
function whyUncertain(plan: Seen, { from, to }: Found): string | null {
  if (from.length > 1 || to.length > 1) return doubled((from.length > 1 ? plan.from : plan.to).name);
  const [chunk] = from;
  return plan.level === "ids" || chunk === undefined ? null : whyUnreadable(chunk, plan.from.name);
}

/** The removal of what the report saw, or why there is none. */
export function decideRemoval(plan: Seen, difference: Difference, { from, to }: Found): ChunkRemoval | Left {
  const { id } = difference;
  const [held] = to;
  if (from.length > 0) return { id, why: "wanted" };
  if (held === undefined) return { id, why: "gone" };
  if (to.length > 1) return { id, why: "refused", reason: doubled(plan.to.name) };
  return whyNotReported(plan, difference, held) ?? { id, version: held.version };
}

export function isLeft(decision: ChunkWrite | ChunkRemoval | Left): decision is Left {
  return "why" in decision;
}

/**
 * Null where what is held is what the report saw. Its moment and its version were read one after the other, so that both
 * have to be there still; without a version an application that leaves `updated_at` alone would go unnoticed.
 */
function whyNotReported(plan: Seen, difference: Difference, held: StoredChunk): Left | null {
  const { id } = difference;
  const fault = whyUnreadable(held, plan.to.name);
  if (fault !== null) return { id, why: "refused", reason: fault };
  const version = reportedVersion(plan, difference);
  const isMoved = momentOf(held.updatedAt, plan) !== momentOf(reportedAt(plan, difference), plan);
  if (isMoved || (version !== undefined && held.version !== version)) return { id, why: "changed" };
  return version === undefined ? { id, why: "refused", reason: unversioned(plan) } : null;
}

/** Those of the source's chunks that can't be written elsewhere for it. */
export function unreadableAmong(chunks: readonly WholeChunk[]): Left[] {
  return chunks.flatMap((chunk) => {
    const reason = whyUnreadable(chunk, "source");
    return reason === null ? [] : [{ id: chunk.id, why: "refused", reason }];
  });
}

/** Of a store's chunk; null: its moment can be read. Written elsewhere it would have none, and differ for ever. */
function whyUnreadable({ hasUnreadableMoment }: WholeChunk, store: StoreName): string | null {
  if (hasUnreadableMoment !== true) return null;
  return `updated_at of the ${store} isn't a moment that can be read, so that which chunk is newer isn't known; correct it there`;
}

function unversioned({ to }: Seen): string {
  return `the report doesn't say what the ${to.name} held of it, so that it can't be seen whether it was written since; verify again`;
}

function momentOf(text: string | null | undefined, { momentPrecision }: Pick<RepairPlan, "momentPrecision">) {
  return unitsOf(timeOf(text), momentPrecision);
}

function timeOf(text: string | null | undefined): number | null {
  return text === null || text === undefined ? null : readMoment(text);
}

/** Why a chunk isn't written that the store holds under another spelling of its id. */
export function respelledAs({ to }: Pick<Seen, "to">, other: string): string {
  return `the ${to.name} holds it as ${JSON.stringify(other)}, and would hold it twice; rename or remove one of the two`;
}

/** Of the chunks of one id none is written: it can't be said which counts. */
export function doubledIn(id: string, store: StoreName): Left {
  return { id, why: "refused", reason: doubled(store) };
}

function doubled(store: StoreName): string {
  return `the ${store} holds it more than once; remove the doubles`;
}
