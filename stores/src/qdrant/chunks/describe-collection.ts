// What a collection says of itself: its configuration, a few points, and what an index makes cheap.

import { ChunkPage } from "#chunks/chunk-page.ts";
import { idKindOf } from "#chunks/ids.ts";
import { metadataPath } from "#config/chunk-fields.ts";
import { errorsOf, faultOf, RetrieverError } from "#errors.ts";
import {
  type AgreedFields,
  type FieldKind,
  type StoreDescription,
  type VectorMetric,
  type VectorPrecision,
} from "#ports/chunk-store.ts";
import { member, parseAnswer } from "../client/answers.ts";
import { type CollectionInfo, type Distance, readCollection, readNewest } from "../client/collection.ts";
import { keyOf, keysOf } from "../client/payload-key.ts";
import type { QdrantSpec } from "../config/schema.ts";
import { readOwnIdentity } from "./own-identity.ts";
import type { PointsCaller } from "./points-caller.ts";
import { placesOf, readScroll } from "./scroll-page.ts";

const missing = errorsOf("RETR_BACKEND_MISSING");
const someIds = 20;
const metrics: Readonly<Record<Distance, VectorMetric | null>> = {
  Cosine: "cosine",
  Dot: "dot",
  Euclid: "l2",
  Manhattan: null,
};
const precisions: Readonly<Record<string, VectorPrecision>> = { float32: "float32", float16: "half", uint8: "int8" };

export type DescribedCollection = { readonly description: StoreDescription; readonly info: CollectionInfo };

/** Rejects with RETR_BACKEND_MISSING and with what the way to Qdrant throws. */
export async function describeCollection(
  caller: PointsCaller,
  { spec, fields }: { readonly spec: QdrantSpec; readonly fields: AgreedFields },
  signal: AbortSignal,
): Promise<DescribedCollection> {
  const info = readCollection(await caller.call({ method: "GET", path: "" }, signal), spec);
  if (info.vectorFault !== null) throw new RetrieverError(info.vectorFault);
  if (info.dimension === null || info.distance === null)
    throw missing("the configured vector has a distance other than Cosine, Dot, Euclid and Manhattan");
  const ids = await readIds(caller, spec, { limit: Math.min(someIds, info.limits.points), signal });
  const own = await readOwnIdentity(caller.collection, spec, signal);
  const newest = await readNewest(caller.collection, { spec, info }, signal);
  const description: StoreDescription = {
    ...(own === undefined ? {} : { own }),
    dimension: info.dimension,
    metric: metrics[info.distance],
    metricName: info.distance,
    precision: precisions[info.datatype ?? "float32"] ?? null,
    isNormalised: info.distance === "Cosine",
    idKind: idKindOf(ids),
    someIds: ids,
    newestUpdatedAtMs: newest === null ? null : Date.parse(newest),
    count: info.points,
    vectorless: await countVectorless(caller, spec, signal),
    isDated: spec.fields.updatedAt !== null,
    isLookUpCheap: info.hasIdIndex,
    remarks: [...(own === undefined ? [unlisted] : []), ...remarksOf(spec)],
    rereadsDecimals: true,
    fieldKinds: fields.map((name) => kindOf(info.indexes.get(keyOf(metadataPath(spec.fields, name))))),
  };
  return { description, info };
}

/** A filter over all points: of a large collection longer than a description should wait for it. */
const longestCountMs = 5000;

/**
 * Undefined of a server before 1.13, which doesn't know the condition, behind a proxy that doesn't pass the route on, and
 * where it takes long.
 */
async function countVectorless(
  caller: PointsCaller,
  { vectorName = "" }: QdrantSpec,
  signal: AbortSignal,
): Promise<number | undefined> {
  const body = { exact: true, filter: { must_not: [{ has_vector: vectorName }] } };
  const patience = AbortSignal.timeout(longestCountMs);
  try {
    const request = { method: "POST", path: "/points/count", body } as const;
    const text = await caller.call(request, AbortSignal.any([signal, patience]));
    const count = member(member(parseAnswer(text), "result"), "count");
    return typeof count === "number" ? count : undefined;
  } catch (error) {
    if (patience.aborted && !signal.aborted) return undefined;
    if (/^RETR_BACKEND_(ANSWER_INVALID|MISSING)$/.test(faultOf(error).code)) return undefined;
    throw error;
  }
}

const unlisted =
  "the server's aliases can't be listed (GET /aliases): nobody knows whether another name is of this collection, too";

function remarksOf({ fields: { text, textMember } }: QdrantSpec): string[] {
  if (text === null || textMember.length === 0) return [];
  const place = `${keyOf(text)} holds JSON in a text, and the chunk's text in that`;
  return [`${place}: texts aren't compared; name a key that holds them plainly by fields.text`];
}

function kindOf(index: string | undefined): FieldKind {
  if (index === "datetime") return "microsecond";
  // By it a search for 12 finds 12.0.
  if (index === "integer") return "number";
  return index === "uuid" ? "uuid" : "exact";
}

type Page = { readonly limit: number; readonly signal: AbortSignal };

async function readIds(caller: PointsCaller, spec: QdrantSpec, { limit, signal }: Page): Promise<string[]> {
  const body = { limit, with_payload: keysOf([spec.fields.id]), with_vector: false };
  const answer = await caller.read({ method: "POST", path: "/points/scroll", body }, signal);
  const page = new ChunkPage({ level: "ids", pageSize: someIds, dimension: 0 });
  readScroll(answer, page, { places: placesOf(spec, []), vectorName: spec.vectorName });
  return Array.from({ length: page.count }, (_, row) => page.idAt(row));
}
