// A new collection for chunks, whose vectors are indexed once it is full.
import { setTimeout as pause } from "node:timers/promises";
import { metadataPath } from "#config/chunk-fields.ts";
import { errorsOf, type Fault } from "#errors.ts";
import type { FieldShape, VectorMetric, VectorPrecision } from "#ports/chunk-store.ts";
import type { PlaceMaker, PlaceShape } from "#ports/place-maker.ts";
import { member, parseAnswer } from "../client/answers.ts";
import { tokenFault } from "../client/classify.ts";
import { type Call, openCollection } from "../client/collection.ts";
import { keyOf } from "../client/payload-key.ts";
import type { QdrantSpec } from "../config/schema.ts";

const refuse = errorsOf("RETR_COPY_REFUSED");
const timeoutMs = 60_000;
/** Between two looks at how far the index is. */
const everyMs = 1000;
/** Qdrant's own: segments of more KB are indexed. */
const usualThreshold = 10_000;

const distances: Readonly<Record<VectorMetric, string>> = { cosine: "Cosine", dot: "Dot", l2: "Euclid" };
const datatypes: Readonly<Partial<Record<VectorPrecision, string>>> = {
  float32: "float32",
  half: "float16",
  int8: "uint8",
};
/** Types of payload indexes; a field of anything has none. */
const indexTypes: Readonly<Record<FieldShape, string | null>> = {
  text: "keyword",
  texts: "keyword",
  integer: "integer",
  float: "float",
  decimal: "float",
  boolean: "bool",
  moment: "datetime",
  uuid: "uuid",
  json: null,
};

/** Connects on demand only. */
export function makeQdrantPlaces(spec: QdrantSpec): PlaceMaker {
  const pool = { connections: 1, headersTimeout: timeoutMs, bodyTimeout: timeoutMs };
  const collection = openCollection(spec, { ...pool, faultOf: makeFault });
  const send = (method: "PUT" | "PATCH", path: string, body: object, signal: AbortSignal): Promise<string> =>
    collection.call({ method, path: `${collection.folder}${path}`, body: JSON.stringify(body) }, signal);
  const read = async (signal: AbortSignal): Promise<unknown> =>
    member(parseAnswer(await collection.call({ method: "GET", path: collection.folder }, signal)), "result");
  // That of the chunk ids, by which a copy may begin, comes last.
  const indexPayload = async (shape: PlaceShape, signal: AbortSignal): Promise<void> => {
    for (const [field_name, field_schema] of [...payloadIndexes(spec, shape)].toReversed())
      await send("PUT", "/index?wait=true", { field_name, field_schema }, signal);
  };
  return {
    describe: (shape) => {
      const keys = Array.from(payloadIndexes(spec, shape), ([key, type]) => `${key} ${type}`);
      return `the collection ${spec.collection} ${JSON.stringify(bodyOf(spec, shape))}, indexes of ${keys.join(", ")}`;
    },
    make: async (shape, signal) => {
      await send("PUT", "", bodyOf(spec, shape), signal);
      await indexPayload(shape, signal);
    },
    finish: async (shape, signal) => {
      // By this a collection of ours is known again; where the last run ended while it waited, all else is done.
      const optimizers = member(member(await read(signal), "config"), "optimizer_config");
      if (member(optimizers, "indexing_threshold") !== 0) return describeEnd(member(await read(signal), "status"));
      await indexPayload(shape, signal);
      if (shape.index.kind === "none") return "none of the vectors";
      await send("PATCH", "", { optimizers_config: { indexing_threshold: usualThreshold } }, signal);
      // Yellow: it is being indexed; grey: that begins with the next write.
      do await pause(everyMs, undefined, { signal });
      while (member(await read(signal), "status") === "yellow");
      return describeEnd(member(await read(signal), "status"));
    },
    close: collection.close,
  };
}

/** A key may read and write a collection, and yet not make one; undefined: what the status means for a read. */
function makeFault(status: number, { method }: Call, body: string): Fault | undefined {
  if (status !== 403 || method === "GET" || tokenFault(status, body) !== undefined) return undefined;
  const message =
    "the credential has no right to make or change collections: use one with the right to manage them, or make the collection by hand and leave out --create (HTTP 403)";
  return { code: "RETR_BACKEND_AUTH", message };
}

function describeEnd(status: unknown): string {
  return status === "green" ? "of the vectors, serves" : `of the vectors: the collection's status is ${String(status)}`;
}

function bodyOf({ vectorName }: QdrantSpec, { dimension, metric, precision, index }: PlaceShape): object {
  const datatype = datatypes[precision];
  if (datatype === undefined)
    throw refuse("precision: the source holds bits, which Qdrant has no type for; make the collection by hand");
  const vector = { size: dimension, distance: distances[metric], ...(datatype === "float32" ? {} : { datatype }) };
  const graph = {
    ...(index.m === undefined ? {} : { m: index.m }),
    ...(index.efConstruction === undefined ? {} : { ef_construct: index.efConstruction }),
  };
  return {
    vectors: vectorName === undefined ? vector : { [vectorName]: vector },
    ...(Object.keys(graph).length === 0 ? {} : { hnsw_config: graph }),
    optimizers_config: { indexing_threshold: 0 },
  };
}

/** By key: what look-ups, verification and requests search by. */
function payloadIndexes({ fields }: QdrantSpec, { filterable, fields: shapes }: PlaceShape): Map<string, string> {
  const { id, namespace, updatedAt } = fields;
  const indexes = new Map<string, string>();
  if (id !== null) indexes.set(keyOf(id), "keyword");
  if (namespace !== null) indexes.set(keyOf(namespace), "keyword");
  if (updatedAt !== null) indexes.set(keyOf(updatedAt), "datetime");
  for (const name of filterable) {
    const type = indexTypes[shapes[name] ?? "json"];
    const key = keyOf(metadataPath(fields, name));
    if (type !== null && !indexes.has(key)) indexes.set(key, type);
  }
  return indexes;
}
