// Where a listening server is reached.
import type { Server } from "node:net";

/** `http://ADDRESS:PORT` of a server that listens on a port. Throws when it doesn't. */
export function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server doesn't listen on a port");
  return `http://${address.address}:${address.port}`;
}
