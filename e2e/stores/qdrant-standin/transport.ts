// The HTTP side of the stand-in: connections, bodies, compression.
// Its habits are those of the original, the inconvenient ones included: they find pools that can't cope.
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { readBytes } from "#support/http-server.ts";
import { ApiFault } from "./data/fault.ts";
import type { Reply } from "./exchange.ts";

const bodyLimit = 33_554_432;
const cors = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

/** A server that closes idle connections after `idleMs` without announcing it, and answers garbage with a bare 400. */
export function makeServer(idleMs: number, listener: RequestListener): Server {
  const options = {
    keepAliveTimeout: idleMs,
    keepAliveTimeoutBuffer: 0,
    headersTimeout: idleMs,
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(500, Math.ceil(idleMs / 2)),
  };
  const server = createServer(options, listener);
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    const status = error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? "408 Request Timeout" : "400 Bad Request";
    if (socket.writable)
      socket.end(
        `HTTP/1.1 ${status}\r\ncontent-length: 0\r\nconnection: close\r\ndate: ${new Date().toUTCString()}\r\n\r\n`,
      );
  });
  return server;
}

/** Whether the request brings a body, by its head. */
export function bringsBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** Reads the whole body. Throws ApiFault beyond the limit: by the announced length before a byte is read. */
export async function readText(request: IncomingMessage): Promise<string> {
  const announced = Number(request.headers["content-length"] ?? 0);
  const refusal = (text: string) => new ApiFault(400, `JSON payload ${text}`, true);
  if (announced > bodyLimit) {
    throw refusal(`(${announced} bytes) is larger than allowed (limit: ${bodyLimit} bytes).`);
  }
  const bytes = await readBytes(request, bodyLimit, () => refusal(`has exceeded limit (${bodyLimit} bytes).`));
  return bytes.toString("utf8");
}

/** Sends a reply, compressed when the client takes gzip. No header tells how long a connection is kept. */
export function send(request: IncomingMessage, response: ServerResponse, { status, contentType, body }: Reply): void {
  const isCompressed = body !== "" && /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
  if (contentType !== undefined) response.setHeader("content-type", contentType);
  response.setHeader("vary", isCompressed ? `accept-encoding, ${cors}` : cors);
  if (request.headers.connection?.toLowerCase() === "close") response.setHeader("connection", "close");
  else response.removeHeader("connection");
  if (!isCompressed) {
    const bytes = Buffer.from(body);
    response.writeHead(status, { "content-length": bytes.length }).end(bytes);
    return;
  }
  response.writeHead(status, { "content-encoding": "gzip" });
  response.write(gzipSync(body, { level: 3 }));
  response.end();
}
