// A proxy whose connections die as idle ones do behind a firewall: the client learns of it with its next bytes.
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export type DyingProxy = {
  readonly port: number;
  /** Connections since the start. */
  readonly opened: () => number;
  /** Those that are open now are reset at the client's next byte: before it is passed on, or before the answer's last byte. */
  readonly condemn: (end: "before-the-answer" | "within-the-answer") => void;
  /** Whether those that come from now on are reset at their first byte. */
  isDown: boolean;
  readonly close: () => Promise<void>;
};

/** Stands before the server on this port of 127.0.0.1. */
export async function startDyingProxy(target: number): Promise<DyingProxy> {
  const open = new Map<Socket, Parameters<DyingProxy["condemn"]>[0] | null>();
  let opened = 0;
  const server = createServer((client) => {
    opened += 1;
    open.set(client, proxy.isDown ? "before-the-answer" : null);
    const upstream = connect({ host: "127.0.0.1", port: target });
    client.on("data", (bytes) => {
      if (open.get(client) === "before-the-answer") client.resetAndDestroy();
      else upstream.write(bytes);
    });
    upstream.on("data", (bytes) => {
      if (open.get(client) !== "within-the-answer") client.write(bytes);
      else client.write(bytes.subarray(0, -1), () => client.resetAndDestroy());
    });
    const end = (): void => {
      open.delete(client);
      upstream.destroy();
      client.destroy();
    };
    for (const socket of [client, upstream]) socket.on("error", end).on("close", end);
  });
  const proxy: DyingProxy = {
    port: 0,
    opened: () => opened,
    condemn: (end) => {
      for (const client of open.keys()) open.set(client, end);
    },
    isDown: false,
    close: async () => {
      for (const client of open.keys()) client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0 }, resolve));
  return Object.assign(proxy, { port: (server.address() as AddressInfo).port });
}
