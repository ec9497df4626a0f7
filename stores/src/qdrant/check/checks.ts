// The checks of a collection, in the order in which they are told. Each is a pure function: a new one is one more line below.
import { type FieldPath, placeIn } from "#config/chunk-fields.ts";
import type { Filterable } from "#config/filterable.ts";
import { RetrieverError } from "#errors.ts";
import { fieldFindings } from "#filter/findings.ts";
import type { Finding } from "#ports/store-check.ts";
import { faultFinding, finding } from "#values/findings.ts";
import type { CollectionInfo } from "../client/collection.ts";
import { keyOf } from "../client/payload-key.ts";
import type { QdrantSpec } from "../config/schema.ts";
import { checkFields } from "../filter/check-fields.ts";
import { refuseSettings } from "../retrieve/strict-search.ts";

type CollectionFacts = {
  readonly info: CollectionInfo;
  /** What a query was refused with; null: it was answered. */
  readonly query: RetrieverError | null;
};
type Check = (facts: CollectionFacts, spec: QdrantSpec, filterable?: Filterable) => readonly Finding[];

/** Of codes, where they aren't about the collection. */
export const qdrantFields = {
  RETR_BACKEND_UNAVAILABLE: "url",
  RETR_BACKEND_TLS: "tls",
  RETR_BACKEND_AUTH: "apiKey",
  RETR_BACKEND_MISSING: "collection",
  RETR_BACKEND_ANSWER_INVALID: "collection",
};

/** Below it Qdrant makes no index of vectors unless told otherwise. */
const mostUnindexed = 20_000;
/** What a request may ask for. */
const mostCandidates = 1000;

const collection: Check = ({ info }, { collection: name, tls }) => {
  const how = tls === null ? "in plain text" : "over TLS, verified";
  return [finding("ok", "url", `Qdrant, reached ${how}; ${name} has ${info.points ?? "an unknown number of"} points`)];
};

const vector: Check = ({ info: { vectorFault, dimension, distance } }) =>
  vectorFault === null
    ? [finding("ok", "vectorName", `${dimension} dimensions, ${distance ?? "another distance"}`)]
    : [faultFinding(new RetrieverError(vectorFault), { RETR_BACKEND_MISSING: "vectorName" })];

const health: Check = ({ info: { healthRemark } }) =>
  healthRemark === null
    ? []
    : [finding("slow", "collection", healthRemark, "mend that before anything is served from it")];

const query: Check = ({ query: error, info }) =>
  error === null
    ? [finding("ok", "collection", "a query is answered")]
    : info.dimension === null
      ? []
      : [faultFinding(error, qdrantFields)];

const settings: Check = ({ info }, spec) => {
  try {
    refuseSettings(spec, info);
    return [];
  } catch (error) {
    if (error instanceof RetrieverError) return [faultFinding(error, { RETR_BACKEND_MISSING: "searchSettings" })];
    throw error;
  }
};

const strictTimeout: Check = ({ info: { limits } }, { timeoutMs }) => {
  if (Math.ceil(timeoutMs / 1000) <= limits.timeoutSeconds) return [];
  const found = `strict mode ends a request after ${limits.timeoutSeconds} s (max_timeout), before timeoutMs`;
  return [finding("slow", "timeoutMs", found, "lower timeoutMs, or raise max_timeout")];
};

const strictExact: Check = ({ info: { limits } }) =>
  limits.allowsExact
    ? []
    : [
        finding(
          "slow",
          "collection",
          "strict mode refuses exact searches: recall can't be measured",
          "set search_allow_exact",
        ),
      ];

const filters: Check = ({ info }, spec, filterable) =>
  filterable === undefined ? [] : fieldFindings(checkFields(filterable, info, placeIn(spec.fields)));

const strictLimit: Check = ({ info: { limits } }) =>
  limits.points >= mostCandidates
    ? []
    : [
        finding(
          "slow",
          "collection",
          `strict mode refuses requests with k above ${limits.points} (max_query_limit)`,
          "ask for less, or raise max_query_limit",
        ),
      ];

const strictRate: Check = ({ info: { limits } }) => {
  if (limits.readsPerMinute === Number.POSITIVE_INFINITY) return [];
  const found = `strict mode refuses more than ${limits.readsPerMinute} reads in a minute (read_rate_limit), of requests, samples, probes and verifications together`;
  return [finding("slow", "collection", found, "raise read_rate_limit")];
};

const indexing: Check = ({ info: { points, indexedVectors } }) => {
  if (points === null || indexedVectors === null || points < mostUnindexed || indexedVectors >= points * 0.9) return [];
  return [
    finding(
      "slow",
      "collection",
      `${indexedVectors} of ${points} vectors are in the index`,
      "wait until they are, or see indexing_threshold and hnsw_config",
    ),
  ];
};

type PayloadIndex = {
  /** Null: the fields name none. */
  readonly path: FieldPath | null;
  readonly types: readonly string[];
  readonly field: string;
  readonly what: string;
  /** Whether strict mode refuses it without an index. */
  readonly isRefusable: boolean;
};

const payloadIndexes: Check = ({ info }, { fields: { id, namespace, updatedAt } }) => {
  const wanted: readonly PayloadIndex[] = [
    {
      path: namespace,
      // It is asked for as text.
      types: ["keyword", "uuid"],
      field: "namespaceField",
      what: "requests with a namespace",
      isRefusable: true,
    },
    {
      path: id,
      types: ["keyword", "uuid", "integer"],
      field: "collection",
      what: "look-ups of a verification or repair",
      isRefusable: true,
    },
    {
      path: updatedAt,
      types: ["datetime", "integer", "float"],
      field: "collection",
      what: "searches for the newest update",
      isRefusable: false,
    },
  ];
  return wanted.flatMap(({ path, types, field, what, isRefusable }) => {
    if (path === null) return [];
    const key = keyOf(path);
    const held = info.indexes.get(key);
    if (held !== undefined && types.includes(held)) return [finding("ok", field, `${key} has an index (${held})`)];
    const isRefused = isRefusable && !info.limits.searchesUnindexed;
    // A namespace is asked for as text, which finds no number.
    const findsNone = path === namespace && held === "integer";
    const outcome = isRefused
      ? "are refused by strict mode"
      : findsNone
        ? "find nothing, as its values are integers"
        : "read the whole collection, or aren't made";
    const found = `${key} has no index of type ${types.join(" or ")}: ${what} ${outcome}`;
    return [
      finding(
        isRefused || findsNone ? "fails" : "slow",
        field,
        found,
        `create a payload index on ${key} of type ${types[0]}`,
      ),
    ];
  });
};

export const collectionChecks: readonly Check[] = [
  collection,
  vector,
  health,
  query,
  settings,
  strictTimeout,
  strictExact,
  strictLimit,
  strictRate,
  indexing,
  payloadIndexes,
  filters,
];
