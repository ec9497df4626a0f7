// Whether a sidecar could read a text as an overlay. What it can't read it leaves alone, and keeps what it serves.
import { maxOverlayChars, overlaySchema } from "@retriever/sidecar/contract/overlay.ts";

/** What a sidecar would say of an overlay's text, by the contract's own schema; undefined where it reads it. */
export function overlayFault(text: string): string | undefined {
  if (text.length > maxOverlayChars) return `it has ${text.length} characters; expected at most ${maxOverlayChars}`;
  const { data, error } = overlaySchema.safeParse(parseJson(text));
  if (data !== undefined) return undefined;
  const [first] = error?.issues ?? [];
  return `${first?.path.join(".") || "the document"}: ${first?.message ?? "it is not an overlay"}`;
}

/** Undefined, which is no overlay, for what isn't JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
