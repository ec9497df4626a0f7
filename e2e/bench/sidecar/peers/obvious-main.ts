// The obvious build: node:http, JSON.parse, the official client, JSON.stringify. What a team writes in an afternoon.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listen } from "#support/http-server.ts";
import { announce } from "./announce.ts";
import { type RetrieveBody, searchWithClient } from "./client-search.ts";

const search = searchWithClient(process.argv[2] ?? "", process.argv[3] ?? "");

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = JSON.parse(Buffer.concat(chunks).toString()) as RetrieveBody;
  const text = JSON.stringify(await search(body));
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.writeHead(503, { "content-length": 0 }).end());
});
announce({ url: (await listen(server)).url });
