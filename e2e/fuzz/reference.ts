// An independent opinion on a request's body: the slow and plain way, by JSON.parse and the public schema.
// The sidecar must accept exactly what this accepts, and ask the store exactly for what this reads.
import { isDeepStrictEqual } from "node:util";
import {
  maxBodyBytes,
  maxDimension,
  type RetrieveEnvelope,
  retrieveEnvelopeSchema,
} from "@retriever/sidecar/contract/retrieve.ts";
import { areFiltersRight } from "./filter-grammar.ts";
import { type FuzzedBase, flatBase } from "./fuzzed-base.ts";

type FlatValue = string | number | bigint | boolean;
type ReadRequest = Omit<RetrieveEnvelope, "filters"> & {
  readonly embedding: readonly number[];
  /** With every digit of integers. */
  readonly filters?: Readonly<Record<string, FlatValue>> | undefined;
};

/** Of brackets within each other. */
const maxLevels = 200;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The request that a body is; undefined: it is none. `dimension`: the collection's. */
export function readReference(body: Uint8Array, dimension: number, base = flatBase): ReadRequest | undefined {
  const document = body.length > maxBodyBytes ? undefined : parseDocument(body);
  if (document === undefined) return undefined;
  const { embedding: given, ...rest } = document;
  if (hasProto(rest["filters"])) return undefined;
  const embedding = readEmbedding(given);
  const envelope = retrieveEnvelopeSchema.safeParse(rest);
  if (embedding === undefined || !envelope.success || embedding.length !== dimension) return undefined;
  const exact = parseExactly(utf8.decode(body)) as Pick<ReadRequest, "filters" | "filter">;
  if (!isPermitted({ ...envelope.data, ...exact }, base)) return undefined;
  const { filters, ...query } = envelope.data;
  if (filters === undefined) return { ...query, embedding };
  const digits = Object.keys(filters).map((key) => [key, exact.filters?.[key] ?? ""] as const);
  return { ...query, embedding, filters: Object.fromEntries(digits) };
}

function isPermitted(
  request: Parameters<typeof areFiltersRight>[0] & Pick<RetrieveEnvelope, "include">,
  base: FuzzedBase,
): boolean {
  return areFiltersRight(request, base.declares) && (base.includes || (request.include ?? []).length === 0);
}

/** A member of that name sets an object's prototype where it is copied; the schema leaves it out. */
function hasProto(filters: unknown): boolean {
  return typeof filters === "object" && filters !== null && Object.hasOwn(filters, "__proto__");
}

/** Integers that a number would round, within 64 bits, as bigint. */
function parseExactly(text: string): unknown {
  type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
  const parse = JSON.parse as (text: string, reviver: Reviver) => unknown;
  return parse(text, (_, value, { source = "" }) => {
    if (typeof value !== "number" || Number.isSafeInteger(value) || !/^-?\d{1,19}$/.test(source)) return value;
    const integer = BigInt(source);
    return BigInt.asIntN(64, integer) === integer ? integer : value;
  });
}

function parseDocument(body: Uint8Array): Record<string, unknown> | undefined {
  try {
    const text = utf8.decode(body);
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    // Of a member that stands there twice JSON.parse shows one alone.
    if (levelsOf(text) > maxLevels) return undefined;
    const embeddings = topLevelKeys(text).filter((key) => key === "embedding");
    return embeddings.length === 1 ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Of valid JSON. */
function levelsOf(json: string): number {
  let [depth, deepest] = [0, 0];
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === "{" || token === "[") depth += 1;
    if (token === "}" || token === "]") depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** Keys of the outermost object of valid JSON, repeated ones as often as they stand there. */
export function topLevelKeys(json: string): string[] {
  const tokens = json.match(/"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s"[\]{}:,]+/gs) ?? [];
  const keys: string[] = [];
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    if (token === "{" || token === "[") depth += 1;
    if (token === "}" || token === "]") depth -= 1;
    if (depth === 1 && token.startsWith('"') && tokens[index + 1] === ":") keys.push(JSON.parse(token) as string);
  }
  return keys;
}

function readEmbedding(given: unknown): readonly number[] | undefined {
  const values = typeof given === "string" ? decodeFloats(given) : given;
  if (!Array.isArray(values) || values.length < 1 || values.length > maxDimension) return undefined;
  const isVector = values.every((value) => typeof value === "number" && Number.isFinite(Math.fround(value)));
  return isVector ? (values as number[]) : undefined;
}

function decodeFloats(text: string): number[] | undefined {
  const bytes = Buffer.from(text, "base64");
  const canonical = bytes.toString("base64");
  if (text !== canonical && text !== canonical.replace(/=+$/, "") && !isOverpadded(text, canonical)) return undefined;
  if (bytes.length % 4 !== 0) return undefined;
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
}

/** Up to two signs of padding too many or too few do no harm. */
function isOverpadded(text: string, canonical: string): boolean {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.replace(/=+$/, "") === canonical.replace(/=+$/, "");
}

/** What is wrong with a body that reached the store, held against the request it was made of; undefined: nothing. */
export function faultOfQuery(body: string, request: ReadRequest, base = flatBase): string | undefined {
  const document = parseQuery(body);
  if (document === undefined) return "the store got something that isn't one JSON object";
  const expected = expectedQuery(request, base);
  const keys = topLevelKeys(body).toSorted();
  if (!isDeepStrictEqual(keys, Object.keys(expected).toSorted())) return `the store got the members ${keys.join(", ")}`;
  // What a typed filter becomes is the matrix of filters' concern; that it is there is ours.
  const compared = Object.keys(expected).filter((key) => key !== "filter" || !base.declares);
  const differing = compared.find((key) => !isDeepStrictEqual(asStored(document[key]), asStored(expected[key])));
  return differing === undefined ? undefined : `the store got another ${differing} than was asked for`;
}

/** Stores keep a vector as float32, however many digits it comes with. */
function asStored(value: unknown): unknown {
  const told = plain(value);
  const isVector = Array.isArray(told) && told.every((each) => typeof each === "number");
  return isVector ? told.map(Math.fround) : told;
}

function parseQuery(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== "object" || value === null) return undefined;
    const { filter } = parseExactly(body) as { readonly filter?: unknown };
    return { ...(value as Record<string, unknown>), ...(filter === undefined ? {} : { filter }) };
  } catch {
    return undefined;
  }
}

function expectedQuery(
  { embedding, k, namespace, filters = {}, filter, include = [] }: ReadRequest,
  { keys, textKey, metadataKeys, keyOf }: FuzzedBase,
): Record<string, unknown> {
  const wanted = [...(namespace === undefined ? [] : [["namespace", namespace] as const]), ...Object.entries(filters)];
  const must = wanted.map(([key, value]) => conditionOf(keyOf(key), value));
  const shown = [
    ...keys,
    ...(include.includes("text") ? [textKey] : []),
    ...(include.includes("metadata") ? metadataKeys : []),
  ];
  const isFiltered = must.length > 0 || filter !== undefined;
  return { query: embedding, limit: k, with_payload: shown, ...(isFiltered ? { filter: { must } } : {}) };
}

/** The contract's condition; numbers that Qdrant's `match` doesn't take are a range of one point. */
export function conditionOf(key: string, value: FlatValue): object {
  const isRange = typeof value === "number" && !Number.isSafeInteger(value);
  return isRange ? { key, range: { gte: value, lte: value } } : { key, match: { value } };
}

/** As JSON tells it: without the sign of zero. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value ?? null, (_, each: unknown) => (typeof each === "bigint" ? `${each}n` : each)),
  );
}
