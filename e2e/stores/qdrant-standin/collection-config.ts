// How a collection is set up: the body of its creation, read strictly, and what its description says of it.
// Index and optimiser settings have no effect here; they are kept and shown.
import { LimitFault, ShapeFault } from "./fault.ts";
import { fromPlain, isInteger, type Json, JsonObject } from "./json-value.ts";
import { asObject } from "./members.ts";
import { type Distance, distances } from "./vector-space.ts";

export type VectorParams = { readonly size: number; readonly distance: Distance };

export type CollectionConfig = {
  /** By vector name; the unnamed vector has the empty name. */
  readonly vectors: ReadonlyMap<string, VectorParams>;
  /** The `config` member of the collection's description. */
  readonly shown: JsonObject;
};

const hnswDefaults = { m: 16, ef_construct: 100, full_scan_threshold: 10_000, max_indexing_threads: 0, on_disk: false };
const optimizerDefaults = {
  deleted_threshold: 0.2,
  vacuum_min_vector_number: 1000,
  default_segment_number: 0,
  max_segment_size: null,
  memmap_threshold: null,
  indexing_threshold: 10_000,
  flush_interval_sec: 5,
  max_optimization_threads: null,
  prevent_unoptimized: null,
};
const walDefaults = { wal_capacity_mb: 32, wal_segments_ahead: 0, wal_retain_closed: 1 };
const largestSize = 65_536;

/** The body of `PUT /collections/C`. Throws ShapeFault or LimitFault. */
export function parseCollectionConfig(body: Json): CollectionConfig {
  const object = asObject(body, "struct CreateCollection");
  const given = object.get("vectors") ?? null;
  const vectors = given === null ? new Map<string, VectorParams>() : parseVectors(given);
  return { vectors, shown: describe(object, given) };
}

/** Configuration of a collection with one unnamed vector. */
export function plainConfig(size: number, distance: Distance): CollectionConfig {
  return parseCollectionConfig(fromPlain({ vectors: { size, distance } }));
}

function parseVectors(value: Json): Map<string, VectorParams> {
  if (!(value instanceof JsonObject)) throw noVectorsConfig();
  if (value.has("size") || value.has("distance")) return new Map([["", parseParams(value, "vectors")]]);
  const named = [...value].map(([name, params]) => [name, parseParams(params, `vectors.${name}`)] as const);
  return new Map(named);
}

function parseParams(value: Json, path: string): VectorParams {
  const size = value instanceof JsonObject ? value.get("size") : undefined;
  const distance = value instanceof JsonObject ? value.get("distance") : undefined;
  const known = distances.find((name) => name === distance);
  if (!isInteger(size) || size < 1 || known === undefined) throw noVectorsConfig();
  if (size > largestSize) throw new LimitFault(`${path}.size: value ${size} invalid, must be from 1 to ${largestSize}`);
  return { size: Number(size), distance: known };
}

function noVectorsConfig(): ShapeFault {
  return new ShapeFault("data did not match any variant of untagged enum VectorsConfig");
}

function describe(body: JsonObject, vectors: Json): JsonObject {
  const params = new JsonObject([
    ["vectors", vectors ?? new JsonObject()],
    ["shard_number", body.get("shard_number") ?? 1],
    ["replication_factor", body.get("replication_factor") ?? 1],
    ["write_consistency_factor", body.get("write_consistency_factor") ?? 1],
    ["on_disk_payload", body.get("on_disk_payload") ?? true],
  ]);
  return new JsonObject([
    ["params", params],
    ["hnsw_config", merged(hnswDefaults, body.get("hnsw_config"))],
    ["optimizer_config", merged(optimizerDefaults, body.get("optimizers_config"))],
    ["wal_config", merged(walDefaults, body.get("wal_config"))],
    ["quantization_config", body.get("quantization_config") ?? null],
  ]);
}

function merged(defaults: object, given: Json | undefined): JsonObject {
  const own = fromPlain(defaults);
  const changes = (given ?? null) === null ? new JsonObject() : asObject(given, "a map");
  return new JsonObject([...(own instanceof JsonObject ? own : []), ...changes]);
}
