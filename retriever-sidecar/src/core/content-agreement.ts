// Whether the chunks that both stores answered say the same: the ranks agree as well where the destination holds no text.
// Nothing of the content leaves this file but counts.
import { canonicalText } from "@retriever/stores/chunks/canonical-value.ts";
import type { Candidate, Content } from "@retriever/stores/ports/backend.ts";

export type ContentAgreement = {
  /** Chunks that were compared; at least 1. */
  readonly chunks: number;
  /** Those of them that lack something at the destination which the source has. */
  readonly missing: number;
  /** Those that have all of it, and something of it is another. */
  readonly different: number;
};

/** UTF-16 code units of a text that are compared: stores may cut what is longer. */
const comparedUnits = 65_536;
/** Bounds of one comparison, which runs on the loop that answers requests. */
const mostChunks = 64;
const mostUnits = 4_194_304;
/** Moments that are nearer are the same: some stores keep whole seconds. */
const sameMomentMs = 1000;

/** Compares what was included, the best chunks first; null where no chunk could be compared. */
export function compareContent(
  source: readonly Candidate[],
  destination: readonly Candidate[],
  content: Content,
): ContentAgreement | null {
  const others = new Map(destination.map((candidate) => [candidate.chunkId, candidate]));
  const counts = { chunks: 0, missing: 0, different: 0 };
  const room = { units: mostUnits };
  for (const own of source) {
    const other = others.get(own.chunkId);
    if (other === undefined) continue;
    if (counts.chunks >= mostChunks || room.units <= 0) break;
    const verdict = compareChunk(own, other, content, room);
    if (verdict === "newer") continue;
    counts.chunks += 1;
    if (verdict !== "same") counts[verdict] += 1;
  }
  return counts.chunks === 0 ? null : counts;
}

/** `newer`: it was written again at one of the stores, so another content says nothing. */
type ChunkVerdict = "same" | "missing" | "different" | "newer";

function compareChunk(
  source: Candidate,
  destination: Candidate,
  { text, metadata }: Content,
  room: { units: number },
): ChunkVerdict {
  const texts = text ? [[headOf(source.text), headOf(destination.text)] as const] : [];
  const members = metadata.map(
    (name) => [canonicalOf(source.metadata?.[name]), canonicalOf(destination.metadata?.[name])] as const,
  );
  const parts = [...texts, ...members];
  for (const [own, other] of parts) room.units -= own.length + other.length;
  if (parts.some(([own, other]) => own !== "" && other === "")) return "missing";
  if (parts.every(([own, other]) => own === other)) return "same";
  return isSameMoment(source.updatedAt, destination.updatedAt) ? "different" : "newer";
}

function headOf(text: string | null | undefined): string {
  return (text ?? "").slice(0, comparedUnits);
}

/** One text for one value; empty for what isn't there. */
function canonicalOf(value: unknown): string {
  return value === null || value === undefined || value === "" ? "" : canonicalText(value);
}

/** Where a store doesn't know, nothing speaks for another version of the chunk. */
function isSameMoment(a: string | null, b: string | null): boolean {
  const difference = a === null || b === null ? Number.NaN : Math.abs(Date.parse(a) - Date.parse(b));
  return !(difference >= sameMomentMs);
}
