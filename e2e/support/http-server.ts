// How a server of the harness opens, reads a body and closes.
import { once } from "node:events";
import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { AddressInfo, Server } from "node:net";

export type Listening = {
  /** Scheme `http`, address and port. */
  readonly url: string;
  readonly port: number;
  /** Cuts what HTTP requests are open and frees the port. Other connections are their owner's to end. */
  readonly close: () => Promise<void>;
};

/** Listens on a port, or on any free one. Rejects when the address is taken. */
export async function listen(
  server: Server & Partial<Pick<HttpServer, "closeAllConnections">>,
  address = "127.0.0.1",
  atPort = 0,
): Promise<Listening> {
  server.listen(atPort, address);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections?.();
    await closed;
  };
  return { url: `http://${address}:${port}`, port, close };
}

/** The body as bytes. Rejects with what `tooMuch` makes beyond the limit. */
export async function readBytes(request: IncomingMessage, limit: number, tooMuch: () => Error): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  // Leaving the loop would destroy the connection, and with it the refusal that is on its way.
  for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > limit) break;
    parts.push(part);
  }
  if (length > limit) {
    request.resume();
    throw tooMuch();
  }
  return Buffer.concat(parts);
}
