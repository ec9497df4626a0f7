// An HTTP server with limits on slow and idle clients and a graceful end.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Server as TlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import {
  type ConnectionLimits,
  makeLimitedServer,
  type TlsPair,
  tlsOptions,
} from "@retriever/stores/http/limit-connections.ts";

export type Address = { readonly host: string; readonly port: number };
export type Handler = (request: IncomingMessage, response: ServerResponse) => void;
export type Listener = {
  readonly address: Address;
  /** Resolves once no connection has been open for `ms` on end. Serves on meanwhile, new connections too. */
  readonly quiet: (ms: number) => Promise<void>;
  /** Refuses new connections, lets running requests finish, cuts what is left after `graceMs`. */
  readonly close: (graceMs: number) => Promise<void>;
  /** New connections get this certificate. Throws for a pair that isn't one, and goes on with the one before. */
  readonly renew: (pair: TlsPair) => void;
};

/** In ms, but for `maxHeaderSize` in bytes. */
const clientLimits = {
  headersTimeout: 5000,
  requestTimeout: 10_000,
  // Longer than the idle time of common clients' pools, so that the client closes first.
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 16_384,
  /** A client that neither sends nor takes anything. */
  socketIdleMs: 70_000,
};
/** All of one address where there is but one client, as for the application. */
const usualConnections: ConnectionLimits = { most: 512 };

type ListenOptions = {
  readonly limits?: typeof clientLimits;
  readonly connections?: ConnectionLimits;
  /** Present: HTTPS alone. */
  readonly tls?: TlsPair | undefined;
};

/** Listens. Rejects when the address can't be bound. */
export async function listen(
  address: Address,
  handler: Handler,
  { limits = clientLimits, connections = usualConnections, tls }: ListenOptions = {},
): Promise<Listener> {
  const active: ServerResponse[] = [];
  const tracked: Handler = (request, response) => {
    active.push(response);
    response.once("close", () => remove(active, response));
    handler(request, response);
  };
  const server = makeLimitedServer({ ...limits, tls }, connections, tracked);
  server.timeout = limits.socketIdleMs;
  const quiet = quietOf(server);
  await bind(server, address);
  const bound = server.address() as AddressInfo;
  return {
    address: { host: bound.address, port: bound.port },
    quiet,
    close: (graceMs) => close(server, active, graceMs),
    renew: (pair) => (server as TlsServer).setSecureContext(tlsOptions(pair)),
  };
}

function quietOf(server: Server): Listener["quiet"] {
  let open = 0;
  let onChange = (): void => undefined;
  server.on("connection", (socket) => {
    open += 1;
    onChange();
    socket.once("close", () => {
      open -= 1;
      onChange();
    });
  });
  return (ms) =>
    new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      onChange = () => {
        clearTimeout(timer);
        timer = open === 0 ? setTimeout(resolve, ms) : undefined;
      };
      onChange();
    });
}

/**
 * Not a Set: V8 links each outgrown table of one to the next, and a table that has grown old keeps all that follow, with
 * the requests in them, until the next collection of the whole heap. The few under way are soon searched.
 */
function remove(active: ServerResponse[], response: ServerResponse): void {
  const last = active.pop();
  const at = last === undefined || last === response ? -1 : active.indexOf(response);
  if (at !== -1 && last !== undefined) active[at] = last;
}

function bind(server: Server, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function close(server: Server, active: readonly ServerResponse[], graceMs: number): Promise<void> {
  // A connection kept alive behind its last answer would hold the server open for the whole grace.
  for (const response of active) if (!response.headersSent) response.setHeader("connection", "close");
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  clearTimeout(timer);
}
