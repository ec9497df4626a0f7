// A chunk in both stores: whether and in what it differs, and whether a write that is under way may explain it.
import type { DifferenceKind } from "@retriever/sidecar/contract/verify-report.ts";
import {
  type FoundChunk,
  type MomentPrecision,
  oddMoments,
  type VerifyLevel,
} from "@retriever/stores/ports/chunk-store.ts";
import { isSameMoment } from "./moment-unit.ts";
import { isSameVector, type VectorRule } from "./same-vector.ts";

/** One chunk as look-ups found it in each store. */
export type Pair = { readonly id: string; readonly source: FoundChunk | null; readonly destination: FoundChunk | null };
export type PairRule = {
  readonly level: VerifyLevel;
  readonly vector: VectorRule;
  /** How finely moments are compared; by default to the microsecond. */
  readonly momentPrecision?: MomentPrecision;
};

/** What differs, the most serious first; null: nothing (also when neither store has the chunk). */
export function differenceOf({ source, destination }: Pair, rule: PairRule): DifferenceKind | null {
  if (source === null) return destination === null ? null : "extra";
  if (destination === null) return "missing";
  if (rule.level === "ids") return null;
  if (!isSameTime(source.updatedAtMs, destination.updatedAtMs, rule.momentPrecision)) return "stale";
  if (rule.level === "fresh") return null;
  if (source.payloadDigest !== destination.payloadDigest) return "payload";
  if (rule.level === "payload") return null;
  return isSameVector(source.vector, destination.vector, rule.vector) ? null : "vector";
}

/** One that can't be read is the same as no other, not even as one that can't be read either. */
function isSameTime(a: number | null, b: number | null, precision: MomentPrecision = "microsecond") {
  return a !== oddMoments.unreadable && isSameMoment(a, b, precision);
}

/**
 * Whether either side was written within the lag, so that the other may not have got it yet. A time that lies
 * ahead by more than the lag doesn't count: it would excuse the difference for ever.
 */
export function isYoung({ source, destination }: Pair, nowMs: number, lagMs: number): boolean {
  return [source, destination].some((chunk) => {
    const age = nowMs - (chunk?.updatedAtMs ?? Number.NEGATIVE_INFINITY);
    return age < lagMs && age > -lagMs;
  });
}

/** Whether a side was written or removed between two look-ups. */
export function hasMoved(before: Pair, after: Pair): boolean {
  return (
    before.source?.updatedAtMs !== after.source?.updatedAtMs ||
    before.destination?.updatedAtMs !== after.destination?.updatedAtMs
  );
}

/** Pairs of the ids that were asked for; `doubled` names an id that a store gave twice. */
export function pairUp(
  ids: readonly string[],
  source: readonly FoundChunk[],
  destination: readonly FoundChunk[],
): { readonly pairs: readonly Pair[]; readonly doubled: Doubled | null; readonly doubles: Doubles } {
  const [inSource, inDestination] = [byId(source), byId(destination)];
  const doubles = { source: inSource.doubled, destination: inDestination.doubled };
  const [first] = (["source", "destination"] as const).flatMap((store) => doubles[store].map((id) => ({ store, id })));
  const pairs = ids.map((id) => ({
    id,
    source: inSource.chunks.get(id) ?? null,
    destination: inDestination.chunks.get(id) ?? null,
  }));
  return { pairs, doubled: first ?? null, doubles };
}

/** Ids that a store holds more than once. */
export type Doubles = Readonly<Record<"source" | "destination", readonly string[]>>;
type Doubled = { readonly store: "source" | "destination"; readonly id: string };

function byId(found: readonly FoundChunk[]) {
  const chunks = new Map<string, FoundChunk>();
  const doubled = new Set<string>();
  for (const chunk of found) {
    if (chunks.has(chunk.id)) doubled.add(chunk.id);
    chunks.set(chunk.id, chunk);
  }
  return { chunks, doubled: [...doubled] };
}
