// The body of a retrieve request: the embedding stays bytes, the rest is parsed and checked.
import { faultsOf } from "@retriever/stores/config/config-fault.ts";
import type { Filterable } from "@retriever/stores/config/filterable.ts";
import { embeddingFromBase64, embeddingFromJson } from "@retriever/stores/embedding/embedding.ts";
import { type LocatedEmbedding, locateEmbedding, textOf } from "@retriever/stores/embedding/locate-embedding.ts";
import { RetrieverError } from "@retriever/stores/errors.ts";
import { parseFilter, parseFlatFilters } from "@retriever/stores/filter/parse-filter.ts";
import { readInteger } from "@retriever/stores/filter/read-value.ts";
import type { BackendRequest, Embedding, TraceContext } from "@retriever/stores/ports/backend.ts";
import type { Filter } from "@retriever/stores/ports/filter.ts";
import { parseExact, rawSpelling } from "@retriever/stores/values/exact-json.ts";
import { isIntricate } from "@retriever/stores/values/intricate-json.ts";
import { maxDimension, type RetrieveEnvelope, retrieveEnvelopeSchema } from "#contract/retrieve.ts";

/** Beside the embedding, whatever they are: a filter may have 1,024. */
const mostValues = 5000;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

type Query = Omit<BackendRequest, "embedding" | "trace"> & Pick<RetrieveEnvelope, "include">;

/** A request before it is known what may be included. */
export type ParsedRequest = BackendRequest & Pick<RetrieveEnvelope, "include">;

/**
 * Throws RETR_REQUEST_INVALID with the path of the first fault and what was expected there. `filterable`: the fields that
 * the base declares.
 */
export function parseRequest(
  body: Uint8Array,
  trace: TraceContext | null = null,
  filterable?: Filterable,
): ParsedRequest {
  const located = locateEmbedding(body);
  const envelope = parseEnvelope(body, located, filterable);
  const embedding = readEmbedding(body, located);
  if (embedding.dimension < 1 || embedding.dimension > maxDimension) {
    throw refuse(`embedding: expected 1 to ${maxDimension} numbers, got ${embedding.dimension}`, "embedding");
  }
  return trace === null ? { ...envelope, embedding } : { ...envelope, embedding, trace };
}

function readEmbedding(body: Uint8Array, { start, end, count }: LocatedEmbedding): Embedding {
  if (count !== null) return embeddingFromJson(body.subarray(start, end), count);
  const text = textOf(body, start, end);
  return embeddingFromBase64(text.includes("\\") ? unescapeText(text) : text.slice(1, -1));
}

/** `\/` is a legal way to write a slash, so base64 may come escaped. */
function unescapeText(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    throw refuse("embedding: expected a valid JSON string", "embedding");
  }
}

/**
 * Parses the body with null in the embedding's place; as the value is valid JSON itself, so is the whole body.
 * Not with 0: what follows could continue a number (`[1]e9`), but nothing continues null.
 */
function parseEnvelope(body: Uint8Array, located: LocatedEmbedding, filterable: Filterable | undefined): Query {
  const text = textWithout(body, located);
  const document = parseJson(text);
  if (typeof document !== "object" || document === null || !("embedding" in document) || document.embedding !== null) {
    throw refuse("(root): expected a JSON object with one member named embedding", "(root)");
  }
  const { embedding: _, ...rest } = document;
  refuseProto(rest);
  const result = retrieveEnvelopeSchema.safeParse(rest);
  if (result.success) return readFilters(result.data, text, filterable);
  const [fault] = faultsOf(result.error);
  throw refuse(`${fault?.path ?? "(root)"}: ${fault?.message ?? "invalid"}`, fault?.path ?? "(root)");
}

/** The schema would drop it without a word, and the search find more than was asked for. */
function refuseProto({ filters }: { readonly filters?: unknown }): void {
  if (typeof filters !== "object" || filters === null || !Object.hasOwn(filters, "__proto__")) return;
  throw refuse("filters: expected no field named __proto__", "filters");
}

function textWithout(body: Uint8Array, { start, end }: LocatedEmbedding): string {
  try {
    return `${utf8.decode(body.subarray(0, start))}null${utf8.decode(body.subarray(end))}`;
  } catch {
    throw refuse("(root): expected valid JSON in UTF-8", "(root)");
  }
}

function parseJson(text: string): unknown {
  if (isIntricate(text, mostValues))
    throw refuse(`(root): expected at most ${mostValues} values, and few levels`, "(root)");
  try {
    return JSON.parse(text);
  } catch {
    throw refuse("(root): expected valid JSON in UTF-8", "(root)");
  }
}

/** Filters are read from the text once more, with every digit of their numbers. */
function readFilters(envelope: RetrieveEnvelope, text: string, filterable: Filterable | undefined): Query {
  if (envelope.filters === undefined && envelope.filter === undefined) return envelope as Query;
  const { filters, filter } = parseDigits(text);
  const of: Filter[] = filter === undefined ? [] : [parseFilter(filter, filterable ?? {})];
  const { filters: _, filter: __, ...query } = envelope;
  if (filterable === undefined) {
    const names = Object.keys(envelope.filters ?? {});
    return { ...query, filters: Object.fromEntries(names.map((name) => [name, plainValue(filters?.[name])])) };
  }
  return { ...query, ...withFilter(filters === undefined ? of : [parseFlatFilters(filters, filterable), ...of]) };
}

function withFilter(of: readonly Filter[]): Pick<Query, "filter"> {
  const [first, second] = of;
  if (first === undefined) return {};
  return { filter: second === undefined ? first : { op: "and", of } };
}

type Members = Readonly<Record<string, unknown>>;

function parseDigits(text: string): { readonly filters?: Members; readonly filter?: unknown } {
  try {
    return parseExact(text) as { readonly filters?: Members; readonly filter?: unknown };
  } catch {
    // It is valid JSON; only nesting can be too much.
    throw refuse("(root): expected JSON of fewer levels", "(root)");
  }
}

/** The schema has seen it: text, boolean or number. An integer that a number can't hold is a bigint. */
function plainValue(value: unknown): string | number | bigint | boolean {
  const spelling = rawSpelling(value);
  if (spelling === undefined) return value as string | number | boolean;
  const integer = /^-?\d+$/.test(spelling) ? readInteger(value) : undefined;
  return integer === undefined || Number.isSafeInteger(Number(spelling)) ? Number(spelling) : integer;
}

function refuse(message: string, path: string): RetrieverError {
  return new RetrieverError({ code: "RETR_REQUEST_INVALID", message, path });
}
