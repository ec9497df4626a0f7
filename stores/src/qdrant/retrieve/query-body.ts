// The body of a Qdrant query: the application's embedding bytes between a head and a tail of our own.
import { type ChunkFields, metadataPath, namespacePath, placeIn, textPath } from "#config/chunk-fields.ts";
import type { BackendRequest } from "#ports/backend.ts";
import { rawJson } from "#values/exact-json.ts";
import { keyOf, keysOf } from "../client/payload-key.ts";
import type { QdrantSpec } from "../config/schema.ts";
import { conditionsOf, type QdrantCondition } from "../filter/conditions.ts";

const head = Buffer.from('{"query":');

/** Only the embedding's own bytes come from outside unquoted; they have been scanned. */
export function queryBody(
  spec: Pick<QdrantSpec, "fields" | "vectorName" | "searchSettings">,
  request: BackendRequest,
): Buffer {
  const conditions = allConditions(spec.fields, request);
  const rest = {
    limit: request.k,
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

function allConditions(fields: ChunkFields, { namespace, filters, filter }: BackendRequest): QdrantCondition[] {
  const conditions = Object.entries(filters ?? {}).map(([name, value]) =>
    isEqual(keyOf(metadataPath(fields, name)), value),
  );
  const all = namespace === undefined ? conditions : [isEqual(keyOf(namespacePath(fields)), namespace), ...conditions];
  return filter === undefined ? all : [...all, ...conditionsOf(filter, placeIn(fields))];
}

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
function isEqual(key: string, value: string | number | bigint | boolean): QdrantCondition {
  if (typeof value === "bigint") return { key, match: { value: rawJson(String(value)) } };
  if (typeof value === "number" && !Number.isSafeInteger(value)) return { key, range: { gte: value, lte: value } };
  return { key, match: { value } };
}
