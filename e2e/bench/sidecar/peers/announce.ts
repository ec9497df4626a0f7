// How a peer starts and ends: one JSON line with its addresses, gone with its caller.
import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";

/** Listens on a free port of 127.0.0.1; its origin. */
export async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Tells the caller where to go, and ends the process when the caller does. */
export function announce(addresses: Readonly<Record<string, string>>): void {
  process.stdin.resume().once("end", () => process.exit(0));
  process.stdout.write(`${JSON.stringify(addresses)}\n`);
}
