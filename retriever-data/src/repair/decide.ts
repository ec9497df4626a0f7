// What a repair does with one chunk, from what the report saw and what both stores hold now. Pure.
import type { Difference } from "@retriever/sidecar/contract/verify-report.ts";
import type { ChunkRemoval, ChunkWrite, StoredChunk } from "@retriever/stores/ports/chunk-store.ts";
import { wholeUnits } from "#core/moment-unit.ts";
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
type Seen = Pick<RepairPlan, "from" | "to" | "momentUnitMs">;

/** A write over what the report saw, or why there is none. */
export function decideWrite(plan: Seen, difference: Difference, { from, to }: Found): ChunkWrite | Left {
  const { id } = difference;
  const [chunk, held] = [from[0], to[0]];
  if (chunk === undefined) return { id, why: "gone" };
  if (from.length > 1 || to.length > 1) return { id, why: "refused", reason: doubled(plan, from.length > 1) };
  const wasHeld = difference.kind !== "missing" && difference.kind !== "extra";
  if (wasHeld !== (held !== undefined)) return { id, why: "changed" };
  if (held === undefined) return { chunk, over: null };
  if (!isAsReported(plan, difference, held)) return { id, why: "changed" };
  const [heldAt, at] = [momentOf(held.updatedAt, plan), momentOf(chunk.updatedAt, plan)];
  // By whole units of the comparison; a chunk without a time replaces none that has one.
  if (heldAt !== null && !(heldAt <= (at ?? Number.NEGATIVE_INFINITY))) return { id, why: "newer" };
  // The same moment may be held more finely than it comes.
  return { chunk: heldAt === at ? { ...chunk, updatedAt: undefined } : chunk, over: held.version };
}

/** The removal of what the report saw, or why there is none. */
export function decideRemoval(plan: Seen, difference: Difference, { from, to }: Found): ChunkRemoval | Left {
  const { id } = difference;
  const [held] = to;
  if (from.length > 0) return { id, why: "wanted" };
  if (held === undefined) return { id, why: "gone" };
  if (to.length > 1) return { id, why: "refused", reason: doubled(plan, false) };
  return isAsReported(plan, difference, held) ? { id, version: held.version } : { id, why: "changed" };
}

export function isLeft(decision: ChunkWrite | ChunkRemoval | Left): decision is Left {
  return "why" in decision;
}

/** By all that the report says of it: its version, or its moment in a report without versions. */
function isAsReported(plan: Seen, difference: Difference, held: StoredChunk): boolean {
  const version = reportedVersion(plan, difference);
  if (version !== undefined) return held.version === version;
  return momentOf(held.updatedAt, plan) === momentOf(reportedAt(plan, difference), plan);
}

function momentOf(text: string | null | undefined, { momentUnitMs }: Pick<RepairPlan, "momentUnitMs">): number | null {
  return text === null || text === undefined ? null : wholeUnits(Date.parse(text), momentUnitMs);
}

function doubled({ from, to }: Seen, isFrom: boolean): string {
  return `the ${isFrom ? from.name : to.name} holds it more than once; remove the doubles`;
}
