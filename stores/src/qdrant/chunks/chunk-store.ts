// A collection as verification reads it: through by scrolling, and by id. Only what is compared is asked for.
import { ChunkPage } from "#chunks/chunk-page.ts";
import type {
  AgreedFields,
  ChunkAccess,
  ChunkBatch,
  ChunkStore,
  FoundChunk,
  ScanOptions,
  StoreDescription,
  VerifyLevel,
} from "#ports/chunk-store.ts";
import { rawJson } from "#values/exact-json.ts";
import type { QdrantSpec } from "../config/schema.ts";
import { describeCollection } from "./describe-collection.ts";
import { idConditions, pointIdsOf } from "./point-ids.ts";
import { openPoints, type PointsCaller } from "./points-caller.ts";
import { readScroll } from "./scroll-page.ts";

/** A page of vectors is parsed as a whole; it has to stay small whatever is asked for. */
const mostWithVectors = 1000;

type Place = { readonly caller: PointsCaller; readonly spec: QdrantSpec; readonly fields: AgreedFields };

/** Opens no connection by itself. */
export function makeQdrantChunkStore(spec: QdrantSpec, { identity, fields }: ChunkAccess): ChunkStore {
  const caller = openPoints(spec);
  const place = { caller, spec, fields };
  let described: StoreDescription | undefined;
  const describe = async (signal: AbortSignal): Promise<StoreDescription> => {
    described = await describeCollection(caller, spec, signal);
    return described;
  };
  const dimension = async (signal: AbortSignal): Promise<number> =>
    (described ?? (await describe(signal))).dimension ?? 0;
  return {
    identity,
    describe,
    scan: async function* (options, signal) {
      const pageSize = options.level === "vector" ? Math.min(options.pageSize, mostWithVectors) : options.pageSize;
      yield* readPages(place, { ...options, pageSize, dimension: await dimension(signal) }, signal);
    },
    lookUp: async (ids, level, signal) =>
      ids.length === 0 ? [] : findPoints(place, { ids, level, dimension: await dimension(signal) }, signal),
    close: caller.collection.close,
  };
}

type Pages = ScanOptions & { readonly dimension: number };

/** A cursor is the JSON of the point id that the next page begins with. */
async function* readPages(place: Place, pages: Pages, signal: AbortSignal): AsyncGenerator<ChunkBatch> {
  const page = new ChunkPage(pages);
  const body = { ...shown(place, pages.level, []), limit: pages.pageSize, ...writtenSince(pages.sinceMs) };
  for (let offset: string | null = pages.after ?? ""; offset !== null && offset !== atEnd; ) {
    const startedAt = performance.now();
    const text: string = await scroll(place, body, { offset, signal });
    const storeMs = performance.now() - startedAt;
    page.clear();
    offset = readScroll(text, page, fieldsOf(place));
    if (page.count > 0) yield page.toBatch(offset ?? atEnd, storeMs);
  }
}

/** Cursor of the last page: there is nothing after it. */
const atEnd = "end";

type Question = { readonly ids: readonly string[]; readonly level: VerifyLevel; readonly dimension: number };

/** A point without chunk_id goes by its own id, so ids are searched as both. */
async function findPoints(place: Place, { ids, level, dimension }: Question, signal: AbortSignal) {
  const wanted = new Set(ids);
  const found: FoundChunk[] = [];
  const page = new ChunkPage({ level, pageSize: 1, dimension });
  const pointIds = pointIdsOf(ids);
  const should = pointIds.length === 0 ? idConditions(ids) : [...idConditions(ids), { has_id: pointIds }];
  const body = { ...shown(place, level, [place.spec.namespaceField]), limit: ids.length, filter: { should } };
  for (let offset: string | null = ""; offset !== null; ) {
    const text: string = await scroll(place, body, { offset, signal });
    page.clear();
    offset = readScroll(text, page, fieldsOf(place), (namespace) => {
      if (wanted.has(page.idAt(0))) found.push(page.toFound(namespace));
      page.clear();
    });
  }
  return found;
}

type Turn = { readonly offset: string; readonly signal: AbortSignal };

function scroll({ caller, spec }: Place, body: object, { offset, signal }: Turn): Promise<string> {
  const path = spec.consistency === "strong" ? "/points/scroll?consistency=all" : "/points/scroll";
  const full = offset === "" ? body : { ...body, offset: rawJson(offset) };
  return caller.call({ method: "POST", path, body: full }, signal);
}

function shown({ spec, fields }: Place, level: VerifyLevel, more: readonly string[]): object {
  const isDigested = level === "payload" || level === "vector";
  const dated = level === "ids" ? [] : ["updated_at"];
  const digested = isDigested ? ["entity_id", spec.namespaceField, ...fields] : [];
  const payload = [...new Set(["chunk_id", ...dated, ...digested, ...more])];
  const vector = level !== "vector" ? false : spec.vectorName === undefined ? true : [spec.vectorName];
  return { with_payload: payload, with_vector: vector };
}

/** Points without a date may have been written at any time. */
function writtenSince(sinceMs: number | null): object {
  if (sinceMs === null) return {};
  const range = { key: "updated_at", range: { gte: new Date(sinceMs).toISOString() } };
  return { filter: { should: [range, { is_empty: { key: "updated_at" } }] } };
}

function fieldsOf({ spec, fields }: Place) {
  return { namespaceField: spec.namespaceField, fields, vectorName: spec.vectorName };
}
