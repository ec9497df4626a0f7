// Finds the points of chunks, whole: by their payload's chunk id, because the application chooses the ids of points, and
// by their own id where a payload has none.
import { RetrieverError } from "#errors.ts";
import type { CollectionInfo } from "../client/collection.ts";
import { keyOf } from "../client/payload-key.ts";
import type { QdrantSpec } from "../config/schema.ts";
import { readPoints, type StoredPoint } from "./point-answers.ts";
import { idConditions, pointIdsOf } from "./point-ids.ts";
import { isOfSeveral, type PointsCaller } from "./points-caller.ts";

export type Place = {
  readonly caller: PointsCaller;
  readonly info: CollectionInfo;
  readonly spec: Pick<QdrantSpec, "fields">;
  readonly signal: AbortSignal;
};

/** Points with their vectors are large. */
const pagePoints = 200;

/** In any order; a chunk id held twice comes twice, be it once as the own id of a point without another. */
export async function findPoints(place: Place, ids: readonly string[]): Promise<StoredPoint[]> {
  const path = place.spec.fields.id;
  if (path === null) return retrieve(place, pointIdsOf(ids), true);
  const size = Math.min(pagePoints, place.info.limits.conditionSize);
  const found: StoredPoint[] = [];
  for (let start = 0; start < ids.length; start += size) {
    found.push(...(await findSome(place, keyOf(path), ids.slice(start, start + size))));
  }
  return found;
}

/** Points by their own ids; missing ones are left out. Each counts as a read of its own where strict mode limits these. */
export async function retrieve(place: Place, ids: readonly unknown[], hasVectors: boolean): Promise<StoredPoint[]> {
  const found: StoredPoint[] = [];
  const size = Math.min(pagePoints, Math.max(1, Math.floor(place.info.limits.readsPerMinute / 2)));
  for (let start = 0; start < ids.length; start += size) {
    found.push(...(await retrieveSome(place, ids.slice(start, start + size), hasVectors)));
  }
  return found;
}

/** Points that are too large together by halves. */
async function retrieveSome(
  place: Place,
  ids: readonly unknown[],
  hasVectors: boolean,
): Promise<readonly StoredPoint[]> {
  const body = { ids, with_payload: true, with_vector: hasVectors };
  try {
    const answer = await place.caller.call({ method: "POST", path: "/points", body }, place.signal);
    return readPoints(answer, place.spec.fields).points;
  } catch (error) {
    if (!isOfSeveral(error, ids.length)) throw error;
    const middle = ids.length >> 1;
    const [first, second] = [ids.slice(0, middle), ids.slice(middle)];
    return [...(await retrieveSome(place, first, hasVectors)), ...(await retrieveSome(place, second, hasVectors))];
  }
}

async function findSome(place: Place, key: string, ids: readonly string[]): Promise<StoredPoint[]> {
  const wanted = new Set(ids);
  // By their own ids: two filters may find the same point.
  const found = new Map<string, StoredPoint>();
  for (const should of filtersOf(key, ids, place.info)) {
    for (let offset: unknown = null; ; ) {
      const limit = Math.min(pagePoints, place.info.limits.points);
      const body = {
        with_payload: true,
        with_vector: true,
        filter: { should },
        limit,
        ...(offset === null ? {} : { offset }),
      };
      const answer = await place.caller.call({ method: "POST", path: "/points/scroll", body }, place.signal);
      const { points, next } = readPoints(answer, place.spec.fields);
      // A range of numbers finds neighbours, and a uuid index another case.
      const named = points.filter(({ chunkId }) => wanted.has(chunkId));
      for (const point of named) found.set(JSON.stringify(point.id), point);
      if (next === null) break;
      offset = next;
    }
  }
  return [...found.values()];
}

/** Conditions that find the ids, in as many filters as strict mode demands. Throws where it would find only some. */
function filtersOf(key: string, ids: readonly string[], { indexes, limits }: CollectionInfo): object[][] {
  const type = indexes.get(key);
  const isFree = limits.searchesUnindexed;
  const text = isFree || type === "keyword" || type === "uuid";
  const integer = isFree || type === "integer";
  const conditions = idConditions(key, ids, { text, integer });
  if (!text && (!integer || !ids.every(isNumber))) throw unindexed(key);
  const pointIds = pointIdsOf(ids);
  if (pointIds.length > 0) conditions.push({ has_id: pointIds });
  const filters: object[][] = [];
  for (let start = 0; start < conditions.length; start += limits.conditions) {
    filters.push(conditions.slice(start, start + limits.conditions));
  }
  return filters;
}

/** In whatever spelling: an index of integers knows one of each. */
function isNumber(id: string): boolean {
  return /^[+-]?\d+(\.\d*)?$/.test(id.trim());
}

const mixture = "create one of type keyword (integer where all ids are whole numbers of 64 bits, stored as numbers)";

export function unindexed(key: string): RetrieverError {
  const message = `strict mode of the collection refuses a filter on ${key} without an index that serves it: ${mixture}`;
  return new RetrieverError({ code: "RETR_BACKEND_MISSING", message });
}

/** Why a new point with this chunk id would be found by nobody; null: it would be. `isNumeric`: it is stored as a number. */
export function whyUnfound(isNumeric: boolean, { info: { indexes, limits }, spec }: Place): string | null {
  const path = spec.fields.id;
  if (path === null || isNumeric || limits.searchesUnindexed || indexes.get(keyOf(path)) !== "integer") return null;
  return `key ${keyOf(path)}: the chunk's id would stand there as a text, which strict mode finds by no index of integers: ${mixture}`;
}
