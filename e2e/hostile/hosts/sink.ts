// Where connections end up that should never have been made, and a store of which something may be asked.
import { createServer, type Server } from "node:http";
import { listen } from "#support/http-server.ts";

export type Sink = {
  readonly port: number;
  /** Connections so far. */
  readonly connections: () => number;
  readonly close: () => Promise<void>;
};

/** On every address of the machine, by both versions where it has both. */
export async function openSink(): Promise<Sink> {
  const server = createServer((_, response) => void response.writeHead(404).end("{}"));
  return counted(server, "::");
}

/** Answers every request with a redirect. */
export async function openRedirector(location: string): Promise<Sink> {
  const server = createServer((_, response) => void response.writeHead(307, { location }).end());
  return counted(server, "127.0.0.1");
}

async function counted(server: Server, address: string): Promise<Sink> {
  let connections = 0;
  server.on("connection", () => {
    connections += 1;
  });
  const listening = await listen(server, address).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === "EAFNOSUPPORT") return listen(server, "0.0.0.0");
    throw error;
  });
  return { port: listening.port, connections: () => connections, close: listening.close };
}
