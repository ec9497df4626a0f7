// Writes a collection for a repair, and reads from it what is to be written elsewhere.
// A chunk is found by its payload's chunk_id, because the application chooses the ids of points.

import { RetrieverError } from "#errors.ts";
import type { ChunkAccess, ChunkWriter, WholeChunk } from "#ports/chunk-store.ts";
import { exactNumbers } from "#values/exact-json.ts";
import { readMoment } from "#values/time.ts";
import { textOf } from "../client/answers.ts";
import type { QdrantSpec } from "../config/schema.ts";
import { floatsOf, readPoints, type StoredPoint, updatedAtOf } from "./point-answers.ts";
import { fallbackRule, idConditions, integerOf, type PointIdRule, pointIdRule, pointIdsOf } from "./point-ids.ts";
import { openPoints, type PointsCaller } from "./points-caller.ts";

/** Points read to detect how the application makes ids. */
const rulePoints = 16;
const pagePoints = 200;
/** A quarter of what Qdrant takes in one request. */
const upsertChars = 8 * 1_048_576;

type IdConventions = {
  /** Null: no rule is known. */
  readonly rule: PointIdRule | null;
  /** Whether payloads hold the chunk id as a number. */
  readonly isNumeric: boolean;
};
type Place = { readonly spec: QdrantSpec; readonly caller: PointsCaller; readonly fields: readonly string[] };

/** Connects on demand only. */
export function makeQdrantChunkWriter(spec: QdrantSpec, { identity, fields }: ChunkAccess): ChunkWriter {
  const caller = openPoints(spec);
  const place = { spec, caller, fields };
  let known: IdConventions | undefined;
  const conventions = async (signal: AbortSignal): Promise<IdConventions> => {
    known ??= await detectConventions(caller, signal);
    return known;
  };
  return {
    identity,
    cautions: async (signal) => ((await conventions(signal)).rule === null ? [unknownRule] : []),
    fetch: async (ids, signal) => (await findPoints(place, ids, signal)).map((point) => readChunk(point, place)),
    upsert: async (chunks, signal) => {
      if (chunks.length === 0) return [];
      const held = await findOnce(
        place,
        chunks.map(({ id }) => id),
        signal,
      );
      const [newer, writable] = partition(chunks, (chunk) => isNewer(held.get(chunk.id), chunk));
      const made = await conventions(signal);
      const points = writable.map((chunk) => pointOf(chunk, held.get(chunk.id), { ...place, conventions: made }));
      for (const body of upsertBodies(points)) {
        await caller.call({ method: "PUT", path: "/points?wait=true", body }, signal);
      }
      return newer.map(({ id }) => id);
    },
    remove: async (ids, signal) => {
      const points = (await findPoints(place, ids, signal)).map(({ id }) => id);
      if (points.length === 0) return;
      await caller.call({ method: "POST", path: "/points/delete?wait=true", body: { points } }, signal);
    },
    close: caller.collection.close,
  };
}

const unknownRule =
  `the ids of the collection's points follow no known rule: a chunk that it lacks gets ${fallbackRule.name} of its ` +
  "chunk id, and an application that makes ids another way will write it a second time";

async function detectConventions(caller: PointsCaller, signal: AbortSignal): Promise<IdConventions> {
  const body = { limit: rulePoints, with_payload: ["chunk_id"], with_vector: false };
  const { points } = readPoints(await caller.call({ method: "POST", path: "/points/scroll", body }, signal));
  const named = points.filter(({ payload }) => payload["chunk_id"] !== undefined);
  const ids = points.map(({ id, chunkId }) => ({ id: textOf(id) ?? "", chunkId }));
  return { rule: pointIdRule(ids), isNumeric: named.length > 0 && named.every(isNumericId) };
}

function isNumericId({ payload }: StoredPoint): boolean {
  return typeof payload["chunk_id"] !== "string";
}

/** Points that hold these chunks, in any order; a chunk id held twice comes twice. */
async function findPoints({ caller }: Place, ids: readonly string[], signal: AbortSignal): Promise<StoredPoint[]> {
  if (ids.length === 0) return [];
  const shown = { with_payload: true, with_vector: true };
  const found: StoredPoint[] = [];
  for (let offset: unknown = null; ; ) {
    const page = { ...shown, filter: { should: idConditions(ids) }, limit: pagePoints };
    const body = offset === null ? page : { ...page, offset };
    const { points, next } = readPoints(await caller.call({ method: "POST", path: "/points/scroll", body }, signal));
    found.push(...points);
    if (next === null) break;
    offset = next;
  }
  return [...found, ...(await findByPointId({ caller, shown }, missingFrom(found, ids), signal))];
}

function missingFrom(found: readonly StoredPoint[], ids: readonly string[]): string[] {
  const present = new Set(found.map(({ chunkId }) => chunkId));
  return ids.filter((id) => !present.has(id));
}

/** Where payloads have no chunk_id the point's own id stands for it. */
async function findByPointId(
  { caller, shown }: { readonly caller: PointsCaller; readonly shown: object },
  ids: readonly string[],
  signal: AbortSignal,
): Promise<StoredPoint[]> {
  const candidates = pointIdsOf(ids);
  if (candidates.length === 0) return [];
  const body = { ...shown, ids: candidates };
  const { points } = readPoints(await caller.call({ method: "POST", path: "/points", body }, signal));
  return points.filter(({ payload }) => payload["chunk_id"] === undefined);
}

async function findOnce(place: Place, ids: readonly string[], signal: AbortSignal): Promise<Map<string, StoredPoint>> {
  const points = await findPoints(place, ids, signal);
  const held = new Map(points.map((point) => [point.chunkId, point]));
  if (held.size === points.length) return held;
  const seen = new Set<string>();
  const twice = points.find(({ chunkId }) => seen.has(chunkId) || !seen.add(chunkId));
  const message = `the collection holds the chunk ${JSON.stringify(twice?.chunkId)} more than once`;
  throw new RetrieverError({ code: "RETR_VERIFY_DUPLICATE_IDS", message });
}

function isNewer(held: StoredPoint | undefined, chunk: WholeChunk): boolean {
  const heldAt = readMoment((held && updatedAtOf(held)) ?? "");
  return !Number.isNaN(heldAt) && !(readMoment(chunk.updatedAt ?? "") >= heldAt);
}

/** Bodies of at most `upsertChars`; a point that is larger by itself goes alone. */
function upsertBodies(points: readonly object[]): string[] {
  const bodies: string[][] = [];
  let chars = Number.POSITIVE_INFINITY;
  for (const point of points) {
    const text = JSON.stringify(point);
    chars += text.length;
    if (chars > upsertChars) {
      bodies.push([]);
      chars = text.length;
    }
    bodies.at(-1)?.push(text);
  }
  return bodies.map((texts) => `{"points":[${texts.join(",")}]}`);
}

/** An upsert replaces a point as a whole, so what the chunk doesn't mention is copied from the point that is there. */
function pointOf(
  chunk: WholeChunk,
  held: StoredPoint | undefined,
  place: Place & { readonly conventions: IdConventions },
): object {
  const { spec, conventions } = place;
  const vectors = { ...held?.vectors };
  if (chunk.vector !== null) vectors[spec.vectorName ?? ""] = exactNumbers(chunk.vector);
  const { "": unnamed, ...named } = vectors;
  const id = held?.id ?? (conventions.rule ?? fallbackRule).idOf(chunk.id) ?? fallbackRule.idOf(chunk.id);
  return { id, vector: unnamed ?? named, payload: payloadOf(chunk, held?.payload ?? {}, place) };
}

function payloadOf(
  chunk: WholeChunk,
  held: StoredPoint["payload"],
  { spec, fields, conventions }: Place & { readonly conventions: IdConventions },
): object {
  const said = {
    ...Object.fromEntries(fields.map((name) => [name, chunk.fields[name] ?? null])),
    [spec.namespaceField]: chunk.namespace,
    entity_id: chunk.entityId,
    updated_at: chunk.updatedAt,
  };
  const chunkId = (conventions.isNumeric ? integerOf(chunk.id) : undefined) ?? chunk.id;
  // A key that the payload lacks isn't added as null.
  const kept = Object.entries(said).filter(([name, value]) => value !== null || Object.hasOwn(held, name));
  return { chunk_id: chunkId, ...held, ...Object.fromEntries(kept) };
}

function readChunk(point: StoredPoint, { spec, fields }: Place): WholeChunk {
  const { payload, vectors } = point;
  return {
    id: point.chunkId,
    entityId: textOf(payload["entity_id"]),
    namespace: textOf(payload[spec.namespaceField]),
    updatedAt: updatedAtOf(point),
    fields: Object.fromEntries(fields.map((name) => [name, payload[name] ?? null])),
    vector: floatsOf(vectors[spec.vectorName ?? ""]),
  };
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}
