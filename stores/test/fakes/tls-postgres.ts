// As much of Postgres as a TLS handshake needs: it agrees to TLS, takes the startup message and refuses the password.

import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { TestCertificate } from "#test/certificate.ts";

export type TlsPostgres = {
  readonly port: number;
  /** Startup messages that came over TLS. */
  readonly startups: readonly string[];
  readonly close: () => Promise<void>;
};

/** Listens on a free port of 127.0.0.1. */
export async function startTlsPostgres({ key, cert }: TestCertificate): Promise<TlsPostgres> {
  const startups: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    // The request for TLS is 8 bytes and always the first thing that comes.
    socket.once("data", () => {
      socket.write("S");
      const secure = new TLSSocket(socket, { isServer: true, key, cert });
      secure.on("error", () => undefined);
      secure.once("data", (startup: Buffer) => {
        startups.push(startup.toString("latin1"));
        secure.end(errorResponse("SFATAL\0C28P01\0Mno\0\0"));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0 }, resolve));
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { port: (server.address() as AddressInfo).port, startups, close };
}

function errorResponse(fields: string): Buffer {
  const body = Buffer.from(fields, "latin1");
  const head = Buffer.from("E\0\0\0\0", "latin1");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
