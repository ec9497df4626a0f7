// An independent opinion on a request's body: the slow and plain way, by JSON.parse and the public schema.
// The sidecar must accept exactly what this accepts, and ask the store exactly for what this reads.
import { isDeepStrictEqual } from "node:util";
import {
  maxBodyBytes,
  maxDimension,
  type RetrieveEnvelope,
  retrieveEnvelopeSchema,
} from "@retriever/sidecar/contract/retrieve.ts";

type ReadRequest = RetrieveEnvelope & { readonly embedding: readonly number[] };

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Payload keys of the retrieval service's contract. */
const payloadKeys = ["chunk_id", "entity_id", "updated_at"];

/** The request that a body is; undefined: it is none. `dimension`: the collection's. */
export function readReference(body: Uint8Array, dimension: number): ReadRequest | undefined {
  if (body.length > maxBodyBytes) return undefined;
  const document = parseDocument(body);
  if (document === undefined) return undefined;
  const { embedding: given, ...rest } = document;
  const embedding = readEmbedding(given);
  const envelope = retrieveEnvelopeSchema.safeParse(rest);
  if (embedding === undefined || !envelope.success || embedding.length !== dimension) return undefined;
  return { ...envelope.data, embedding };
}

function parseDocument(body: Uint8Array): Record<string, unknown> | undefined {
  try {
    const text = utf8.decode(body);
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    const embeddings = topLevelKeys(text).filter((key) => key === "embedding");
    return embeddings.length === 1 ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
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
export function faultOfQuery(body: string, request: ReadRequest): string | undefined {
  const document = parseQuery(body);
  if (document === undefined) return "the store got something that isn't one JSON object";
  const expected = expectedQuery(request);
  const keys = topLevelKeys(body).toSorted();
  if (!isDeepStrictEqual(keys, Object.keys(expected).toSorted())) return `the store got the members ${keys.join(", ")}`;
  const differing = Object.keys(expected).find((key) => !isDeepStrictEqual(plain(document[key]), plain(expected[key])));
  return differing === undefined ? undefined : `the store got another ${differing} than was asked for`;
}

function parseQuery(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function expectedQuery({ embedding, k, namespace, filters = {} }: ReadRequest): Record<string, unknown> {
  const wanted = [...(namespace === undefined ? [] : [["namespace", namespace] as const]), ...Object.entries(filters)];
  const must = wanted.map(([key, value]) => conditionOf(key, value));
  return { query: embedding, limit: k, with_payload: payloadKeys, ...(must.length === 0 ? {} : { filter: { must } }) };
}

/** The contract's condition; numbers that Qdrant's `match` doesn't take are a range of one point. */
export function conditionOf(key: string, value: string | number | boolean): object {
  const isRange = typeof value === "number" && !Number.isSafeInteger(value);
  return isRange ? { key, range: { gte: value, lte: value } } : { key, match: { value } };
}

/** As JSON tells it: without the sign of zero. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}
