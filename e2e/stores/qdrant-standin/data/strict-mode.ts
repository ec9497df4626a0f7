// What a collection's strict mode refuses, in Qdrant's words.
import { z } from "zod";
import { ApiFault } from "./fault.ts";
import type { Filter } from "./filter.ts";
import type { Indexes } from "./payload-index.ts";

const most = z.int().min(1).nullish();
export const strictModeSchema = z.strictObject({
  enabled: z.boolean().nullish(),
  max_query_limit: most,
  max_timeout: most,
  unindexed_filtering_retrieve: z.boolean().nullish(),
  unindexed_filtering_update: z.boolean().nullish(),
  condition_max_size: most,
  filter_max_conditions: most,
  upsert_max_batchsize: most,
  search_max_hnsw_ef: most,
  search_allow_exact: z.boolean().nullish(),
  search_max_oversampling: z.number().nullish(),
  /** Kept and shown, never enforced: who is refused hangs on the clock. */
  read_rate_limit: most,
});
export type StrictMode = z.infer<typeof strictModeSchema>;

type Asked = {
  readonly strict: StrictMode;
  readonly indexes: Indexes;
  /** Of a write's conditions, or of a read. */
  readonly use: "retrieve" | "update";
  readonly filter?: Filter | null | undefined;
  /** By the names under which they are refused. */
  readonly limits?: readonly (readonly [
    name: string,
    asked: number | null | undefined,
    most: number | null | undefined,
  ])[];
  readonly isExact?: boolean;
};

/** Throws what strict mode has against the request. */
export function checkStrictly({ strict, indexes, use, filter, limits = [], isExact = false }: Asked): void {
  if (strict.enabled !== true) return;
  for (const [name, asked, limit] of limits) {
    if (isAbove(asked, limit)) {
      const help = `Reduce the "${name}" parameter to or below ${limit}`;
      throw refuse(`Limit exceeded ${asked} > ${limit} for "${name}". Help: ${help}.`);
    }
  }
  if (isExact && strict.search_allow_exact === false) throw refuse("Exact search disabled!. Help: Set exact=false.");
  if (filter === undefined || filter === null) return;
  checkConditions(strict, filter.asked);
  if (strict[`unindexed_filtering_${use}`] === false) checkIndexes(indexes, filter.asked);
}

type Searched = {
  readonly strict: StrictMode;
  readonly indexes: Indexes;
  readonly hnsw: Readonly<Record<string, unknown>>;
  readonly filter: Filter | null | undefined;
};

/** Throws for a search that would have to read every vector, where exact ones aren't allowed. */
export function checkGraph({ strict, indexes, hnsw, filter }: Searched): void {
  if (strict.enabled !== true || strict.search_allow_exact !== false || hnsw["m"] !== 0) return;
  const isTenant = (filter?.asked ?? []).some(({ key }) => indexes.get(key ?? "")?.params?.["is_tenant"] === true);
  if (!isTenant) {
    const help =
      "Use tenant-specific filter, enable global vector indexing or enable strict mode `search_allow_exact` option";
    throw refuse(`Request is forbidden because global vector indexing is disabled (hnsw_config.m = 0). Help: ${help}`);
  }
  if ((hnsw["payload_m"] ?? 0) !== 0) return;
  const help =
    "Enable vector indexing, use a prefetch query with indexed vectors or enable strict mode `search_allow_exact` option";
  throw refuse(
    `Request is forbidden because vector indexing is disabled (hnsw_config.m = 0 and hnsw_config.payload_m = 0). Help: ${help}`,
  );
}

function isAbove(asked: number | null | undefined, limit: number | null | undefined): boolean {
  return typeof asked === "number" && typeof limit === "number" && asked > limit;
}

type Conditions = Filter["asked"];

function checkConditions({ condition_max_size, filter_max_conditions }: StrictMode, conditions: Conditions): void {
  const size = Math.max(0, ...conditions.map((each) => each.size));
  if (isAbove(size, condition_max_size)) {
    throw refuse(
      `Condition size limit reached (${size} > ${condition_max_size}). Help: Reduce the size of your condition.`,
    );
  }
  if (isAbove(conditions.length, filter_max_conditions)) {
    const count = `${conditions.length} > ${filter_max_conditions}`;
    throw refuse(`Filter condition limit reached (${count}). Help: Reduce the amount of conditions of your filter.`);
  }
}

/** `types`: those that serve the condition; none: any. */
function checkIndexes(indexes: Indexes, conditions: Conditions): void {
  for (const { key, types } of conditions) {
    const type = key === undefined ? undefined : indexes.get(key)?.type;
    if (key === undefined || (type !== undefined && (types.length === 0 || types.includes(type)))) continue;
    const wanted = `"${key}" of one of the following types: [${types.join(", ")}]`;
    throw refuse(
      `Index required but not found for ${wanted}. Help: Create an index for this key or use a different filter.`,
    );
  }
}

function refuse(text: string): ApiFault {
  return new ApiFault(400, `Bad request: ${text}`);
}
