// The body of a Qdrant query: the application's embedding bytes between a head and a tail of our own.
import {
  type ChunkFields,
  type FieldPath,
  metadataPath,
  namespacePath,
  placeIn,
  textPath,
} from "#config/chunk-fields.ts";
import type { BackendRequest } from "#ports/backend.ts";
import { rawJson } from "#values/exact-json.ts";
import type { CollectionInfo } from "../client/collection.ts";
import { keyOf, keysOf } from "../client/payload-key.ts";
import type { QdrantSpec } from "../config/schema.ts";
import { conditionsOf, isText, isUuidText, passesNone, type QdrantCondition } from "../filter/conditions.ts";
import type { Part } from "./in-parts.ts";
import { refuseConditions } from "./strict-search.ts";

const head = Buffer.from('{"query":');

type Known = Pick<CollectionInfo, "indexes" | "limits">;

/** Throws RETR_REQUEST_INVALID for conditions beyond what strict mode takes. Only the embedding's own bytes come from outside unquoted; they have been scanned. */
export function queryBody(
  spec: Pick<QdrantSpec, "fields" | "vectorName" | "searchSettings">,
  request: BackendRequest,
  known: Known,
  { offset, limit }: Part,
): Buffer {
  const conditions = allConditions(spec.fields, request, (key) => known.indexes.get(key) === "uuid");
  refuseConditions(conditions, request, known.limits);
  const rest = {
    limit,
    ...(offset === 0 ? {} : { offset }),
    with_payload: shownKeys(spec.fields, request),
    ...paramsOf(spec, request),
    ...(spec.vectorName === undefined ? {} : { using: spec.vectorName }),
    ...(conditions.length === 0 ? {} : { filter: { must: conditions } }),
  };
  return Buffer.concat([head, request.embedding.json(), Buffer.from(`,${JSON.stringify(rest).slice(1)}`)]);
}

function shownKeys(fields: ChunkFields, { content }: BackendRequest): string[] {
  const { id, entity, updatedAt } = fields;
  const own = [id, entity, updatedAt];
  if (content === undefined) return keysOf(own);
  const metadata = content.metadata.map((name) => metadataPath(fields, name));
  return keysOf([...own, content.text ? textPath(fields) : null, ...metadata]);
}

function allConditions(
  fields: ChunkFields,
  { namespace, filters, filter }: BackendRequest,
  isUuid: (key: string) => boolean,
): QdrantCondition[] {
  const equal = (path: FieldPath, value: Value): QdrantCondition => {
    const key = keyOf(path);
    return isUuid(key) && !isUuidText(value) ? passesNone : isEqual(key, value);
  };
  const conditions = Object.entries(filters ?? {}).map(([name, value]) => equal(metadataPath(fields, name), value));
  const all = namespace === undefined ? conditions : [equal(namespacePath(fields), namespace), ...conditions];
  return filter === undefined ? all : [...all, ...conditionsOf(filter, { placeOf: placeIn(fields), isUuid })];
}

type Value = string | number | bigint | boolean;

/** An exact search compares the original vectors, whatever the settings. */
function paramsOf({ searchSettings = {} }: Pick<QdrantSpec, "searchSettings">, { isExact }: BackendRequest): object {
  if (isExact === true) return { params: { exact: true } };
  const { hnswEf, exact, quantization } = searchSettings;
  const params = {
    ...(hnswEf === undefined ? {} : { hnsw_ef: hnswEf }),
    ...(exact === undefined ? {} : { exact }),
    ...(quantization === undefined ? {} : { quantization }),
  };
  return Object.keys(params).length === 0 ? {} : { params };
}

/** `match` takes no fractions; a range of one point does. */
function isEqual(key: string, value: Value): QdrantCondition {
  if (typeof value === "bigint") return { key, match: { value: rawJson(String(value)) } };
  if (typeof value === "number" && !Number.isSafeInteger(value)) return { key, range: { gte: value, lte: value } };
  return isText(key, value);
}
