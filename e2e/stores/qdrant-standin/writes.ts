// Writes to one collection: upsert, delete, payload changes, payload indexes.
// Bodies are read whole before the collection is asked for; an upsert is written whole or not at all.
import { type Collection, mergePayload, type NewPoint } from "./collection.ts";
import { badRequest, ShapeFault } from "./fault.ts";
import { parseFilter } from "./filter.ts";
import { isArray, type Json, JsonObject } from "./json-value.ts";
import { asList, asObject, asString, required } from "./members.ts";
import { parsePayloadIndex } from "./payload-index.ts";
import { type PointId, parsePointId } from "./point-id.ts";
import { parseDense, parsePointVectors } from "./vector-input.ts";

/** What is left to do once the body is read; gives the number of the update. */
export type Write = (collection: Collection) => number;

/** `PUT points`: a list of points, or `batch` with parallel lists. */
export function parseUpsert(value: Json): Write {
  const body = asObject(value, "struct PointsList");
  const batch = body.get("batch") ?? null;
  const points =
    batch === null ? parsePoints(required(body, "points")) : parsePointBatch(asObject(batch, "struct Batch"));
  return (collection) => {
    if (points.length === 0) throw badRequest("Empty update request");
    return collection.upsert(points);
  };
}

function parsePoints(value: Json): readonly NewPoint[] {
  return asList(value).map((element, index) => {
    const point = asObject(element, "struct PointStruct");
    const id = parsePointId(required(point, "id"));
    const vector = point.get("vector");
    if (vector === undefined) throw new ShapeFault("missing field `vector`", false);
    return {
      id,
      vectors: parsePointVectors(vector, `points[${index}].vector`),
      payload: payloadOf(point.get("payload")),
    };
  });
}

function parsePointBatch(batch: JsonObject): readonly NewPoint[] {
  const ids = asList(required(batch, "ids")).map(parsePointId);
  const vectors = required(batch, "vectors");
  const payloads = asList(batch.get("payloads") ?? []);
  return ids.map((id, row) => ({ id, vectors: vectorsOfRow(vectors, row), payload: payloadOf(payloads[row]) }));
}

/** Of a list of vectors, or of such a list for each vector name. */
function vectorsOfRow(vectors: Json, row: number): ReadonlyMap<string, Float32Array> {
  const lists: readonly (readonly [string, Json])[] = vectors instanceof JsonObject ? [...vectors] : [["", vectors]];
  const named = lists.map(([name, list]) => {
    const vector = isArray(list) ? parseDense(list[row]) : undefined;
    if (vector === undefined) throw new ShapeFault("data did not match any variant of untagged enum BatchVectorStruct");
    return [name, vector] as const;
  });
  return new Map(named);
}

function payloadOf(value: Json | undefined): JsonObject {
  return value === undefined || value === null ? new JsonObject() : asObject(value, "a map");
}

/** Which points a write is for: by `points` or by `filter`. */
function parseSelection(body: JsonObject): (collection: Collection) => readonly PointId[] {
  const points = body.get("points") ?? null;
  if (points !== null) {
    const ids = asList(points).map(parsePointId);
    return () => ids;
  }
  const filter = parseFilter(required(body, "filter"));
  return (collection) => collection.scan(filter).map(({ id }) => id);
}

export function parseDelete(value: Json): Write {
  const select = parseSelection(asObject(value, "enum PointsSelector"));
  return (collection) => collection.delete(select(collection));
}

/** Merges members into payloads. */
export function parseSetPayload(value: Json): Write {
  return parsePayloadChange(value, (payload, changes) => mergePayload(payload, changes));
}

/** Puts one payload in place of those that are there. */
export function parseOverwritePayload(value: Json): Write {
  return parsePayloadChange(value, (_, changes) => new JsonObject(changes));
}

function parsePayloadChange(value: Json, change: (payload: JsonObject, changes: JsonObject) => JsonObject): Write {
  const body = asObject(value, "struct SetPayload");
  const changes = asObject(required(body, "payload"), "a map");
  const select = parseSelection(body);
  return (collection) => collection.changePayloads(select(collection), (payload) => change(payload, changes));
}

export function parseDeletePayload(value: Json): Write {
  const body = asObject(value, "struct DeletePayload");
  const keys = new Set(asList(required(body, "keys")).map(asString));
  const select = parseSelection(body);
  return (collection) =>
    collection.changePayloads(
      select(collection),
      (payload) => new JsonObject([...payload].filter(([key]) => !keys.has(key))),
    );
}

export function parseClearPayload(value: Json): Write {
  const select = parseSelection(asObject(value, "enum PointsSelector"));
  return (collection) => collection.changePayloads(select(collection), () => new JsonObject());
}

/** `PUT index`. */
export function parseCreateIndex(value: Json): Write {
  const body = asObject(value, "struct CreateFieldIndex");
  const field = asString(required(body, "field_name"));
  const index = parsePayloadIndex(required(body, "field_schema"));
  return (collection) => {
    collection.indexes.set(field, index);
    return collection.nextOperation();
  };
}
