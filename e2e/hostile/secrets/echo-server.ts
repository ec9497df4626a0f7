// A server that answers in every wrong way and repeats in it whatever it was sent: path, headers and body. It stands for
// a store, a sink, a Prometheus, or a proxy before one of them.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { listen } from "#support/http-server.ts";
import { type Canary, namesIn } from "./canaries.ts";

type Way = (response: ServerResponse, echo: string) => void;

const refusing = [400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503, 504];
const inJson = (echo: string) => ({
  kind: "Status",
  status: { error: echo },
  reason: echo,
  message: echo,
  error: echo,
  details: { causes: [{ reason: "FieldManagerConflict", message: `"${echo}"`, field: echo }] },
});
const json = (response: ServerResponse, status: number, body: unknown, headers = {}) =>
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));

const ways: readonly Way[] = [
  ...refusing.map(
    (status): Way =>
      (response, echo) => {
        const inHeader = encodeURIComponent(echo).slice(0, 4000);
        json(response, status, inJson(echo), { "retry-after": inHeader, "www-authenticate": inHeader });
      },
  ),
  (response, echo) => response.writeHead(502).end(`<html>${echo}`),
  (response, echo) => response.writeHead(302, { location: `/${encodeURIComponent(echo).slice(0, 4000)}` }).end(),
  (response, echo) => response.end(`{"result":"${echo}`),
  (response, echo) => json(response, 200, { result: { [echo]: echo }, data: echo, [echo]: echo }),
  (response, echo) =>
    json(response, 200, { result: { points: [{ id: 7, score: 1, payload: { text: echo, entity: echo } }] } }),
  (response, echo) => json(response, 200, { result: { points: [{ id: echo, score: echo, payload: echo }] } }),
  (response, echo) => json(response, 200, { status: "success", data: { groups: [{ name: echo, rules: [echo] }] } }),
  (response, echo) => json(response, 200, { status: "error", errorType: echo, error: echo, warnings: [echo] }),
  (response, echo) =>
    json(response, 400, `Index required but not found for "${echo}" of one of the following types: [${echo}]`),
  (response, echo) => response.socket?.end(`HTTP/1.1 500 ${echo.slice(0, 4000)}\r\n\r\n`),
  (response, echo) => response.socket?.end(echo),
  (response) => response.socket?.destroy(),
];

/** How many wrong ways there are. */
export const echoWays = ways.length;

export type EchoServer = {
  readonly url: string;
  readonly port: number;
  /** Names of the secrets that it was sent. */
  readonly met: () => readonly string[];
  /** From now on it answers so. `spared`: paths that are answered well, with this. */
  readonly answer: (way: number, spared?: { readonly method: string; readonly body: unknown }) => void;
  readonly close: () => Promise<void>;
};

export async function startEchoServer(canaries: readonly Canary[]): Promise<EchoServer> {
  const met = new Set<string>();
  let way = ways[0] as Way;
  let spared: { readonly method: string; readonly body: unknown } | undefined;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.on("error", () => undefined);
    const body = await text(request);
    const all = `${JSON.stringify(request.headers)} ${request.url} ${body}`;
    for (const name of namesIn(all, canaries)) met.add(name);
    // A key that signs is never sent.
    if ("x-retriever-signature" in request.headers) met.add("key of a sink");
    if (spared !== undefined && spared.method === request.method) return void json(response, 200, spared.body);
    const { authorization = "", "api-key": key = "" } = request.headers;
    // What is looked for first: much of it will be cut.
    way(response, `${authorization} ${key as string} ${request.url} ${body}`.replaceAll(/[\r\n]/g, " "));
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  const { url, port, close } = await listen(server);
  return {
    url,
    port,
    met: () => [...met],
    answer: (index, good) => {
      way = ways[index % ways.length] as Way;
      spared = good;
    },
    close,
  };
}
