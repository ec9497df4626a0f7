// What a filter passes, by a sidecar.
import { Pool } from "undici";

export type Ask = ((filter: string) => Promise<readonly string[]>) & { readonly close: () => Promise<void> };

/** The chunks that pass, in order of their ids; a refusal as one of them. */
export function makeAsk(url: string): Ask {
  const pool = new Pool(url);
  const ask = async (filter: string): Promise<readonly string[]> => {
    const body = `{"embedding":[1],"k":1000,"filter":${filter}}`;
    const response = await pool.request({ method: "POST", path: "/v1/retrieve", body });
    const answer = (await response.body.json()) as { candidates?: { chunkId: string }[]; error?: { message: string } };
    if (answer.candidates === undefined) return [`refused: ${answer.error?.message}`];
    return answer.candidates.map(({ chunkId }) => chunkId).toSorted();
  };
  return Object.assign(ask, { close: () => pool.destroy() });
}
