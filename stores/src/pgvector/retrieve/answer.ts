// Candidates of the rows that a query gave.
import { errorsOf } from "#errors.ts";
import type { Candidate, Content } from "#ports/backend.ts";
import { parseExact } from "#values/exact-json.ts";
import { isIntricate } from "#values/intricate-json.ts";
import { readTime, timeOf } from "#values/time.ts";
import type { MomentKind } from "../client/moment-sql.ts";
import type { Row } from "../client/row-query.ts";

const refuse = errorsOf("RETR_BACKEND_ANSWER_INVALID");

type Reading = {
  readonly momentKind: MomentKind;
  readonly toSimilarity: (distance: number) => number;
  readonly content: Content | undefined;
};

/** Nearest first: an index may order loosely. A row without a finite distance (a zero vector has none) is left out. */
export function readCandidates(rows: readonly Row[], { momentKind, toSimilarity, content }: Reading): Candidate[] {
  const metadata = content === undefined ? "" : rows.map((row) => row[5] ?? "").join(",");
  if (isIntricate(metadata)) throw refuse("expected metadata of fewer values from Postgres, got more");
  const found = rows.flatMap((row) => {
    const [chunkId, entityId, updatedAt, text] = row;
    const distance = Number(text ?? Number.NaN);
    if (!Number.isFinite(distance)) return [];
    const similarity = toSimilarity(distance);
    const moment = readMomentText(updatedAt ?? null, momentKind);
    const facts = { chunkId: chunkId ?? "", entityId: entityId ?? "", similarity, updatedAt: moment };
    return [{ distance, candidate: content === undefined ? facts : { ...facts, ...readContent(row, content) } }];
  });
  return found.toSorted((a, b) => a.distance - b.distance).map(({ candidate }) => candidate);
}

/** Of what `momentText` gives; null for anything that is no moment. */
export function readMomentText(text: string | null, kind: MomentKind): string | null {
  if (text === null) return null;
  if (kind === "time") return timeOf(text);
  if (kind === "text") return readTime(text);
  return readTime(kind === "json" ? parseExact(text) : Number(text));
}

/** Every number of the metadata in its own digits. */
function readContent(row: Row, { text, metadata }: Content): Pick<Candidate, "text" | "metadata"> {
  const members = parseExact(row[5] ?? "{}") as Readonly<Record<string, unknown>>;
  return { ...(text && { text: row[4] ?? null }), ...(metadata.length > 0 && { metadata: members }) };
}
