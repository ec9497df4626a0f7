// Ids as text, out of the columns of a batch.

type Ids = { readonly idBytes: Uint8Array; readonly idEnds: Uint32Array };

const decoder = new TextDecoder();

/** Text of the id at `row`. */
export function idTextAt({ idBytes, idEnds }: Ids, row: number): string {
  const start = row === 0 ? 0 : (idEnds[row - 1] as number);
  return decoder.decode(idBytes.subarray(start, idEnds[row]));
}
