// Requests as a backend gets them: the embedding as the bytes that the application sent.
import { embeddingFromBase64, embeddingFromJson } from "#embedding/embedding.ts";
import { locateEmbedding, textOf } from "#embedding/locate-embedding.ts";
import type { BackendRequest } from "#ports/backend.ts";

/** From the JSON of a retrieve request, which is taken as valid. */
export function requestOf(body: object): BackendRequest {
  return requestOfText(JSON.stringify(body));
}

/** The same, for tests about the bytes themselves. */
export function requestOfText(text: string): BackendRequest {
  const bytes = Buffer.from(text);
  const { start, end, count } = locateEmbedding(bytes);
  const { embedding: _, ...query } = JSON.parse(text) as Omit<BackendRequest, "embedding"> & {
    readonly embedding: unknown;
  };
  const isText = count === null;
  const embedding = isText
    ? embeddingFromBase64(textOf(bytes, start, end).slice(1, -1))
    : embeddingFromJson(bytes.subarray(start, end), count);
  return { ...query, embedding };
}
