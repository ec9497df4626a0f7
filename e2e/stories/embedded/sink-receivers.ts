// Who takes messages outside: one server with a place for each sink, which keeps what came and answers as it is told.
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { listen } from "#support/http-server.ts";

export type Received = { readonly sink: string; readonly headers: IncomingHttpHeaders; readonly body: string };

export type SinkReceivers = {
  readonly urlOf: (sink: string) => string;
  readonly received: (sink: string) => readonly Received[];
  /** From now on every message to this sink is answered so; `silence`: not at all. Default: 204. */
  readonly answer: (sink: string, how: number | "silence") => void;
  readonly close: () => Promise<void>;
};

/** Listens on any free port. */
export async function openSinkReceivers(): Promise<SinkReceivers> {
  const all: Received[] = [];
  const answers = new Map<string, number | "silence">();
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const sink = (request.url ?? "").slice(1);
    all.push({ sink, headers: request.headers, body: await text(request) });
    const how = answers.get(sink) ?? 204;
    if (how !== "silence") response.writeHead(how).end();
  };
  const server = createServer((request, response) => {
    take(request, response).catch(() => response.destroy());
  });
  const { url, close } = await listen(server);
  return {
    urlOf: (sink) => `${url}/${sink}`,
    received: (sink) => all.filter((one) => one.sink === sink),
    answer: (sink, how) => void answers.set(sink, how),
    close,
  };
}
