// Reads whole points as Qdrant prints them, every number in its own spelling.

import { numberOf, parseExact } from "#values/exact-json.ts";
import { exactTime } from "#values/time.ts";
import { invalidAnswer, member, parseAnswer, textOf } from "../client/answers.ts";

export type StoredPoint = {
  /** As it stands in JSON: a string, a number or a raw number. */
  readonly id: unknown;
  readonly chunkId: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** By name; the unnamed one under "". Every number in its own spelling. */
  readonly vectors: Readonly<Record<string, unknown>>;
};
type PointPage = { readonly points: readonly StoredPoint[]; readonly next: unknown };

/** Points of a scroll, or of a retrieval by id. Throws RETR_BACKEND_ANSWER_INVALID. */
export function readPoints(body: string): PointPage {
  const result = member(parseAnswer(body, parseExact), "result");
  const list = Array.isArray(result) ? result : member(result, "points");
  if (!Array.isArray(list)) throw invalidAnswer("points");
  return { points: list.map(readPoint), next: member(result, "next_page_offset") ?? null };
}

function readPoint(point: unknown): StoredPoint {
  const id = member(point, "id");
  const payload = member(point, "payload");
  const vector = member(point, "vector");
  if (id === undefined) throw invalidAnswer("a point's id");
  return {
    id,
    chunkId: textOf(member(payload, "chunk_id")) ?? textOf(id) ?? "",
    payload: isRecord(payload) ? payload : {},
    vectors: Array.isArray(vector) ? { "": vector } : isRecord(vector) ? vector : {},
  };
}

/** `updated_at` of a payload, with all its digits. */
export function updatedAtOf({ payload }: StoredPoint): string | null {
  const value = payload["updated_at"];
  return typeof value === "string" ? exactTime(value) : null;
}

/** A vector's numbers; null where there is none, or one of another kind. */
export function floatsOf(vector: unknown): Float32Array | null {
  if (!Array.isArray(vector) || vector.length === 0) return null;
  const floats = Float32Array.from(vector, numberOf);
  return floats.every((value) => Number.isFinite(value)) ? floats : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
