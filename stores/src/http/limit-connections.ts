// Keeps room on a listener: a silent or idle connection gives way to a new one, those of the same address first. A server
// that counts and refuses instead lets whoever opens connections and says nothing shut out probes and operators.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

export type ConnectionLimits = {
  /** At the same time. */
  readonly most: number;
  /** Of one address; absent: as many as there may be. */
  readonly mostOfAddress?: number;
};
type Use = {
  readonly address: string;
  /** Requests under way. */
  busy: number;
  /** Rises with every use of any connection. */
  usedAt: number;
};

/** Only connections without a request under way are closed; where there are none, the new one is. */
export function limitConnections(server: Server, { most, mostOfAddress = most }: ConnectionLimits): void {
  const uses = new Map<Socket, Use>();
  let turn = 0;
  const giveWay = (among: (use: Use) => boolean, newest: Socket): void => {
    const idle = [...uses].filter(([socket, use]) => use.busy === 0 && socket !== newest && among(use));
    const [first] = idle.toSorted(([, a], [, b]) => a.usedAt - b.usedAt);
    const [closed] = first ?? [newest];
    uses.delete(closed);
    closed.destroy();
  };
  server.on("connection", (socket) => {
    const address = socket.remoteAddress ?? "";
    uses.set(socket, { address, busy: 0, usedAt: (turn += 1) });
    socket.once("close", () => uses.delete(socket));
    const isOfAddress = (use: Use): boolean => use.address === address;
    if ([...uses.values()].filter(isOfAddress).length > mostOfAddress) giveWay(isOfAddress, socket);
    if (uses.size > most) giveWay(() => true, socket);
  });
  const onRequest = ({ socket }: IncomingMessage, response: ServerResponse): void => {
    const use = uses.get(socket);
    if (use === undefined) return;
    use.busy += 1;
    response.once("close", () => {
      use.busy -= 1;
      use.usedAt = turn += 1;
    });
  };
  server.on("request", onRequest);
  server.on("checkContinue", onRequest);
}
