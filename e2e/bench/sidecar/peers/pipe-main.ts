// A pipe: node:http and undici's Pool, parses nothing. The floor for a proxy hop in Node.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { Pool } from "undici";
import { listen } from "#support/http-server.ts";
import { announce } from "./announce.ts";

const pool = new Pool(process.argv[2] ?? "", { connections: 128, keepAliveTimeout: 4000 });
const path = `/collections/${process.argv[3]}/points/query`;

async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { "content-type": type = "application/json", "content-length": length = "0" } = request.headers;
  const headers = { "content-type": type, "content-length": length };
  const answer = await pool.request({ method: "POST", path, headers, body: request });
  const forwarded = { "content-type": "application/json", "content-length": String(answer.headers["content-length"]) };
  await pipeline(answer.body, response.writeHead(answer.statusCode, forwarded));
}

const server = createServer((request, response) => {
  forward(request, response).catch(() => response.destroy());
});
announce({ url: (await listen(server)).url });
