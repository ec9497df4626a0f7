// Keeps room on a listener: a connection on which the server waits for the client gives way to a new one, first those of the
// same address, or of the address that has most. A server that counts and refuses instead lets whoever opens connections and says nothing, or half of
// a request, or never reads its answers, shut out probes and operators.
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

export type ConnectionLimits = {
  /** At the same time. */
  readonly most: number;
  /** Of one address; absent: as many as there may be. */
  readonly mostOfAddress?: number;
};
type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse };
type Use = {
  readonly address: string;
  /** Requests that have come, as far as they come, and whose answers aren't out. */
  exchanges: readonly Exchange[];
  /** Whether it has brought a whole request: it is hardly one of those that are opened to be held. */
  isProven: boolean;
  /** Rises with every use of any connection. */
  usedAt: number;
};

/** Requests that a client may send before it has read the answers: none of these listeners' clients sends a second one. */
const mostAhead = 2;

/**
 * Hands on the requests of all connections there may be. Where the server owes something on each of them, the new one is
 * closed. Whoever sends many requests at once is cut off: all of their answers would wait in memory to be read.
 */
export function limitConnections(
  server: Server,
  { most, mostOfAddress = most }: ConnectionLimits,
  handle: RequestListener,
): void {
  const uses = new Map<Socket, Use>();
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
    uses.set(socket, { address, exchanges: [], isProven: false, usedAt: (turn += 1) });
    socket.once("close", () => uses.delete(socket));
    const isOfAddress = (use: Use): boolean => use.address === address;
    if ([...uses.values()].filter(isOfAddress).length > mostOfAddress) giveWay(isOfAddress, socket);
    if (uses.size > most) giveWay(() => true, socket);
  });
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const use = uses.get(request.socket);
    // Cut off, while the rest of what it had sent is still being read.
    if (use === undefined) return;
    if (use.exchanges.length >= mostAhead) {
      uses.delete(request.socket);
      request.socket.destroy();
      return;
    }
    const exchange = { request, response };
    use.exchanges = [...use.exchanges, exchange];
    use.usedAt = turn += 1;
    response.once("close", () => {
      use.exchanges = use.exchanges.filter((one) => one !== exchange);
      use.isProven ||= request.complete;
      use.usedAt = turn += 1;
    });
    handle(request, response);
  };
  server.on("request", onRequest);
  server.on("checkContinue", onRequest);
}

/** Whether it is for the server to go on: a whole request is here, and its answer isn't finished. */
function isOwed({ exchanges }: Use): boolean {
  return exchanges.some(({ request, response }) => request.complete && !response.writableEnded);
}
