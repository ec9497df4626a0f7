// A door of its own before a store that several stories share: it can be shut, and answers through it can be late.
// Each door is another address, hence another store to whoever looks at identities.
import { connect, createServer, type Socket } from "node:net";
import { listen } from "#support/http-server.ts";

export type StoreDoor = {
  readonly host: string;
  readonly port: number;
  /** Connections are cut, new ones too: the store is down. */
  readonly shut: () => void;
  readonly open: () => void;
  /** Every answer arrives later by this time. */
  readonly slow: (latencyMs: number) => void;
  readonly close: () => Promise<void>;
};

/** Opens a door on any free port of an address of this machine. */
export async function openDoor(
  upstream: { readonly host: string; readonly port: number },
  address = "127.0.0.1",
): Promise<StoreDoor> {
  const clients = new Set<Socket>();
  const state = { isShut: false, latencyMs: 0 };
  const server = createServer((client) => {
    client.on("error", () => client.destroy());
    if (state.isShut) {
      client.destroy();
      return;
    }
    clients.add(client);
    client.once("close", () => clients.delete(client));
    join(client, connect(upstream.port, upstream.host), state);
  });
  const { port, close } = await listen(server, address);
  const cut = () => {
    for (const client of clients) client.destroy();
  };
  return {
    host: address,
    port,
    shut: () => {
      state.isShut = true;
      cut();
    },
    open: () => {
      state.isShut = false;
    },
    slow: (latencyMs) => {
      state.latencyMs = latencyMs;
    },
    close: async () => {
      const closed = close();
      cut();
      await closed;
    },
  };
}

/** The store always sees an orderly end: it may serve other doors in the same session. */
function join(client: Socket, store: Socket, state: { readonly latencyMs: number }): void {
  const late = new Set<NodeJS.Timeout>();
  client.on("data", (bytes) => store.write(bytes));
  client.once("close", () => {
    for (const timer of late) clearTimeout(timer);
    store.end();
  });
  store.on("error", () => client.destroy());
  store.once("close", () => client.destroy());
  store.on("data", (bytes) => {
    if (state.latencyMs === 0 && late.size === 0) {
      client.write(bytes);
      return;
    }
    const timer = setTimeout(() => {
      late.delete(timer);
      if (!client.destroyed) client.write(bytes);
    }, state.latencyMs);
    late.add(timer);
  });
}
