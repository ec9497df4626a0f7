// Searches: `points/query` and the older `points/search`, alone and in batches.
// Exhaustive and exact; equal scores come in an order that hangs on the seed and the request, never on the ids.
import { type Collection, checkDimension, type Point } from "./collection.ts";
import { LimitFault, notFound, notInStandIn, ShapeFault } from "./fault.ts";
import { type Predicate, parseFilter } from "./filter.ts";
import { isInteger, type Json, JsonObject } from "./json-value.ts";
import { asList, asObject, readBoolean, readDouble, readString, readUnsigned, required } from "./members.ts";
import { type PayloadSelector, parsePayloadSelector } from "./payload.ts";
import { type PointId, parsePointId, printPointId } from "./point-id.ts";
import { parseVectorSelector, type Scored, type VectorSelector } from "./print-point.ts";
import { parseDense } from "./vector-input.ts";
import type { VectorSpace } from "./vector-space.ts";

type Target = { readonly vector: Float32Array } | { readonly id: PointId };

export type Query = {
  /** Undefined: points in id order, every score 1. */
  readonly target: Target | undefined;
  readonly using: string;
  readonly limit: number;
  readonly offset: number;
  readonly filter: Predicate | undefined;
  readonly threshold: number | undefined;
  readonly showPayload: PayloadSelector;
  readonly showVector: VectorSelector;
};

/** Body of `points/query`. `path` leads to it in a batch. */
export function parseQuery(value: Json, path = ""): Query {
  const body = asObject(value, "struct QueryRequest");
  for (const unsupported of ["prefetch", "lookup_from"]) {
    if ((body.get(unsupported) ?? null) !== null) throw notInStandIn(`${unsupported} in queries`);
  }
  return parseCommon(
    body,
    parseTarget(body.get("query") ?? null),
    readUnsigned(body, "limit") ?? 10,
    `${path}internal.limit`,
  );
}

/** Body of the older `points/search`, which has to name its limit. */
export function parseSearch(value: Json, path = "search_request."): Query {
  const body = asObject(value, "struct SearchRequest");
  const vector = required(body, "vector");
  required(body, "limit");
  const named = vector instanceof JsonObject ? vector : new JsonObject([["vector", vector]]);
  const dense = parseDense(required(named, "vector"));
  if (dense === undefined) throw new ShapeFault("data did not match any variant of untagged enum NamedVectorStruct");
  const query = parseCommon(body, { vector: dense }, readUnsigned(body, "limit") ?? 10, `${path}limit`);
  return { ...query, using: readString(named, "name") ?? "" };
}

/** The `searches` of a batch. */
export function parseBatch(value: Json, parse: (value: Json, path: string) => Query): readonly Query[] {
  const searches = asList(required(asObject(value, "a batch"), "searches"));
  return searches.map((search, index) => parse(search, `searches[${index}].`));
}

function parseCommon(body: JsonObject, target: Target | undefined, limit: number, limitPath: string): Query {
  const params = body.get("params") ?? null;
  if (params !== null) checkParams(asObject(params, "struct SearchParams"));
  const query = {
    target,
    using: readString(body, "using") ?? "",
    limit,
    offset: readUnsigned(body, "offset") ?? 0,
    filter: parseFilter(body.get("filter")),
    threshold: readDouble(body, "score_threshold"),
    showPayload: parsePayloadSelector(body.get("with_payload"), false),
    showVector: parseVectorSelector(body.get("with_vector") ?? body.get("with_vectors")),
  };
  if (limit < 1) throw new LimitFault(`${limitPath}: value 0 invalid, must be 1 or larger`);
  return query;
}

/** They are read for their types alone: an exhaustive search has nothing to tune. */
function checkParams(params: JsonObject): void {
  readUnsigned(params, "hnsw_ef");
  readBoolean(params, "exact");
  readBoolean(params, "indexed_only");
}

function parseTarget(value: Json): Target | undefined {
  if (value === null) return undefined;
  const nearest = value instanceof JsonObject ? value.get("nearest") : value;
  if (nearest === undefined) throw notInStandIn("kinds of query other than nearest");
  const vector = parseDense(nearest);
  if (vector !== undefined) return { vector };
  if (typeof nearest === "string" || isInteger(nearest)) return { id: parsePointId(nearest) };
  throw new ShapeFault("Expected some form of vector, id, or a type of query");
}

/** Best first. Throws when the collection lacks the vector or the point, or the dimension differs. */
export function runQuery(collection: Collection, query: Query, seed: number): readonly Scored[] {
  const { target, limit, offset } = query;
  if (target === undefined) return inIdOrder(collection, query);
  const space = collection.space(query.using);
  const { vector, except } = resolve(collection, space, target);
  const hits = space.search({
    query: vector,
    count: Math.min(offset + limit, collection.count()),
    accepts: (slot) => isWanted(collection.at(slot), query.filter, except),
    tieBreak: (slot) => shuffled(slot, seed, offset * 31 + limit),
    threshold: query.threshold,
  });
  return hits.slice(offset).flatMap(({ slot, score }) => {
    const point = collection.at(slot);
    return point === undefined ? [] : [{ point, version: point.version, score }];
  });
}

function isWanted(point: Point | undefined, filter: Predicate | undefined, except: PointId | undefined): boolean {
  return (
    point !== undefined && (except === undefined || point.id !== except) && (filter === undefined || filter(point))
  );
}

function resolve(
  collection: Collection,
  space: VectorSpace,
  target: Target,
): { vector: Float32Array; except?: PointId } {
  if ("vector" in target) {
    checkDimension(space, target.vector);
    return { vector: target.vector };
  }
  const point = collection.find(target.id);
  const vector = point === undefined ? undefined : space.get(point.slot);
  if (vector === undefined) throw notFound(`No point with id ${printPointId(target.id)} found`);
  return { vector, except: target.id };
}

function inIdOrder(collection: Collection, { limit, offset, filter }: Query): readonly Scored[] {
  const points = collection.scan(filter).slice(offset, offset + limit);
  return points.map((point) => ({ point, version: 0, score: 1 }));
}

/** A number that looks random for every slot, and is the same for the same seed and request. */
function shuffled(slot: number, seed: number, request: number): number {
  let mixed = Math.imul(slot + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca6b) ^ Math.imul(request + 1, 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
