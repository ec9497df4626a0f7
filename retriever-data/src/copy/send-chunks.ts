// Writes chunks that were read whole: adds those that the destination lacks, replaces those that it has older. It decides
// both in the statement that writes, so that nothing newer is overwritten, whoever wrote it.
import { idTextAt } from "@retriever/stores/chunks/ids.ts";
import {
  type ChunkBatch,
  type ChunkStore,
  type ChunkWrite,
  type ChunkWriter,
  mostLookedUp,
  type StoredChunk,
  type VerifyLevel,
  type WholeChunk,
} from "@retriever/stores/ports/chunk-store.ts";
import { readMoment } from "@retriever/stores/values/time.ts";
import type { Both } from "#compare/run-deps.ts";
import { decideWrite, doubledIn, isLeft, type Left, respelledAs, unreadableAmong } from "#repair/decide.ts";
import { findRespelled } from "#repair/find-chunks.ts";
import type { RepairPlan } from "#repair/plan.ts";
import { makeSpellings } from "#repair/spellings.ts";
import type { isHeldExactly } from "./is-held.ts";

export type Side = { readonly store: ChunkStore; readonly writer: ChunkWriter };
export type Sending = Both<Side> & {
  /** ids: the stores don't say when a chunk was written. */
  readonly level: VerifyLevel;
  /** Whether the destination held nothing when this began: it isn't asked what it holds then. */
  readonly isEmpty: boolean;
  /** Whether the destination's moment is the source's, or newer. */
  readonly isHeld: typeof isHeldExactly;
  /** Told of each chunk that the source was seen to hold; its moment in ms, null: none. */
  readonly onSeen?: ((id: string, updatedAtMs: number | null) => void) | undefined;
};
type Sent = {
  readonly held: number;
  readonly written: number;
  readonly replaced: number;
  /** Chunks that are as they were. */
  readonly left: readonly Left[];
};

const spellings = makeSpellings([]);

/** At most a page of look-ups. Can be repeated after a failure. Rejects with a RetrieverError. */
export async function sendChunks(to: Sending, given: readonly WholeChunk[], limit: AbortSignal): Promise<Sent> {
  const { writer } = to.destination;
  const byId = Map.groupBy(given, ({ id }) => id);
  const chunks = given.filter(({ id }) => byId.get(id)?.length === 1);
  const doubled = [...byId].filter(([, some]) => some.length > 1).map(([id]) => doubledIn(id, "source"));
  if (to.onSeen !== undefined) for (const { id, updatedAt } of chunks) to.onSeen(id, momentOf(updatedAt));
  // Whoever else writes to a store that was empty is heeded by the statement that adds.
  const ids = to.isEmpty ? [] : chunks.map(({ id }) => id);
  const held = ids.length === 0 ? new Map<string, number | null>() : await momentsOf(to, ids, limit);
  const lacking = chunks.filter(({ id }) => !held.has(id));
  const unreadable = to.level === "ids" ? [] : unreadableAmong(lacking);
  const otherwise = [...unreadable, ...(await findOtherwise(to, lacking, limit))];
  const known = new Set(otherwise.map(({ id }) => id));
  const missing = lacking.filter(({ id }) => !known.has(id));
  const isOlder = ({ id, updatedAt }: WholeChunk): boolean =>
    held.has(id) && !to.isHeld(momentOf(updatedAt), held.get(id));
  // A store that says of no chunk when it was written may hold what is newer.
  const older = to.level === "ids" ? [] : chunks.filter(isOlder);
  const unloaded = await writer.load(missing, limit);
  const unreplaced = await replace(to, older, limit);
  return {
    held: chunks.length - lacking.length - older.length,
    written: missing.length - unloaded.length,
    replaced: older.length - unreplaced.length,
    left: [...doubled, ...otherwise, ...unloaded, ...unreplaced],
  };
}

/** Of a page of ids and moments the chunks that the destination lacks or has older, of one look-up from row `start` on. */
export async function dueFrom(to: Sending, batch: ChunkBatch, start: number, limit: AbortSignal): Promise<string[]> {
  const rows = Array.from({ length: Math.min(mostLookedUp, batch.count - start) }, (_, index) => start + index);
  const ids = rows.map((row) => idTextAt(batch, row));
  const held = await momentsOf(to, ids, limit);
  return ids.filter((id, index) => {
    const at = batch.updatedAtMs[start + index] ?? Number.NaN;
    const moment = Number.isNaN(at) ? null : at;
    to.onSeen?.(id, moment);
    return !to.isHeld(moment, held.get(id));
  });
}

/** The level at which ids and moments are asked for. */
export function lookUpLevel({ level }: Pick<Sending, "level">): "ids" | "fresh" {
  return level === "ids" ? "ids" : "fresh";
}

function momentOf(text: string | null | undefined): number | null {
  return typeof text === "string" ? readMoment(text) : null;
}

/** Moments of those of the ids that the destination holds, in ms; null: without one. */
async function momentsOf(to: Sending, ids: readonly string[], limit: AbortSignal): Promise<Map<string, number | null>> {
  const found = await to.destination.store.lookUp(ids, lookUpLevel(to), limit);
  return new Map(found.map(({ id, updatedAtMs }) => [id, updatedAtMs]));
}

function planOf({
  source,
  destination,
  level,
}: Sending): Pick<RepairPlan, "from" | "to" | "level" | "momentPrecision"> {
  return {
    from: { name: "source", identity: source.store.identity },
    to: { name: "destination", identity: destination.store.identity },
    level,
    momentPrecision: "microsecond",
  };
}

/** Chunks that the destination holds under another spelling of their ids. One that was empty holds what was copied. */
async function findOtherwise(to: Sending, lacking: readonly WholeChunk[], limit: AbortSignal): Promise<Left[]> {
  if (to.isEmpty) return [];
  const writers = { source: to.source.writer, destination: to.destination.writer };
  const question = { ids: lacking.map(({ id }) => id), there: "destination", here: "source" } as const;
  const found = await findRespelled({ deps: { writers }, spellings }, question, limit);
  return Array.from(found, ([id, other]): Left => ({ id, why: "refused", reason: respelledAs(planOf(to), other) }));
}

/** Writes over chunks that are older still, and are what is read of them now. */
async function replace(to: Sending, older: readonly WholeChunk[], limit: AbortSignal): Promise<Left[]> {
  const { writer } = to.destination;
  const ids = older.map(({ id }) => id);
  const found = Map.groupBy(await writer.fetch(ids, limit), ({ id }) => id);
  const decided = older.map((chunk) => decideOver(planOf(to), chunk, found.get(chunk.id) ?? []));
  const writes = decided.filter((each): each is ChunkWrite => !isLeft(each));
  return [...decided.filter((each) => isLeft(each)), ...(await writer.write(writes, limit))];
}

function decideOver(plan: ReturnType<typeof planOf>, chunk: WholeChunk, to: readonly StoredChunk[]) {
  const { id, updatedAt } = chunk;
  const [held] = to;
  const seen = {
    id,
    kind: "stale",
    namespace: null,
    sourceUpdatedAt: updatedAt ?? null,
    destinationUpdatedAt: held?.updatedAt ?? null,
    ...(held === undefined ? {} : { destinationVersion: held.version }),
  } as const;
  return decideWrite(plan, seen, { from: [{ ...chunk, version: "" }], to });
}
