// A small HTTP server on a loopback address that plays an API server, as badly as a test wants, and a connection to it.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Agent } from "undici";
import type { KubeConnection } from "#kube/kube-access.ts";

export type Played = {
  readonly url: string;
  readonly connection: KubeConnection;
  readonly requests: {
    readonly method: string;
    readonly url: string;
    readonly headers: IncomingMessage["headers"];
    readonly body: string;
  }[];
  readonly close: () => Promise<void>;
};

export type Handler = (
  request: {
    readonly url: URL;
    readonly method: string;
    readonly headers: IncomingMessage["headers"];
    readonly body: string;
  },
  response: ServerResponse,
) => void;

/** Listens on a free port of 127.0.0.1. */
export async function playServer(handler: Handler): Promise<Played> {
  const requests: Played["requests"] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts).toString("utf8");
      const { method = "", url = "", headers } = request;
      requests.push({ method, url, headers, body });
      handler({ url: new URL(url, "http://server"), method, headers, body }, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const dispatcher = new Agent({ connections: 8, allowH2: false });
  return {
    url,
    requests,
    connection: connectionTo(url, dispatcher),
    close: async () => {
      await dispatcher.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function connectionTo(server: string, dispatcher: Agent): KubeConnection {
  return {
    server,
    context: "here",
    namespace: "default",
    userName: "tester",
    authorize: async () => ({ headers: { authorization: "Bearer secret-canary" }, dispatcher }),
    forget: () => undefined,
    close: () => dispatcher.destroy(),
  };
}

/** Answers with JSON. */
export function reply(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

/** Waits until something holds; fails after 5 s. No fixed sleep decides a test. */
export async function until(holds: () => boolean, about: string): Promise<void> {
  const giveUp = performance.now() + 5000;
  while (!holds()) {
    if (performance.now() > giveUp) throw new Error(`never came: ${about}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
