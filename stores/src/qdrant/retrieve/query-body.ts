// The body of a Qdrant query: the application's embedding bytes between a head and a tail of our own.
import { placeByName } from "#config/filterable.ts";
import type { BackendRequest } from "#ports/backend.ts";
import { rawJson } from "#values/exact-json.ts";
import type { QdrantSpec } from "../config/schema.ts";
import { conditionsOf, type QdrantCondition } from "../filter/conditions.ts";

const head = Buffer.from('{"query":');

/** Only the embedding's own bytes come from outside unquoted; they have been scanned. */
export function queryBody(
  spec: Pick<QdrantSpec, "namespaceField" | "vectorName" | "searchSettings">,
  request: BackendRequest,
): Buffer {
  const conditions = allConditions(spec.namespaceField, request);
  const rest = {
    limit: request.k,
    with_payload: ["chunk_id", "entity_id", "updated_at"],
    ...paramsOf(spec, request),
    ...(spec.vectorName === undefined ? {} : { using: spec.vectorName }),
    ...(conditions.length === 0 ? {} : { filter: { must: conditions } }),
  };
  return Buffer.concat([head, request.embedding.json(), Buffer.from(`,${JSON.stringify(rest).slice(1)}`)]);
}

function allConditions(namespaceField: string, { namespace, filters, filter }: BackendRequest): QdrantCondition[] {
  const conditions = Object.entries(filters ?? {}).map(([key, value]) => isEqual(key, value));
  const all = namespace === undefined ? conditions : [isEqual(namespaceField, namespace), ...conditions];
  return filter === undefined ? all : [...all, ...conditionsOf(filter, placeByName)];
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
