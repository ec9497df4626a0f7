// A search whose answer is too large is asked for in parts: Qdrant can't cut a text, and chunks that hold whole documents
// would fail each request for several of them.
import type { ChunkFields } from "#config/chunk-fields.ts";
import { RetrieverError } from "#errors.ts";
import { type BackendRequest, type Candidate, mostTextChars } from "#ports/backend.ts";
import { readCandidates } from "./answer.ts";

/** Of the best `k`: so many after so many. */
export type Part = { readonly offset: number; readonly limit: number };
export type Read = (toSimilarity: (score: number) => number) => Candidate[];

/** Of all parts of a search, of which each is bounded by itself. */
const mostChars = 32 * 1_048_576;

/**
 * What a search found, to be read once or, by another metric, again. Rejects as `search` does, also where a chunk is too
 * large by itself, or all parts are together.
 */
export async function readSearch(
  search: (part: Part) => Promise<string>,
  fields: ChunkFields,
  { k, content }: Pick<BackendRequest, "k" | "content">,
): Promise<Read> {
  try {
    const body = await search({ offset: 0, limit: k });
    return (toSimilarity) => readCandidates(body, fields, toSimilarity, content);
  } catch (error) {
    if (content === undefined || !isOfSeveral(error, k)) throw error;
    const room = { chars: mostChars, error };
    const found = await readHalves({ offset: 0, limit: k }, room, async (part) => {
      const body = await search(part);
      room.chars -= body.length;
      return readCandidates(body, fields, (score) => score, content).map(withOwnText);
    });
    return (toSimilarity) => found.map((each) => ({ ...each, similarity: toSimilarity(each.similarity) }));
  }
}

type Room = { readonly chars: number; readonly error: unknown };
type Ask = (part: Part) => Promise<Candidate[]>;

async function readHalves({ offset, limit }: Part, room: Room, ask: Ask): Promise<Candidate[]> {
  const middle = Math.ceil(limit / 2);
  const best = await readPart({ offset, limit: middle }, room, ask);
  return [...best, ...(await readPart({ offset: offset + middle, limit: limit - middle }, room, ask))];
}

async function readPart(part: Part, room: Room, ask: Ask): Promise<Candidate[]> {
  if (room.chars < 0) throw room.error;
  try {
    return await ask(part);
  } catch (error) {
    if (!isOfSeveral(error, part.limit)) throw error;
    return readHalves(part, room, ask);
  }
}

function isOfSeveral(error: unknown, points: number): boolean {
  return points > 1 && error instanceof RetrieverError && error.isTooLarge;
}

/** As much of the text as any answer shows, in memory of its own: a part of a string keeps the whole of it. */
function withOwnText(candidate: Candidate): Candidate {
  const { text } = candidate;
  if (typeof text !== "string" || text.length <= mostTextChars) return candidate;
  return { ...candidate, text: Buffer.from(text.slice(0, mostTextChars), "utf16le").toString("utf16le") };
}
