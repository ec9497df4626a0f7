// A Qdrant whose chunks are as large as an answer may hold: 4 MiB of text, twice as much as JSON.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const known = JSON.stringify({ result: { config: { params: { vectors: { size: 3, distance: "Cosine" } } } } });
/** Of one answer. */
export const largeChunks = 64;
/** Ends of lines take two characters in JSON. */
const text = "a line of text\n\n\n\n\n\n\n\n\n\n\n\n\n\n".repeat(2300);
const points = Array.from({ length: largeChunks }, (_, index) => ({ id: index, score: 0.9, payload: { text } }));
const answer = Buffer.from(JSON.stringify({ result: { points } }));

export type LargeStore = { readonly url: string; readonly close: () => void };

export async function startLargeStore(): Promise<LargeStore> {
  const server = createServer((request, response) => {
    response.on("error", () => undefined);
    request.resume();
    response.setHeader("content-type", "application/json");
    response.end(request.method === "GET" ? known : answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
