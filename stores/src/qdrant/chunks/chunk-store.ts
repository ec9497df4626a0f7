// A collection as verification reads it: through by scrolling, and by id. Only what is compared is asked for.

import { ChunkPage } from "#chunks/chunk-page.ts";
import { doubted, doubtedPages } from "#chunks/doubted.ts";
import { digestRules } from "#chunks/payload-digest.ts";
import { type FieldPath, metadataPath } from "#config/chunk-fields.ts";
import { RetrieverError } from "#errors.ts";
import {
  type AgreedFields,
  type Agreement,
  type ChunkAccess,
  type ChunkBatch,
  type ChunkStore,
  type FoundChunk,
  mostLookedUp,
  type ScanOptions,
  type VerifyLevel,
} from "#ports/chunk-store.ts";
import { rawJson } from "#values/exact-json.ts";
import type { CollectionInfo } from "../client/collection.ts";
import { keyOf, keysOf } from "../client/payload-key.ts";
import type { QdrantSpec } from "../config/schema.ts";
import { type DescribedCollection, describeCollection } from "./describe-collection.ts";
import { unindexed } from "./find-points.ts";
import { atEnd, mostWhole, mostWithPayloads } from "./page-sizes.ts";
import { readPoints } from "./point-answers.ts";
import { idConditions, pointIdsOf } from "./point-ids.ts";
import { evenBounds, greatestAt, isReached } from "./point-order.ts";
import { openPoints, type PointsCaller } from "./points-caller.ts";
import { placesOf, readScroll } from "./scroll-page.ts";

type Place = {
  readonly caller: PointsCaller;
  readonly spec: QdrantSpec;
  readonly fields: AgreedFields;
  readonly agreement: { readonly kinds: Agreement["kinds"] | null };
};

/** Opens no connection by itself. */
export function makeQdrantChunkStore(spec: QdrantSpec, { identity, fields }: ChunkAccess): ChunkStore {
  const caller = openPoints(spec);
  let place: Place = { caller, spec, fields, agreement: { kinds: null } };
  let described: DescribedCollection | undefined;
  const describe = async (signal: AbortSignal): Promise<DescribedCollection> => {
    described = await describeCollection(caller, { spec, fields }, signal);
    return described;
  };
  const known = async (signal: AbortSignal): Promise<DescribedCollection> => described ?? describe(signal);
  const forget = (): void => {
    described = undefined;
    caller.forget();
  };
  async function* scan(options: ScanOptions, signal: AbortSignal): AsyncGenerator<ChunkBatch> {
    const { description, info } = await known(signal);
    const whole = mostWhole(description.dimension);
    // Payloads may hold texts.
    const ofLevel = { ids: options.pageSize, fresh: options.pageSize, payload: mostWithPayloads, vector: whole };
    const most = Math.min(info.limits.points, ofLevel[options.level]);
    if (options.sinceMs !== null) checkMomentIndex(spec, info);
    const pageSize = Math.min(options.pageSize, most);
    yield* readPages(place, { ...options, pageSize, info, dimension: description.dimension ?? 0 }, signal);
  }
  return {
    identity,
    agreeOn: (agreement) => {
      place = { ...place, agreement };
    },
    describe: async (signal) => {
      forget();
      return (await describe(signal)).description;
    },
    scan: (options, signal) => doubtedPages(scan(options, signal), forget),
    bounds: (parts, signal) => doubted(() => boundsOf(place, parts, signal), forget),
    lookUp: (ids, level, signal) =>
      doubted(async () => {
        const { description, info } = await known(signal);
        const size = Math.min(mostLookedUp, info.limits.conditionSize, info.limits.points);
        const found: FoundChunk[] = [];
        for (let start = 0; start < ids.length; start += size) {
          const batch = { ids: ids.slice(start, start + size), level, dimension: description.dimension ?? 0 };
          found.push(...(await findPoints(place, { ...batch, info }, signal)));
        }
        return found;
      }, forget),
    close: caller.collection.close,
  };
}

type Pages = ScanOptions & { readonly dimension: number; readonly info: CollectionInfo };

/** A cursor is the JSON of the point id that the next page begins with. */
async function* readPages(place: Place, pages: Pages, signal: AbortSignal): AsyncGenerator<ChunkBatch> {
  const page = new ChunkPage(pages);
  const read = fieldsOf(place);
  const body = {
    ...shown(place, pages, []),
    limit: pages.pageSize,
    ...writtenSince(place.spec, pages),
  };
  const ending = new AbortController();
  const either = AbortSignal.any([signal, ending.signal]);
  const ask = (offset: string) => ({
    offset,
    startedAt: performance.now(),
    answer: scroll(place, body, { offset, signal: either }),
  });
  let ahead: ReturnType<typeof ask> | null = null;
  try {
    for (let offset: string | null = pages.after ?? ""; offset !== null && offset !== atEnd; ) {
      const asked: ReturnType<typeof ask> = ahead?.offset === offset ? ahead : ask(offset);
      const answer: Buffer = await asked.answer;
      const storeMs = performance.now() - asked.startedAt;
      const next = pages.readsAhead === true ? nextOffset(answer) : null;
      ahead = next === null ? null : ask(next);
      // Who waits for the page learns of a failure; nobody may ever ask for it.
      ahead?.answer.catch(() => undefined);
      page.clear();
      offset = readScroll(answer, page, read);
      // The points themselves aren't told from those beyond the bound: this page may hold some, which are read twice.
      if (isReached(offset, pages.until)) offset = null;
      if (page.count > 0) yield page.toBatch(offset ?? atEnd, storeMs);
    }
  } finally {
    ending.abort();
  }
}

/** By the span of the ids: UUIDs that a hash makes, and numbers that were counted up, lie evenly in it. */
async function boundsOf(place: Place, parts: number, signal: AbortSignal): Promise<readonly string[]> {
  const body = { limit: 1, with_payload: false, with_vector: false };
  const firstFrom = async (offset: string): Promise<string | null> => {
    const answer = await scroll(place, body, { offset, signal });
    const { points } = readPoints(answer.toString(), place.spec.fields);
    return points[0] === undefined ? null : JSON.stringify(points[0].id);
  };
  const first = await firstFrom("");
  if (first === null) return [];
  const isAt = async (integer: bigint): Promise<boolean> => !((await firstFrom(`${integer}`)) ?? '"').startsWith('"');
  const last = first.startsWith('"') ? 0n : await greatestAt(BigInt(first), isAt);
  return evenBounds(parts, first, last);
}

const tailLength = 300;
const nextPage = /"next_page_offset":\s*("[^"]{1,60}"|\d{1,20})\s*\}\s*,\s*"status"/;

/** Where the next page begins, from the end of an answer whose points aren't read yet; null: not known, or nowhere. */
function nextOffset(answer: Buffer): string | null {
  return nextPage.exec(answer.toString("latin1", Math.max(0, answer.length - tailLength)))?.[1] ?? null;
}

type Question = {
  readonly ids: readonly string[];
  readonly level: VerifyLevel;
  readonly dimension: number;
  readonly info: CollectionInfo;
};

/** A point without chunk_id goes by its own id, so ids are searched as both. */
async function findPoints(place: Place, { ids, level, dimension, info }: Question, signal: AbortSignal) {
  const wanted = new Set(ids);
  // By point, since two filters may find the same one.
  const found = new Map<string, FoundChunk>();
  const page = new ChunkPage({ level, pageSize: 1, dimension });
  const read = fieldsOf(place);
  const body = { ...shown(place, { level, info }, [place.spec.fields.namespace]), limit: ids.length };
  for (const should of filtersOf(place.spec, ids, info)) {
    for (let offset: string | null = ""; offset !== null; ) {
      const answer: Buffer = await scroll(place, { ...body, filter: { should } }, { offset, signal });
      page.clear();
      offset = readScroll(answer, page, read, (namespace, pointId) => {
        if (wanted.has(page.idAt(0))) found.set(pointId, page.toFound(namespace));
        page.clear();
      });
    }
  }
  return [...found.values()];
}

/** Conditions that find the ids, in as many filters as strict mode demands. Throws where some could be found by none. */
function filtersOf({ fields }: QdrantSpec, ids: readonly string[], { indexes, limits }: CollectionInfo): object[][] {
  const pointIds = pointIdsOf(ids);
  const conditions: object[] = pointIds.length === 0 ? [] : [{ has_id: pointIds }];
  if (fields.id !== null) {
    const key = keyOf(fields.id);
    const served = limits.searchesUnindexed ? "any" : (indexes.get(key) ?? "");
    const [text, integer] = [/^(any|keyword|uuid)$/.test(served), /^(any|integer)$/.test(served)];
    if (!text && !integer && pointIds.length < ids.length) throw unindexed(key);
    conditions.unshift(...idConditions(key, ids, { text, integer }));
  }
  const filters: object[][] = [];
  for (let start = 0; start < conditions.length; start += limits.conditions) {
    filters.push(conditions.slice(start, start + limits.conditions));
  }
  return filters;
}

function checkMomentIndex({ fields }: QdrantSpec, { hasTimeIndex, indexes, limits }: CollectionInfo): void {
  const [key = "updatedAt"] = keysOf([fields.updatedAt]);
  const type = indexes.get(key);
  if (type === "integer" || type === "float") {
    const message = `${key}: its index is of numbers, by which no moment is found for --since; compare everything`;
    throw new RetrieverError({ code: "RETR_VERIFY_NOT_COMPARABLE", message });
  }
  if (hasTimeIndex || limits.searchesUnindexed) return;
  const message = `${key}: strict mode of the collection wants a datetime index for --since; create it, or compare everything`;
  throw new RetrieverError({ code: "RETR_VERIFY_NOT_COMPARABLE", message });
}

type Turn = { readonly offset: string; readonly signal: AbortSignal };

function scroll({ caller, spec }: Place, body: object, { offset, signal }: Turn): Promise<Buffer> {
  const path = spec.consistency === "strong" ? "/points/scroll?consistency=all" : "/points/scroll";
  const full = offset === "" ? body : { ...body, offset: rawJson(offset) };
  return caller.read({ method: "POST", path, body: full }, signal);
}

function shown(
  { spec, fields }: Place,
  { level, info }: Pick<Pages, "level" | "info">,
  more: readonly (FieldPath | null)[],
): object {
  const isDigested = level === "payload" || level === "vector";
  const { id, updatedAt, entity, namespace } = spec.fields;
  const dated = level === "ids" ? [] : [updatedAt];
  const digested = isDigested ? [entity, namespace, ...fields.map((name) => metadataPath(spec.fields, name))] : [];
  const payload = keysOf([id, ...dated, ...digested, ...more]);
  return { with_payload: payload, with_vector: level === "vector" && info.shownVector };
}

/**
 * Points without a date, or with one that can't be read, may have been written at any time. A list is no date, though a
 * range finds it by its elements; strict mode has no index that tells.
 */
function writtenSince({ fields }: QdrantSpec, { sinceMs, info }: Pick<Pages, "sinceMs" | "info">): object {
  const [key] = keysOf([fields.updatedAt]);
  if (sinceMs === null || key === undefined) return {};
  const range = { lt: new Date(sinceMs).toISOString() };
  const must_not = [{ key, range }];
  return {
    filter: info.limits.searchesUnindexed ? { should: [{ must_not }, { key: `${key}[]`, range }] } : { must_not },
  };
}

function fieldsOf({ spec, fields, agreement }: Place) {
  return { places: placesOf(spec, fields), rules: digestRules(fields, agreement.kinds), vectorName: spec.vectorName };
}
