// Listening on an address of the settings, and letting go of it.
import type { RequestListener, ServerOptions } from "node:http";
import type { AddressInfo } from "node:net";
import { type ConnectionLimits, makeLimitedServer } from "@retriever/stores/http/limit-connections.ts";
import { OperatorError } from "#errors.ts";

export type Listener = { readonly port: number; readonly close: () => Promise<void> };

type Place = {
  /** `host:port`; port 0 takes a free one. */
  readonly address: string;
  readonly connections: ConnectionLimits;
  readonly limits: ServerOptions;
  readonly handle: RequestListener;
};

/** Throws ROP_SETTINGS_INVALID when the address can't be bound. */
export async function listen(flag: string, { address, connections, limits, handle }: Place): Promise<Listener> {
  const server = makeLimitedServer(limits, connections, handle);
  const at = address.lastIndexOf(":");
  const host = address.slice(0, at).replace(/^\[|\]$/g, "");
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const about = `--${flag}: can't listen on ${address} (${cause.code ?? "failed"})`;
      reject(new OperatorError("ROP_SETTINGS_INVALID", about, { cause }));
    });
    server.listen(Number(address.slice(at + 1)), host === "" ? "0.0.0.0" : host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
