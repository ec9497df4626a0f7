// Queries for the quality probe: from a file, or the vectors of sampled chunks.
import { parseRequest } from "@retriever/sidecar/retrieve/parse-request.ts";
import type { Filterable } from "@retriever/stores/config/filterable.ts";
import { embeddingFromJson } from "@retriever/stores/embedding/embedding.ts";
import { errorsOf, faultOf } from "@retriever/stores/errors.ts";
import { type ChunkWriter, mostLookedUp, type WholeChunk } from "@retriever/stores/ports/chunk-store.ts";
import { deadline } from "#compare/retry.ts";
import { readFileText } from "#config/read-file.ts";
import type { QualityQuery } from "./probe-quality.ts";

const refuse = errorsOf("RETR_REQUEST_INVALID");

const maxBytes = 256 * 1_048_576;
const fetchDeadlineMs = 30_000;

/**
 * The first `most` lines of a file, each a body of `POST /v1/retrieve` (`k` may be left out). Throws RETR_REQUEST_INVALID
 * with the line of the first fault. `filterable`: the fields that the base declares.
 */
export function readQueries(file: string, most: number, filterable?: Filterable): QualityQuery[] {
  const lines = readFileText(file, maxBytes, refuse)
    .split("\n")
    .map((text, index) => ({ text, line: index + 1 }))
    .filter(({ text }) => text.trim() !== "");
  if (lines.length === 0) throw refuse(`${file}: expected one request a line, got none`);
  return lines.slice(0, most).map(({ text, line }) => readQuery(text, `${file}:${line}`, filterable));
}

function readQuery(text: string, place: string, filterable: Filterable | undefined): QualityQuery {
  try {
    const { k: _, ...request } = parseRequest(Buffer.from(withK(text)), null, filterable);
    return { request, chunkId: null };
  } catch (error) {
    throw refuse(`${place}: ${faultOf(error).message}`, error);
  }
}

/** A request needs its `k`, which the probe decides itself. */
function withK(text: string): string {
  const body = text.trim();
  return /"k"\s*:/.test(body) || !body.startsWith("{") ? body : `{"k":1,${body.slice(1)}`;
}

/** Queries of the chunks with these ids, as far as the store holds their vectors. */
export async function queriesOfChunks(
  writer: ChunkWriter,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<QualityQuery[]> {
  const queries: QualityQuery[] = [];
  for (let start = 0; start < ids.length; start += mostLookedUp) {
    const chunks = await writer.fetch(ids.slice(start, start + mostLookedUp), deadline(signal, fetchDeadlineMs));
    queries.push(...chunks.flatMap(asQuery));
  }
  return queries;
}

/** A zero vector has no direction, hence no neighbours. */
function asQuery({ id, vector }: WholeChunk): QualityQuery[] {
  if (vector === null || vector.every((value) => value === 0)) return [];
  const embedding = embeddingFromJson(Buffer.from(JSON.stringify([...vector])), vector.length);
  return [{ request: { embedding }, chunkId: id }];
}
