// The body of a retrieve request: the embedding stays bytes, the rest is parsed and checked.
import { faultsOf } from "@retriever/stores/config/config-fault.ts";
import { embeddingFromBase64, embeddingFromJson } from "@retriever/stores/embedding/embedding.ts";
import { type LocatedEmbedding, locateEmbedding, textOf } from "@retriever/stores/embedding/locate-embedding.ts";
import { RetrieverError } from "@retriever/stores/errors.ts";
import type { BackendRequest, Embedding, TraceContext } from "@retriever/stores/ports/backend.ts";
import { maxDimension, type RetrieveEnvelope, retrieveEnvelopeSchema } from "#contract/retrieve.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Throws RETR_REQUEST_INVALID with the path of the first fault and what was expected there. */
export function parseRequest(body: Uint8Array, trace: TraceContext | null = null): BackendRequest {
  const located = locateEmbedding(body);
  const envelope = parseEnvelope(body, located);
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
function parseEnvelope(body: Uint8Array, { start, end }: LocatedEmbedding): RetrieveEnvelope {
  const document = parseJson(body, start, end);
  if (typeof document !== "object" || document === null || !("embedding" in document) || document.embedding !== null) {
    throw refuse("(root): expected a JSON object with one member named embedding", "(root)");
  }
  const { embedding: _, ...rest } = document;
  const result = retrieveEnvelopeSchema.safeParse(rest);
  if (result.success) return result.data;
  const [fault] = faultsOf(result.error);
  throw refuse(`${fault?.path ?? "(root)"}: ${fault?.message ?? "invalid"}`, fault?.path ?? "(root)");
}

function parseJson(body: Uint8Array, start: number, end: number): unknown {
  try {
    return JSON.parse(`${utf8.decode(body.subarray(0, start))}null${utf8.decode(body.subarray(end))}`);
  } catch {
    throw refuse("(root): expected valid JSON in UTF-8", "(root)");
  }
}

function refuse(message: string, path: string): RetrieverError {
  return new RetrieverError({ code: "RETR_REQUEST_INVALID", message, path });
}
