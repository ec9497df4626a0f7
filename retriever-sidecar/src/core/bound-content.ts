// How much of the chunks' content an answer holds: bounded, so that no document can fill the pod or the application.
import type { Candidate } from "@retriever/stores/ports/backend.ts";
import type { AnsweredCandidate } from "#contract/retrieve.ts";

/** UTF-8 bytes of one chunk's text, and of its metadata as JSON. */
export const maxTextBytes = 65_536;
export const maxMetadataBytes = 16_384;
/** Of both, of all chunks of an answer. */
export const maxContentBytes = 4_194_304;

/** Cuts texts and leaves metadata out beyond the limits, the best chunks first served. */
export function boundContent(candidates: readonly Candidate[]): readonly AnsweredCandidate[] {
  let left = maxContentBytes;
  return candidates.map((candidate) => {
    const text = cut(candidate.text ?? "", Math.min(maxTextBytes, left));
    left -= text.bytes;
    const metadataBytes =
      candidate.metadata === undefined ? 0 : encoder.encode(JSON.stringify(candidate.metadata)).length;
    const hasRoom = metadataBytes <= Math.min(maxMetadataBytes, left);
    left -= hasRoom ? metadataBytes : 0;
    if (hasRoom && !text.isCut) return candidate;
    return {
      ...candidate,
      ...(text.isCut && { text: text.text }),
      ...(!hasRoom && { metadata: {} }),
      isCut: true,
    };
  });
}

const encoder = new TextEncoder();
const room = new Uint8Array(maxTextBytes);

/** Never within a character. */
function cut(text: string, most: number) {
  const { read, written } = encoder.encodeInto(text, room.subarray(0, most));
  return { text: text.slice(0, read), bytes: written, isCut: read < text.length };
}
