// A Qdrant that answers whatever costs its client most: bodies without end, spaces, values by the thousand, nothing at all.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const mib = 1_048_576;
const known = JSON.stringify({ result: { config: { params: { vectors: { size: 3, distance: "Cosine" } } } } });

const answers: readonly ((response: ServerResponse) => void)[] = [
  (response) => flood(response, "x".repeat(65_536)),
  (response) => flood(response, `{"result":{"points":[${'{"id":1},'.repeat(5000)}`),
  (response) => response.end(`{"result":{"points":[]}${" ".repeat(4 * mib - 100)}}`),
  (response) => response.end("[".repeat(4 * mib)),
  (response) => response.end(`{"result":{"points":[${'{"id":1,"score":1.50},'.repeat(6000)}{}]}}`),
  () => undefined,
  (response) => response.socket?.destroy(),
  (response) => response.socket?.end("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n"),
];

/** The same bytes again and again, as fast as they are taken. */
function flood(response: ServerResponse, bytes: string): void {
  const more = (): void => {
    while (!response.destroyed && response.write(bytes));
  };
  response.on("drain", more);
  more();
}

export type HostileStore = { readonly url: string; readonly asked: () => number; readonly close: () => void };

/** Answers each second search in one of its ways, one after the other. */
export async function startHostileStore(): Promise<HostileStore> {
  let asked = 0;
  const server = createServer((request, response) => {
    response.on("error", () => undefined);
    if (request.method === "GET") return void response.end(known);
    request.resume();
    // A good one in between: a store that fails every time is left alone for a while.
    if (asked % 2 === 0) response.end(JSON.stringify({ result: { points: [] } }));
    else answers[Math.floor(asked / 2) % answers.length]?.(response);
    asked += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
