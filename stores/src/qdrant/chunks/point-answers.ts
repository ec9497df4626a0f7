// Reads whole points as Qdrant prints them, every number in its own spelling.

import type { ChunkFields } from "#config/chunk-fields.ts";
import { numberOf, parseExact, rawJson } from "#values/exact-json.ts";
import { valueAt } from "#values/member-path.ts";
import { invalidAnswer, parseAnswer, textOf } from "../client/answers.ts";
import { JsonWalk } from "./json-walk.ts";

export type StoredPoint = {
  /** As it stands in JSON: a string, a number or a raw number. */
  readonly id: unknown;
  readonly chunkId: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** By name; the unnamed one under "". */
  readonly vectors: Readonly<Record<string, unknown>>;
};
type PointPage = { readonly points: readonly StoredPoint[]; readonly next: unknown };

/** Points of a scroll, or of a retrieval by id; without a chunk id of its own a point goes by the id it has. Throws RETR_BACKEND_ANSWER_INVALID. */
export function readPoints(body: string, { id }: Pick<ChunkFields, "id">): PointPage {
  const walk = new JsonWalk(body);
  const points: StoredPoint[] = [];
  let next: unknown = null;
  let hasPoints = false;
  const readAll = (): void => {
    hasPoints = true;
    walk.elements(() => points.push(readPoint(walk, id)));
  };
  walk.members((name) => {
    if (name !== "result") return walk.skip();
    if (walk.isList()) return readAll();
    if (!walk.isObject()) return walk.skip();
    walk.members((inner) => {
      if (inner === "points") readAll();
      else if (inner === "next_page_offset") next = exactly(walk);
      else walk.skip();
    });
  });
  if (!hasPoints) throw invalidAnswer("points");
  return { points, next };
}

function readPoint(walk: JsonWalk, path: ChunkFields["id"]): StoredPoint {
  let [id, payload, vector]: unknown[] = [];
  walk.members((name) => {
    if (name === "id") id = exactly(walk);
    else if (name === "payload") payload = exactly(walk);
    // Its numbers print alike again, but for the sign of a zero.
    else if (name === "vector") vector = signed(walk.readValue());
    else walk.skip();
  });
  if (id === undefined) throw invalidAnswer("a point's id");
  return {
    id,
    chunkId: (path === null ? null : textOf(valueAt(payload, path))) ?? textOf(id) ?? "",
    payload: isRecord(payload) ? payload : {},
    vectors: Array.isArray(vector) ? { "": vector } : isRecord(vector) ? vector : {},
  };
}

/** The value that comes, its numbers in their own spelling. */
function exactly(walk: JsonWalk): unknown {
  walk.peek();
  const from = walk.at;
  walk.skip();
  return parseAnswer(walk.text.slice(from, walk.at), parseExact);
}

function signed(value: unknown): unknown {
  if (Object.is(value, -0)) return rawJson("-0.0");
  if (Array.isArray(value)) return value.map(signed);
  return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, signed(each)])) : value;
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
