// The operator's and the kubelet's side: metrics, status, health. Reads only.
import type { ServerResponse } from "node:http";
import { contractDocuments } from "#contract/documents.ts";
import { maxWindows, parseWindows } from "#contract/evidence.ts";
import type { SidecarStatus } from "#contract/status.ts";
import type { Span } from "#core/evidence.ts";
import type { Handler } from "./listener.ts";
import { sendFault, sendJson } from "./respond.ts";

type AdminContext = {
  /** Null while nothing is in force. */
  readonly status: (spans: readonly Span[]) => SidecarStatus | null;
  /** Null: a valid configuration is in force and the process isn't ending. The stores' health doesn't count. */
  readonly unreadiness: () => string | null;
  readonly metrics: () => Promise<{ readonly text: string; readonly contentType: string }>;
};

/** Handler of the admin listener. */
export function makeAdminHandler(context: AdminContext): Handler {
  return (request, response) => {
    const [pathname, query = ""] = (request.url ?? "").split("?", 2);
    if (request.method !== "GET") {
      sendFault(
        response,
        { code: "RETR_METHOD_NOT_ALLOWED", message: "expected GET" },
        { allow: "GET", connection: "close" },
      );
      return;
    }
    switch (pathname) {
      case "/healthz":
        return sendJson(response, 200, { status: "alive" });
      case "/readyz":
        return sendReadiness(response, context);
      case "/v1/status":
        return sendStatus(response, query, context);
      case "/metrics":
        return void sendMetrics(response, context);
      default:
        if (sendDocument(response, pathname)) return;
        return sendFault(response, {
          code: "RETR_NOT_FOUND",
          message: "expected /metrics, /v1/status, /healthz, /readyz or /docs/sidecar-openapi.json",
        });
    }
  };
}

function sendReadiness(response: ServerResponse, context: AdminContext): void {
  const message = context.unreadiness();
  if (message === null) sendJson(response, 200, { status: "ready" });
  else sendFault(response, { code: "RETR_NOT_READY", message });
}

function sendStatus(response: ServerResponse, query: string, context: AdminContext): void {
  const spans = parseWindows(new URLSearchParams(query).get("windows") ?? "");
  if (spans === undefined) {
    const message = `windows: expected at most ${maxWindows} of seconds[@offset], together at most 900`;
    sendFault(response, { code: "RETR_REQUEST_INVALID", message, path: "windows" });
    return;
  }
  const status = context.status(spans);
  if (status === null) sendReadiness(response, context);
  else sendJson(response, 200, status);
}

/** Whether the path names a document of the contract, which has then been sent. */
function sendDocument(response: ServerResponse, pathname = ""): boolean {
  const name = pathname.startsWith("/docs/") ? pathname.slice("/docs/".length) : "";
  const render = Object.hasOwn(contractDocuments, name) ? contractDocuments[name] : undefined;
  if (render !== undefined) sendJson(response, 200, render());
  return render !== undefined;
}

async function sendMetrics(response: ServerResponse, context: AdminContext): Promise<void> {
  try {
    const { text, contentType } = await context.metrics();
    response.writeHead(200, { "content-type": contentType });
    response.end(text);
  } catch {
    sendFault(response, { code: "RETR_INTERNAL", message: "metrics can't be rendered" });
  }
}
