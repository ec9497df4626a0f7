// Candidates of Qdrant's answer to a query.
import { type ChunkFields, type FieldPath, metadataPath } from "#config/chunk-fields.ts";
import type { Candidate, Content } from "#ports/backend.ts";
import { numberOf, parseSurveyed } from "#values/exact-json.ts";
import { surveyJson } from "#values/intricate-json.ts";
import { valueAt } from "#values/member-path.ts";
import { readTime } from "#values/time.ts";
import { invalidAnswer, member, parseAnswer, textOf } from "../client/answers.ts";

type Reading = {
  readonly fields: ChunkFields;
  readonly similarity: (score: number) => number;
  readonly content: Content | undefined;
};

/** Best first. A point without a score is left out. Throws RETR_BACKEND_ANSWER_INVALID. */
export function readCandidates(
  body: string,
  fields: ChunkFields,
  similarity: (score: number) => number,
  content?: Content,
): Candidate[] {
  const survey = surveyJson(body);
  if (survey.isIntricate) throw invalidAnswer("an answer of fewer values");
  const answer = parseAnswer(body, (text) => parseSurveyed(text, survey));
  const points = member(member(answer, "result"), "points");
  if (!Array.isArray(points)) throw invalidAnswer("points");
  return points.flatMap((point: unknown) => readCandidate(point, { fields, similarity, content }));
}

function readCandidate(point: unknown, { fields, similarity, content }: Reading): Candidate[] {
  const score = numberOf(member(point, "score"));
  if (!Number.isFinite(score)) return [];
  const payload = member(point, "payload");
  const at = (path: FieldPath | null): unknown => (path === null ? undefined : valueAt(payload, path));
  return [
    {
      chunkId: textOf(at(fields.id)) ?? textOf(member(point, "id")) ?? "",
      entityId: textOf(at(fields.entity)) ?? "",
      similarity: similarity(score),
      updatedAt: readTime(at(fields.updatedAt)),
      ...(content === undefined ? {} : readContent(payload, fields, content)),
    },
  ];
}

function readContent(payload: unknown, fields: ChunkFields, { text, metadata }: Content) {
  const members = metadata.map((name) => [name, valueAt(payload, metadataPath(fields, name)) ?? null] as const);
  return {
    ...(text && { text: fields.text === null ? null : textOf(textWithin(payload, fields.text, fields.textMember)) }),
    ...(metadata.length > 0 && { metadata: Object.fromEntries(members) }),
  };
}

/** A text that is JSON itself is read on, as LlamaIndex keeps a whole node in `_node_content`. */
function textWithin(payload: unknown, path: FieldPath, member: readonly string[]): unknown {
  const outer = valueAt(payload, path);
  if (member.length === 0 || typeof outer !== "string") return outer;
  try {
    return valueAt(JSON.parse(outer), member);
  } catch {
    return null;
  }
}
