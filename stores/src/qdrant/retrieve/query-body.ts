// The body of a Qdrant query: the application's embedding bytes between a head and a tail of our own.
import type { BackendRequest } from "#ports/backend.ts";
import type { QdrantSpec } from "../config/schema.ts";

type Condition = { readonly key: string; readonly match?: object; readonly range?: object };

const head = Buffer.from('{"query":');

/** Only the embedding's own bytes come from outside unquoted; they have been scanned. */
export function queryBody(
  spec: Pick<QdrantSpec, "namespaceField" | "vectorName" | "searchSettings">,
  request: BackendRequest,
): Buffer {
  const conditions = conditionsOf(spec.namespaceField, request);
  const rest = {
    limit: request.k,
    with_payload: ["chunk_id", "entity_id", "updated_at"],
    ...paramsOf(spec, request),
    ...(spec.vectorName === undefined ? {} : { using: spec.vectorName }),
    ...(conditions.length === 0 ? {} : { filter: { must: conditions } }),
  };
  return Buffer.concat([head, request.embedding.json(), Buffer.from(`,${JSON.stringify(rest).slice(1)}`)]);
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

function conditionsOf(namespaceField: string, { namespace, filters }: BackendRequest): Condition[] {
  const conditions = Object.entries(filters ?? {}).map(([key, value]) => conditionOf(key, value));
  return namespace === undefined ? conditions : [conditionOf(namespaceField, namespace), ...conditions];
}

/** `match` takes no fractions; a range of one point does. */
function conditionOf(key: string, value: string | number | boolean): Condition {
  if (typeof value === "number" && !Number.isSafeInteger(value)) return { key, range: { gte: value, lte: value } };
  return { key, match: { value } };
}
