// Keeps room on a listener: a connection on which the server waits for the client gives way to a new one, first those of the
// same address, or of the address that has most. A server that counts and refuses instead lets whoever opens connections and says nothing, or half of
// a request, or never reads its answers, shut out probes and operators.
import {
  createServer,
  IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";

export type ConnectionLimits = {
  /** At the same time. */
  readonly most: number;
  /** Of one address; absent: as many as there may be. */
  readonly mostOfAddress?: number;
};
/** PEM texts of a listener that speaks TLS alone. */
export type TlsPair = {
  readonly cert: string;
  readonly key: string;
  /** Present: clients are asked for a certificate of these authorities. Who shows none is let in, and not `authorized`. */
  readonly clientCa?: string;
};
type LimitedOptions = ServerOptions & { readonly tls?: TlsPair | undefined };
type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse };
type Use = {
  readonly address: string;
  /** Requests that have come, as far as they come, and whose answers aren't out. */
  exchanges: readonly Exchange[];
  /** Whether it has brought a whole request: it is hardly one of those that are opened to be held. */
  isProven: boolean;
  /** Requests that have come, those whose answers aren't out among them. */
  begun: number;
  answered: number;
  /** Rises with every use of any connection. */
  usedAt: number;
};

/** Requests that a client may send before it has read the answers: none of these listeners' clients sends a second one. */
const mostAhead = 2;

/**
 * A server that hands on the requests of all connections there may be. Where it owes something on each of them, the new one
 * is closed. Whoever sends many requests at once is cut off: all of their answers would wait in memory to be read.
 */
export function makeLimitedServer(
  { tls, ...options }: LimitedOptions,
  { most, mostOfAddress = most }: ConnectionLimits,
  handle: RequestListener,
): Server {
  const uses = new Map<Socket, Use>();
  const all = { ...options, IncomingMessage: messagesOf(uses) };
  const handshakeTimeout = options.headersTimeout ?? handshakeMs;
  const server =
    tls === undefined
      ? createServer(all)
      : createTlsServer({ ...all, ...tlsOptions(tls), handshakeTimeout, ALPNProtocols: ["http/1.1"] });
  let turn = 0;
  const giveWay = (among: (use: Use) => boolean, newest: Socket): void => {
    const idle = [...uses].filter(([socket, use]) => socket !== newest && !isOwed(use) && among(use));
    const ofAddress = new Map<string, number>();
    for (const [, { address }] of idle) ofAddress.set(address, (ofAddress.get(address) ?? 0) + 1);
    const crowd = ({ address }: Use): number => ofAddress.get(address) ?? 0;
    const [first] = idle.toSorted(
      ([, a], [, b]) => crowd(b) - crowd(a) || Number(a.isProven) - Number(b.isProven) || a.usedAt - b.usedAt,
    );
    const [closed] = first ?? [newest];
    uses.delete(closed);
    closed.destroy();
  };
  server.on("connection", (socket) => {
    const address = socket.remoteAddress ?? "";
    uses.set(socket, { address, exchanges: [], isProven: false, begun: 0, answered: 0, usedAt: (turn += 1) });
    socket.once("close", () => uses.delete(socket));
    const isOfAddress = (use: Use): boolean => use.address === address;
    if ([...uses.values()].filter(isOfAddress).length > mostOfAddress) giveWay(isOfAddress, socket);
    if (uses.size > most) giveWay(() => true, socket);
  });
  // Requests name the socket within: the same connection, whose use began before anybody had shaken hands.
  server.on("secureConnection", (secure: Socket) => {
    const [socket, use] = [...uses].find(([one]) => isSamePeer(one, secure)) ?? [];
    if (socket === undefined || use === undefined) return void secure.destroy();
    uses.delete(socket);
    uses.set(secure, use);
    secure.once("close", () => uses.delete(secure));
  });
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const use = uses.get(request.socket);
    // Cut off.
    if (use === undefined) return;
    const exchange = { request, response };
    use.exchanges = [...use.exchanges, exchange];
    use.usedAt = turn += 1;
    response.once("close", () => {
      use.exchanges = use.exchanges.filter((one) => one !== exchange);
      use.isProven ||= request.complete;
      use.answered += 1;
      use.usedAt = turn += 1;
    });
    if (request.headers.expect === undefined || continued.test(request.headers.expect)) handle(request, response);
    else response.writeHead(417).end();
  };
  for (const event of ["request", "checkContinue", "checkExpectation"]) server.on(event, onRequest);
  return server;
}

const handshakeMs = 5000;

/** Probes show no certificate: whether one is needed is for each path to say. */
export function tlsOptions({ cert, key, clientCa }: TlsPair) {
  const asked = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false };
  return { cert, key, minVersion: "TLSv1.2", ...asked } as const;
}

function isSamePeer(one: Socket, other: Socket): boolean {
  return one.remotePort === other.remotePort && one.remoteAddress === other.remoteAddress;
}

const continued = /^100-continue$/i;

/**
 * Requests of which one too many ends its connection. All that has come with it is read in one go, thousands of requests
 * that would each be answered, if only by a refusal: the reader stops at what it takes for another protocol alone.
 */
function messagesOf(uses: ReadonlyMap<Socket, Use>): typeof IncomingMessage {
  return class extends IncomingMessage {
    declare isTooMany: boolean;
    declare isUpgrade: unknown;

    constructor(socket: Socket) {
      super(socket);
      const use = uses.get(socket);
      if (use !== undefined) use.begun += 1;
      this.isTooMany = use === undefined || use.begun - use.answered > mostAhead;
    }

    get upgrade(): unknown {
      return this.isTooMany || this.isUpgrade;
    }

    set upgrade(isUpgrade: unknown) {
      this.isUpgrade = isUpgrade;
    }
  };
}

/** Whether it is for the server to go on: a whole request is here, and its answer isn't finished. */
function isOwed({ exchanges }: Use): boolean {
  return exchanges.some(({ request, response }) => request.complete && !response.writableEnded);
}
