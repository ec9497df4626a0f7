// Reads Qdrant's answers: trusted to be nothing until checked.

import { RetrieverError } from "#errors.ts";
import type { Candidate } from "#ports/backend.ts";
import { readTime } from "#values/iso-time.ts";

export type Distance = "Cosine" | "Dot" | "Euclid" | "Manhattan";
export type CollectionInfo = {
  readonly distance: Distance | null;
  readonly dimension: number | null;
  readonly points: number | null;
  readonly indexedVectors: number | null;
  /** Whether points can be ordered by `updated_at` cheaply. */
  readonly hasTimeIndex: boolean;
  /** Whether points can be found by `chunk_id` cheaply. */
  readonly hasIdIndex: boolean;
  /** How numbers of vectors are kept, in Qdrant's word; null: as it does unless told otherwise. */
  readonly datatype: string | null;
};

/** Candidates of a query, best first. A point without a score is left out. Throws RETR_BACKEND_ANSWER_INVALID. */
export function readCandidates(body: string, similarity: (score: number) => number): Candidate[] {
  const points = member(member(parseAnswer(body), "result"), "points");
  if (!Array.isArray(points)) throw invalid("points");
  return points.flatMap((point: unknown) => readCandidate(point, similarity));
}

function readCandidate(point: unknown, similarity: (score: number) => number): Candidate[] {
  const score = member(point, "score");
  if (typeof score !== "number" || !Number.isFinite(score)) return [];
  const payload = member(point, "payload");
  return [
    {
      chunkId: textOf(member(payload, "chunk_id")) ?? textOf(member(point, "id")) ?? "",
      entityId: textOf(member(payload, "entity_id")) ?? "",
      similarity: similarity(score),
      updatedAt: readTime(member(payload, "updated_at")),
    },
  ];
}

/** Facts of `GET /collections/C`; of the named vector where a name is configured. */
export function readCollection(body: string, vectorName: string | undefined): CollectionInfo {
  const result = member(parseAnswer(body), "result");
  const vectors = member(member(member(result, "config"), "params"), "vectors");
  const vector = vectorName === undefined ? vectors : member(vectors, vectorName);
  const distance = member(vector, "distance");
  const indexOf = (key: string) => member(member(member(result, "payload_schema"), key), "data_type");
  const datatype = member(vector, "datatype");
  return {
    distance: isDistance(distance) ? distance : null,
    dimension: numberOf(member(vector, "size")),
    points: numberOf(member(result, "points_count")),
    indexedVectors: numberOf(member(result, "indexed_vectors_count")),
    hasTimeIndex: indexOf("updated_at") === "datetime",
    hasIdIndex: idIndexes.includes(indexOf("chunk_id")),
    datatype: typeof datatype === "string" ? datatype : null,
  };
}

const idIndexes: readonly unknown[] = ["keyword", "uuid", "integer"];

/** `updated_at` of the first point of a scroll. */
export function readNewest(body: string): string | null {
  const points = member(member(parseAnswer(body), "result"), "points");
  const [first] = Array.isArray(points) ? (points as unknown[]) : [];
  return readTime(member(member(first, "payload"), "updated_at"));
}

function isDistance(value: unknown): value is Distance {
  return value === "Cosine" || value === "Dot" || value === "Euclid" || value === "Manhattan";
}

function parseAnswer(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw invalid("JSON");
  }
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" ? String(value) : undefined;
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function invalid(expected: string): RetrieverError {
  const message = `expected ${expected} from Qdrant, got something else`;
  return new RetrieverError({ code: "RETR_BACKEND_ANSWER_INVALID", message });
}
