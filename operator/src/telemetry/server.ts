// The operator's own HTTP server: is the loop alive, is it ready, what has it counted.
import type { RequestListener, ServerResponse } from "node:http";
import { type Listener, listen } from "#http/listener.ts";

export type Probe = { readonly ok: boolean; readonly why: string };

type TelemetryServerOptions = {
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  /** The loop is alive: its newest list is young enough. */
  readonly healthz: () => Probe;
  /** The loop has listed everything at least once, or waits for the lease. */
  readonly readyz: () => Probe;
  readonly metrics: () => Promise<string>;
  readonly contentType: string;
};

/** Listens, or throws ROP_SETTINGS_INVALID when the address can't be bound. */
export async function openTelemetryServer(options: TelemetryServerOptions): Promise<Listener> {
  const limits = { requestTimeout: 5000, headersTimeout: 5000, maxHeaderSize: 8192 };
  const connections = { most: 100, mostOfAddress: 25 };
  return listen("listen", { address: options.listen, connections, limits, handle: route(options) });
}

type Answer = { readonly status: number; readonly type: string; readonly text: string };

function route(options: TelemetryServerOptions): RequestListener {
  const answers: Readonly<Record<string, () => Promise<Answer>>> = {
    "/healthz": async () => probeAnswer(options.healthz()),
    "/readyz": async () => probeAnswer(options.readyz()),
    "/metrics": async () => ({ status: 200, type: options.contentType, text: await options.metrics() }),
  };
  return (request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    const answer = request.method === "GET" || request.method === "HEAD" ? answers[path] : undefined;
    void respond(response, answer ?? (async () => ({ status: 404, type: "text/plain", text: "not found\n" })));
  };
}

async function respond(response: ServerResponse, answer: () => Promise<Answer>): Promise<void> {
  let said: Answer;
  try {
    said = await answer();
  } catch {
    said = { status: 500, type: "text/plain", text: "failed\n" };
  }
  response.writeHead(said.status, { "content-type": said.type });
  response.end(said.text);
}

function probeAnswer({ ok, why }: Probe): Answer {
  return { status: ok ? 200 : 503, type: "text/plain", text: `${why}\n` };
}
