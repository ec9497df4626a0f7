// Chunk ids as text.
import type { IdKind } from "#ports/chunk-store.ts";

type IdColumns = { readonly idBytes: Uint8Array; readonly idEnds: Uint32Array };

/** A mark at the beginning (U+FEFF) is part of the id. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Text of the id at `row` of a batch. */
export function idTextAt({ idBytes, idEnds }: IdColumns, row: number): string {
  const start = row === 0 ? 0 : (idEnds[row - 1] as number);
  return decoder.decode(idBytes.subarray(start, idEnds[row]));
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether an id is a UUID as stores print it, in lower case. */
export function isUuid(id: string): boolean {
  return uuid.test(id);
}

/** The kind that all of a few ids have, for a store that doesn't declare one. Null without any id. */
export function idKindOf(ids: readonly string[]): IdKind | null {
  if (ids.length === 0) return null;
  if (ids.every((id) => /^-?\d{1,20}$/.test(id))) return "integer";
  return ids.every((id) => isUuid(id.toLowerCase())) ? "uuid" : "text";
}
