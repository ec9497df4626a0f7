// What a collection's strict mode means for searches: what of the settings it refuses, and what it will refuse of requests.
import { errorsOf, RetrieverError } from "#errors.ts";
import type { BackendRequest } from "#ports/backend.ts";
import { unindexedSearch } from "../client/classify.ts";
import type { CollectionInfo, StrictLimits } from "../client/collection.ts";
import { keysOf } from "../client/payload-key.ts";
import type { QdrantSpec } from "../config/schema.ts";

const missing = errorsOf("RETR_BACKEND_MISSING");

/** Throws RETR_BACKEND_MISSING for settings, of ours or the collection's, that would make every request fail, naming each. */
export function refuseSettings(
  { searchSettings = {} }: QdrantSpec,
  { limits, graph }: Pick<CollectionInfo, "limits" | "graph">,
): void {
  if (!limits.allowsExact && graph === "none") throw missing(unindexedSearch);
  const { hnswEf = 0, exact, quantization } = searchSettings;
  const { oversampling = 0 } = quantization ?? {};
  const refused = [
    ...(hnswEf > limits.hnswEf ? [`hnswEf of at most ${limits.hnswEf}`] : []),
    ...(oversampling > limits.oversampling ? [`quantization.oversampling of at most ${limits.oversampling}`] : []),
    ...(exact === true && !limits.allowsExact ? ["exact left out"] : []),
  ];
  if (refused.length === 0) return;
  throw missing(`searchSettings: strict mode of the collection expects ${refused.join(", ")}`);
}

/** Throws RETR_REQUEST_INVALID for a request of more points than one answer may hold. */
export function refuseRequest(k: number, { points }: StrictLimits): void {
  if (k <= points) return;
  const message = `k: expected at most ${points}, the limit of the collection's strict mode, got ${k}`;
  throw new RetrieverError({ code: "RETR_REQUEST_INVALID", message, path: "k" });
}

/** Throws RETR_REQUEST_INVALID for more conditions, or more values in one, than strict mode takes. */
export function refuseConditions(
  conditions: readonly object[],
  { filter, filters }: Pick<BackendRequest, "filter" | "filters">,
  limits: StrictLimits,
): void {
  if (limits.conditions === Number.POSITIVE_INFINITY && limits.conditionSize === Number.POSITIVE_INFINITY) return;
  const leaves = conditions.flatMap(leavesOf);
  const size = Math.max(0, ...leaves.map(({ match }) => match?.any?.length ?? 0));
  const path = filter === undefined ? (filters === undefined ? "namespace" : "filters") : "filter";
  const refuse = (what: string, most: number, got: number): RetrieverError =>
    new RetrieverError({
      code: "RETR_REQUEST_INVALID",
      message: `${path}: expected at most ${most} ${what}, the limit of the collection's strict mode, got ${got}`,
      path,
    });
  if (leaves.length > limits.conditions) throw refuse("conditions", limits.conditions, leaves.length);
  if (size > limits.conditionSize) throw refuse("values in a condition", limits.conditionSize, size);
}

type Leaf = { readonly match?: { readonly any?: readonly unknown[] } };

/** As Qdrant counts: every condition that holds no others. */
function leavesOf(condition: object): Leaf[] {
  const inner = ["must", "must_not", "should"].flatMap(
    (clause) => (condition as Record<string, object[]>)[clause] ?? [],
  );
  return inner.length === 0 ? [condition] : inner.flatMap(leavesOf);
}

const tenantsOnly =
  "strict mode of the collection refuses requests that ask for no tenant, as its hnsw_config (m: 0) makes indexes for tenants alone";

/** What strict mode will refuse, as sentences. */
export function strictRemarks({ fields }: QdrantSpec, { limits, indexes, graph }: CollectionInfo): string[] {
  const [key] = keysOf([fields.namespace]);
  const type = indexes.get(key ?? "");
  const isSearchable = key === undefined || limits.searchesUnindexed || type === "keyword" || type === "uuid";
  return [
    ...(isSearchable
      ? []
      : [`strict mode of the collection refuses requests of a namespace: create an index of type keyword on ${key}`]),
    ...(limits.points < 1000
      ? [`strict mode of the collection refuses requests of more than ${limits.points} chunks`]
      : []),
    ...(limits.readsPerMinute === Number.POSITIVE_INFINITY
      ? []
      : [`strict mode of the collection refuses more than ${limits.readsPerMinute} reads in a minute`]),
    ...(limits.allowsExact || graph === "all" ? [] : [tenantsOnly]),
    ...(limits.allowsExact ? [] : ["strict mode of the collection refuses exact searches: recall can't be measured"]),
  ];
}
