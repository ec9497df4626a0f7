// Reads a collection through by scrolling, point by point and whole: the next page is asked for while one is worked on.
import { metadataPath } from "#config/chunk-fields.ts";
import type { WholeBatch, WholeScanOptions } from "#ports/chunk-store.ts";
import { rawJson } from "#values/exact-json.ts";
import type { CollectionInfo } from "../client/collection.ts";
import { keysOf } from "../client/payload-key.ts";
import type { QdrantSpec } from "../config/schema.ts";
import { readChunk } from "./given-points.ts";
import { atEnd, mostWhole } from "./page-sizes.ts";
import { readPoints } from "./point-answers.ts";
import { isReached } from "./point-order.ts";
import type { PointsCaller } from "./points-caller.ts";

type Scanned = {
  readonly caller: PointsCaller;
  readonly info: CollectionInfo;
  readonly signal: AbortSignal;
  readonly spec: QdrantSpec;
  readonly fields: readonly string[];
  readonly momentKeys: ReadonlySet<string>;
};

/** A cursor is the JSON of the point id that the next page begins with. */
export async function* scanPoints(
  scanned: Scanned,
  { after, until, pageSize }: WholeScanOptions,
): AsyncGenerator<WholeBatch> {
  const { info, signal, spec, fields } = scanned;
  const limit = Math.min(pageSize, info.limits.points, mostWhole(info.dimension));
  const { id, updatedAt, entity, namespace } = spec.fields;
  const places = [id, updatedAt, entity, namespace, ...fields.map((name) => metadataPath(spec.fields, name))];
  const body = {
    limit,
    with_payload: keysOf(places),
    with_vector: info.shownVector,
  };
  const ending = new AbortController();
  const either = AbortSignal.any([signal, ending.signal]);
  const ask = (offset: string | null): Promise<Page> => {
    const page = readPage(scanned, offset === null ? body : { ...body, offset: rawJson(offset) }, either);
    // Who waits for the page learns of a failure; nobody may ever ask for it.
    page.catch(() => undefined);
    return page;
  };
  try {
    for (let page = after === atEnd ? null : ask(after); page !== null; ) {
      const { points, next: beyond, storeMs }: Page = await page;
      const next = isReached(beyond, until) ? null : beyond;
      page = next === null ? null : ask(next);
      const isBeyond = ({ id }: (typeof points)[number]): boolean => isReached(JSON.stringify(id), until);
      const within = typeof until === "string" ? points.filter((point) => !isBeyond(point)) : points;
      const chunks = within.map((point) => readChunk(point, scanned));
      if (chunks.length > 0) yield { chunks, count: chunks.length, cursor: next ?? atEnd, storeMs };
    }
  } finally {
    ending.abort();
  }
}

type Page = {
  readonly points: ReturnType<typeof readPoints>["points"];
  readonly next: string | null;
  readonly storeMs: number;
};

async function readPage({ caller, spec }: Scanned, body: object, signal: AbortSignal): Promise<Page> {
  const path = spec.consistency === "strong" ? "/points/scroll?consistency=all" : "/points/scroll";
  const startedAt = performance.now();
  const answer = await caller.call({ method: "POST", path, body }, signal);
  const storeMs = performance.now() - startedAt;
  const { points, next } = readPoints(answer, spec.fields);
  return { points, next: next === null ? null : JSON.stringify(next), storeMs };
}

/** Keys of some points that nothing names. */
export function unnamedKeys(keys: readonly string[], { fields }: QdrantSpec, names: readonly string[]): string[] {
  const { id, entity, namespace, updatedAt } = fields;
  const places = [id, entity, namespace, updatedAt, ...names.map((name) => metadataPath(fields, name))];
  const named = new Set(places.map((path) => path?.[0]));
  return [...new Set(keys)].filter((key) => !named.has(key)).toSorted();
}
