// The HTTP side of the stand-in: connections, bodies, compression, cross-origin headers.
// Its habits are those of the original, the inconvenient ones included: they find pools that can't cope.
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from "node:zlib";
import type { Reply } from "./exchange.ts";
import { ApiFault } from "./fault.ts";

export type Tls = { readonly cert: string; readonly key: string };
export type ServerSettings = { readonly tls: Tls | undefined; readonly idleMs: number };

export const bodyLimit = 33_554_432;
const cors = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
const methods = "PUT, HEAD, TRACE, DELETE, OPTIONS, GET, CONNECT, POST, PATCH";

/** A server that closes idle connections after `idleMs` without announcing it, and answers garbage with a bare 400. */
export function makeServer({ tls, idleMs }: ServerSettings, listener: RequestListener): Server {
  const options = {
    keepAliveTimeout: idleMs,
    keepAliveTimeoutBuffer: 0,
    headersTimeout: idleMs,
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(500, Math.ceil(idleMs / 2)),
  };
  const server =
    tls === undefined ? createServer(options, listener) : createTlsServer({ ...options, ...tls }, listener);
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

/** Reads the whole body, decompressed. Throws ApiFault beyond the limit: by the announced length before a byte is read. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const announced = Number(request.headers["content-length"] ?? 0);
  if (announced > bodyLimit) {
    throw new ApiFault(
      400,
      `JSON payload (${announced} bytes) is larger than allowed (limit: ${bodyLimit} bytes).`,
      true,
    );
  }
  const parts: Buffer[] = [];
  let length = 0;
  // Leaving the loop would destroy the connection, and with it the refusal that is on its way.
  for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > bodyLimit) break;
    parts.push(part);
  }
  if (length > bodyLimit) {
    request.resume();
    throw tooMuch();
  }
  return decompress(Buffer.concat(parts), request.headers["content-encoding"]).toString("utf8");
}

function tooMuch(): ApiFault {
  return new ApiFault(400, `JSON payload has exceeded limit (${bodyLimit} bytes).`, true);
}

const limited = { maxOutputLength: bodyLimit };

function decompress(body: Buffer, encoding: string | undefined): Buffer {
  try {
    if (encoding === "gzip") return gunzipSync(body, limited);
    if (encoding === "deflate") return inflateSync(body, limited);
    if (encoding === "br") return brotliDecompressSync(body, limited);
    return encoding === "zstd" ? zstdDecompressSync(body, limited) : body;
  } catch {
    throw tooMuch();
  }
}

type Coding = "br" | "zstd" | "gzip" | "deflate";
const codings: readonly Coding[] = ["br", "zstd", "gzip", "deflate"];
const compressors: Readonly<Record<Coding, (body: Buffer) => Buffer>> = {
  br: (body) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } }),
  zstd: (body) => zstdCompressSync(body),
  gzip: (body) => gzipSync(body, { level: 3 }),
  deflate: (body) => deflateSync(body, { level: 3 }),
};

/** The best of the codings that the client takes; undefined: none. */
function chooseCoding(header: string | undefined): Coding | undefined {
  const offered = new Map(
    (header ?? "").split(",").map((part) => {
      const [name = "", ...parameters] = part
        .toLowerCase()
        .split(";")
        .map((piece) => piece.trim());
      return [name, parameters.includes("q=0")] as const;
    }),
  );
  return codings.find((coding) => offered.get(coding) === false);
}

/** Answers a cross-origin preflight; whether the request was one. */
export function answerPreflight(request: IncomingMessage, response: ServerResponse): boolean {
  const asked = request.headers["access-control-request-method"];
  if (request.method !== "OPTIONS" || asked === undefined) return false;
  response.setHeader("access-control-allow-methods", methods);
  response.setHeader("access-control-allow-headers", request.headers["access-control-request-headers"] ?? "*");
  send(request, response, { status: 200, contentType: undefined, body: "" });
  return true;
}

/** Sends a reply, compressed when the client takes it. No header tells how long a connection is kept. */
export function send(request: IncomingMessage, response: ServerResponse, { status, contentType, body }: Reply): void {
  const coding = body === "" ? undefined : chooseCoding(request.headers["accept-encoding"]);
  if (request.headers.origin !== undefined) response.setHeader("access-control-allow-origin", request.headers.origin);
  if (contentType !== undefined) response.setHeader("content-type", contentType);
  response.setHeader("vary", coding === undefined ? cors : `accept-encoding, ${cors}`);
  if (request.headers.connection?.toLowerCase() === "close") response.setHeader("connection", "close");
  else response.removeHeader("connection");
  if (coding === undefined) {
    const bytes = Buffer.from(body);
    response.writeHead(status, { "content-length": bytes.length }).end(bytes);
    return;
  }
  response.setHeader("content-encoding", coding);
  response.writeHead(status);
  response.write(compressors[coding](Buffer.from(body)));
  response.end();
}
