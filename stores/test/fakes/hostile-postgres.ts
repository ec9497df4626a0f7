// A server that speaks Postgres' protocol and means no good: it lets everybody in and answers as it is told.

import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";

export type HostilePostgres = {
  readonly port: number;
  readonly close: () => Promise<void>;
};
/** What is sent after a login (`login`) or for what the client sends later. */
type Answers = { readonly login?: (socket: Socket) => void; readonly query?: (socket: Socket) => void };

/** One message of the protocol; `length` where it isn't the true one. */
export function wireMessage(code: string, body: Buffer, length = body.length + 4): Buffer {
  const head = Buffer.alloc(5);
  head.write(code, "latin1");
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, body]);
}

export const readyForQuery = wireMessage("Z", Buffer.from("I"));
const authenticated = wireMessage("R", Buffer.alloc(4));

export async function startHostilePostgres({ login, query }: Answers): Promise<HostilePostgres> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => {
      if (login === undefined) socket.write(Buffer.concat([authenticated, readyForQuery]));
      else login(socket);
      socket.on("data", () => query?.(socket));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Writes the same bytes again and again, as fast as they are taken. */
export function flood(socket: Socket, bytes: Buffer): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(bytes));
  };
  socket.on("drain", more);
  more();
}
