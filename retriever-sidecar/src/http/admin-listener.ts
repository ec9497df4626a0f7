// The operator's and the kubelet's side: metrics, status, health. Reads only.
import type { ServerResponse } from "node:http";
import type { Fault } from "@retriever/stores/errors.ts";
import { contractDocuments } from "#contract/documents.ts";
import { maxWindows, parseBins, parseWindows } from "#contract/evidence.ts";
import type { SidecarStatus } from "#contract/status.ts";
import type { EvidenceQuery } from "#core/evidence.ts";
import type { Handler } from "./listener.ts";
import { sendFault, sendJson } from "./respond.ts";

type AdminContext = {
  /** Null while nothing is in force. */
  readonly status: (asked: EvidenceQuery) => SidecarStatus | null;
  /** Null: a valid configuration is in force and the process isn't ending. The stores' health doesn't count. */
  readonly unreadiness: () => string | null;
  readonly metrics: () => Promise<{ readonly text: string; readonly contentType: string }>;
};

/** Handler of the admin listener. */
export function makeAdminHandler(given: AdminContext): Handler {
  const context = { ...given, metrics: atOnce(given.metrics) };
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

/** Whoever asks while an answer is being made gets the same one: it takes as long as a hundred requests. */
function atOnce<T>(make: () => Promise<T>): () => Promise<T> {
  let making: Promise<T> | undefined;
  return () => {
    making ??= make().finally(() => (making = undefined));
    return making;
  };
}

function sendReadiness(response: ServerResponse, context: AdminContext): void {
  const message = context.unreadiness();
  if (message === null) sendJson(response, 200, { status: "ready" });
  else sendFault(response, { code: "RETR_NOT_READY", message });
}

function sendStatus(response: ServerResponse, query: string, context: AdminContext): void {
  const asked = parseEvidenceQuery(new URLSearchParams(query));
  if ("code" in asked) return sendFault(response, asked);
  const status = context.status(asked);
  if (status === null) sendReadiness(response, context);
  else sendJson(response, 200, status);
}

function parseEvidenceQuery(query: URLSearchParams): EvidenceQuery | Fault {
  const spans = parseWindows(query.get("windows") ?? "");
  if (spans === undefined) {
    return refuse(query, "windows", `at most ${maxWindows} of seconds[@offset], together at most 900`);
  }
  const [bins = null, ...more] = query.getAll("bins");
  const binsFrom = more.length === 0 ? parseBins(bins) : undefined;
  if (binsFrom === undefined) return refuse(query, "bins", "one instant in whole epoch seconds, at most 10 digits");
  return { spans, binsFrom };
}

function refuse(query: URLSearchParams, path: string, expected: string): Fault {
  const got = JSON.stringify(query.getAll(path).join("&").slice(0, 40));
  return { code: "RETR_REQUEST_INVALID", message: `${path}: expected ${expected}, got ${got}`, path };
}

/** Each is made once: making one takes as long as hundreds of requests. */
const documents = new Map<string, string>();

/** Whether the path names a document of the contract, which has then been sent. */
function sendDocument(response: ServerResponse, pathname = ""): boolean {
  const name = pathname.startsWith("/docs/") ? pathname.slice("/docs/".length) : "";
  const render = Object.hasOwn(contractDocuments, name) ? contractDocuments[name] : undefined;
  if (render === undefined) return false;
  const text = documents.get(name) ?? JSON.stringify(render());
  documents.set(name, text);
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
  return true;
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
