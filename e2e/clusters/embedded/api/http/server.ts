// The HTTPS side: reads requests, authenticates, applies planted faults, writes answers and watch streams.
// Owns connections and their bounds; knows nothing of objects.
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { readBytes } from "#support/http-server.ts";
import { type ApiFailure, badRequest, failure, NoSuchPath, statusOf, unauthorized } from "../model/failure.ts";
import { builtinTypes } from "../resources/builtin.ts";
import { answer } from "../verbs/answer.ts";
import type { Call, Cluster, User } from "../verbs/call.ts";
import { startWatch, type WatchTiming } from "../verbs/watch.ts";
import type { Certificates } from "./certificate.ts";
import type { FaultOutcome, FaultSubject, Faults, RequestLog } from "./faults.ts";
import { asAsked } from "./metadata-only.ts";
import { type Incoming, isWatch, parseCall } from "./parse-call.ts";

type ServerParts = {
  readonly cluster: Cluster;
  readonly certificates: Certificates;
  readonly userOf: (token: string) => User | undefined;
  readonly faults: Faults;
  readonly log: RequestLog;
  readonly timing: WatchTiming;
};

type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly incoming: Incoming;
  readonly user: User;
};

const maxBodyBytes = 3 * 1024 * 1024;
/** A watcher that leaves this much unread is cut off. */
const maxUnreadBytes = 16 * 1024 * 1024;

/** The server, not listening yet, and what ends its watches. */
export function makeServer(parts: ServerParts): { readonly server: Server; readonly endWatches: () => void } {
  const watches = new Set<() => void>();
  const { cert, key } = parts.certificates;
  const server = createServer({ cert, key, requestTimeout: 30_000, keepAliveTimeout: 60_000 }, (request, response) => {
    handle(parts, watches, request, response).catch((error: unknown) => refuse(request, response, error));
  });
  const endWatches = () => {
    for (const end of watches) end();
  };
  return { server, endWatches };
}

async function handle(
  parts: ServerParts,
  watches: Set<() => void>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const exchange = await readExchange(parts, request, response);
  const subject = subjectOf(exchange);
  const fault = parts.faults.take(subject);
  let status = 0;
  try {
    status = fault === undefined ? respond(parts, watches, exchange) : strike(parts, watches, exchange, fault);
  } catch (error) {
    status = refuse(request, response, error);
  }
  const { verb, ...logged } = subject;
  parts.log.add({ ...logged, status }, verb);
}

async function readExchange(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<Exchange> {
  const body = (await readBytes(request, maxBodyBytes, tooLarge)).toString("utf8");
  const { authorization = "" } = request.headers;
  const user = parts.userOf(/^Bearer (.+)$/.exec(authorization)?.[1] ?? "");
  if (user === undefined) throw unauthorized();
  return { request, response, user, incoming: incomingOf(request, body) };
}

function tooLarge(): ApiFailure {
  const message = `Request entity too large: limit is ${maxBodyBytes}`;
  return failure({ code: 413, reason: "RequestEntityTooLarge", message });
}

function incomingOf(request: IncomingMessage, body: string): Incoming {
  const { "content-type": type = "", "user-agent": userAgent = "" } = request.headers;
  const contentType = type.split(";")[0]?.trim() ?? "";
  return {
    method: request.method ?? "GET",
    url: new URL(request.url ?? "/", "https://embedded"),
    contentType,
    userAgent,
    body,
  };
}

function subjectOf({ incoming, user }: Exchange): FaultSubject {
  const { method, url } = incoming;
  const fieldManager = url.searchParams.get("fieldManager") ?? "";
  const verb = method === "GET" && isWatch(url) ? "watch" : method.toLowerCase();
  return { method, path: url.pathname, query: url.search, user: user.username, fieldManager, verb };
}

/** Answers a request and returns the status it was answered with. */
function respond(parts: ServerParts, watches: Set<() => void>, exchange: Exchange): number {
  const { incoming, response, user } = exchange;
  const path = incoming.url.pathname.replace(/(.)\/$/, "$1");
  if (["/healthz", "/livez", "/readyz"].includes(path)) return sendText(response, 200, "ok");
  if (path === "/version") return sendJson(response, 200, { major: "1", minor: "35", gitVersion: "v1.35.0+embedded" });
  if (!path.startsWith("/api")) throw new NoSuchPath();
  const call = parseCall(parts.cluster, incoming, user);
  if (call.verb === "watch") return openWatch(parts, watches, exchange, call);
  const { code, body } = answer(parts.cluster, call);
  return sendJson(response, code, asAsked(exchange.request.headers.accept ?? "", body));
}

function strike(parts: ServerParts, watches: Set<() => void>, exchange: Exchange, fault: FaultOutcome): number {
  const { response } = exchange;
  if (fault === "hang") return 0;
  if (typeof fault === "object") {
    const standard = failure({ code: fault.status, reason: "", message: "planted fault" }).status;
    return sendJson(response, fault.status, fault.body ?? standard);
  }
  if (fault === "dropReply") {
    const call = parseCall(parts.cluster, exchange.incoming, exchange.user);
    if (call.verb === "watch") openWatch(parts, watches, exchange, call);
    else answer(parts.cluster, call);
  }
  response.destroy();
  return 0;
}

function openWatch(parts: ServerParts, watches: Set<() => void>, { response }: Exchange, call: Call): number {
  let ended = false;
  // The headers wait for the first frame, so that a refused watch still gets its status.
  const open = () => {
    if (!response.headersSent)
      response.writeHead(200, { "content-type": "application/json", "cache-control": "no-cache, private" });
  };
  const sink = {
    send: (frame: unknown) => {
      open();
      if (!ended) response.write(`${JSON.stringify(frame)}\n`);
      if (response.writableLength <= maxUnreadBytes) return true;
      response.destroy();
      return false;
    },
    end: () => {
      ended = true;
      open();
      response.end();
    },
  };
  const stop = startWatch(parts.cluster, call, sink, parts.timing);
  open();
  response.flushHeaders();
  watches.add(stop);
  response.once("close", () => {
    watches.delete(stop);
    stop();
  });
  return 200;
}

function sendJson(response: ServerResponse, code: number, body: unknown): number {
  response.writeHead(code, { "content-type": "application/json", "cache-control": "no-cache, private" });
  response.end(JSON.stringify(body));
  return code;
}

function sendText(response: ServerResponse, code: number, text: string): number {
  response.writeHead(code, { "content-type": "text/plain; charset=utf-8" });
  response.end(text);
  return code;
}

/** Groups of Kubernetes' own answer with a Status whatever is asked of them; for all else nobody is responsible. */
function isOwnGroup(path: string): boolean {
  const [root, group] = path.split("/").slice(1);
  return root === "api" || (root === "apis" && builtinTypes.some((type) => type.group === group));
}

function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): number {
  const status =
    error instanceof URIError ? badRequest("the path is not valid percent-encoding").status : statusOf(error);
  if (response.headersSent) {
    response.destroy();
    return status.code;
  }
  if (status.code === 413) response.setHeader("connection", "close");
  if (error instanceof NoSuchPath && !isOwnGroup(request.url ?? ""))
    return sendText(response, 404, "404 page not found\n");
  return sendJson(response, status.code, status);
}
