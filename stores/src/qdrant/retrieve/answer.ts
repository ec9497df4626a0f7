// Candidates of Qdrant's answer to a query.
import type { Candidate } from "#ports/backend.ts";
import { numberOf, parseExact } from "#values/exact-json.ts";
import { readTime } from "#values/time.ts";
import { invalidAnswer, member, parseAnswer, textOf } from "../client/answers.ts";

/** Best first. A point without a score is left out. Throws RETR_BACKEND_ANSWER_INVALID. */
export function readCandidates(body: string, similarity: (score: number) => number): Candidate[] {
  const points = member(member(parseAnswer(body, parseExact), "result"), "points");
  if (!Array.isArray(points)) throw invalidAnswer("points");
  return points.flatMap((point: unknown) => readCandidate(point, similarity));
}

function readCandidate(point: unknown, similarity: (score: number) => number): Candidate[] {
  const score = numberOf(member(point, "score"));
  if (!Number.isFinite(score)) return [];
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
