// A small reverse proxy before an external Qdrant that can make its answers slow, wrong or absent.
// It gives every destination an address of its own, too: several can stand before one server.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { setTimeout as wait } from "node:timers/promises";
import { Pool } from "undici";
import { listen } from "#support/http-server.ts";

type Faults = {
  readonly latencyMs: number;
  readonly errors: boolean;
  /** Requests are taken and never answered. */
  readonly hang: boolean;
  /** Connections are cut as soon as they ask for something. */
  readonly refuse: boolean;
};

export type DegradingProxy = {
  readonly url: string;
  /** In force for every request that comes after it. */
  readonly set: (changes: Partial<Faults>) => void;
  readonly close: () => Promise<void>;
};

const hopByHop = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade", "host", "expect"]);

/** Starts a proxy on any free port of an address. `upstream`: scheme, host and port. */
export async function startDegradingProxy(upstream: string, address: string): Promise<DegradingProxy> {
  let faults: Faults = { latencyMs: 0, errors: false, hang: false, refuse: false };
  const pool = new Pool(upstream, {
    connections: 64,
    // Far shorter than the server keeps them: on a busy machine the news of a closed connection is late.
    keepAliveTimeout: 500,
    headersTimeout: 30_000,
    bodyTimeout: 30_000,
  });
  const stopping = new AbortController();
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const { latencyMs, errors, hang, refuse } = faults;
    if (refuse) return request.socket.resetAndDestroy();
    if (hang) return undefined;
    if (latencyMs > 0) await wait(latencyMs, undefined, { signal: stopping.signal });
    if (!errors) return forward(pool, request, response);
    const error = "Service internal error: staged by the proxy";
    response.writeHead(500, { "content-type": "application/json" }).end(JSON.stringify({ status: { error }, time: 0 }));
    return undefined;
  };
  // Whoever asks lets go of idle connections first.
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  const { url, close } = await listen(server, address);
  return {
    url,
    set: (changes) => {
      faults = { ...faults, ...changes };
    },
    close: async () => {
      stopping.abort();
      await close();
      await pool.destroy();
    },
  };
}

async function forward(pool: Pool, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const headers = Object.entries(request.headers).filter(([name]) => !hopByHop.has(name));
  const answer = await pool.request({
    method: request.method ?? "GET",
    path: request.url ?? "/",
    headers: Object.fromEntries(headers),
    body: request,
  });
  const kept = Object.entries(answer.headers).filter(([name]) => !hopByHop.has(name));
  response.writeHead(answer.statusCode, Object.fromEntries(kept));
  await pipeline(answer.body, response);
}
