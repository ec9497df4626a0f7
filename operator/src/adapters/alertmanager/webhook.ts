// The Alertmanager webhook: an authenticated call that wakes what its alerts name. It never decides anything.
import { createHash, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { readCredentialText } from "@retriever/stores/config/credential-text.ts";
import { OperatorError } from "#errors.ts";
import { type Listener, listen } from "#http/listener.ts";
import { type CalledAlert, parseWebhookBody } from "./webhook-body.ts";

type WebhookOptions = {
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  /** File with the bearer token; read at each call, so that it can be rotated. */
  readonly tokenFile: string;
  /** Is handed the alerts of a call. False: this process doesn't lead, so the sender should ask another one. */
  readonly take: (alerts: readonly CalledAlert[]) => boolean;
  /** Told of every call: taken, or why not. */
  readonly report: (result: CallResult) => void;
  readonly deadlineMs?: number;
};

const results = {
  taken: 200,
  notFound: 404,
  wrongMethod: 405,
  unauthorized: 401,
  tokenUnreadable: 503,
  tooLarge: 413,
  tooSlow: 408,
  invalid: 400,
  notLeading: 503,
} as const;
export type CallResult = keyof typeof results;

const path = "/v1/alerts";
const maxBodyBytes = 1024 * 1024;
const defaultDeadlineMs = 5000;
const mostConnections = 50;

/** Listens. Throws ROP_SETTINGS_INVALID when the token can't be read or the address can't be bound. */
export async function openWebhook(options: WebhookOptions): Promise<Listener> {
  if ((await readToken(options.tokenFile)) === undefined)
    throw new OperatorError(
      "ROP_SETTINGS_INVALID",
      "--webhook-token-file: expected a file with one token of 16 characters or more",
    );
  const { deadlineMs = defaultDeadlineMs } = options;
  const limits = {
    requestTimeout: deadlineMs,
    headersTimeout: deadlineMs,
    maxHeaderSize: 8192,
    // How often the times of requests are checked.
    connectionsCheckingInterval: deadlineMs,
  };
  const handle: RequestListener = (request, response) => void answer(request, response, options);
  const connections = { most: mostConnections, mostOfAddress: mostConnections / 2 };
  return listen("webhook-listen", { address: options.listen, connections, limits, handle });
}

async function answer(request: IncomingMessage, response: ServerResponse, options: WebhookOptions): Promise<void> {
  // A sender that gives up in the middle needs no answer.
  request.on("error", () => undefined);
  response.on("error", () => undefined);
  const result = await handle(request, options);
  options.report(result);
  const keepsOn = result === "taken" || result === "invalid";
  response.writeHead(results[result], {
    "content-type": "text/plain",
    ...(result === "unauthorized" ? { "www-authenticate": "Bearer" } : {}),
    ...(result === "wrongMethod" ? { allow: "POST" } : {}),
    // Another connection may lead to the replica that leads; an unread body must not be taken for a request.
    ...(keepsOn ? {} : { connection: "close" }),
  });
  response.end(`${words[result]}\n`);
}

const words: Readonly<Record<CallResult, string>> = {
  taken: "taken",
  notFound: `expected ${path}`,
  wrongMethod: "expected POST",
  unauthorized: "expected the bearer token of the operator's file",
  tokenUnreadable: "the operator can't read its token",
  tooLarge: `expected at most ${maxBodyBytes} bytes`,
  tooSlow: "expected the body sooner",
  invalid: "expected the body of an Alertmanager webhook, version 4",
  notLeading: "another replica leads",
};

/** The cheapest reason first; the body is read only for who may send one. */
async function handle(request: IncomingMessage, options: WebhookOptions): Promise<CallResult> {
  if ((request.url ?? "").split("?")[0] !== path) return "notFound";
  if (request.method !== "POST") return "wrongMethod";
  const token = await readToken(options.tokenFile);
  if (token === undefined) return "tokenUnreadable";
  if (!isSame(request.headers.authorization ?? "", `Bearer ${token}`)) return "unauthorized";
  const body = await readBody(request, options.deadlineMs ?? defaultDeadlineMs);
  if (typeof body !== "string") return body.refused;
  const alerts = parseWebhookBody(body);
  if (alerts === undefined) return "invalid";
  return options.take(alerts) ? "taken" : "notLeading";
}

/** Undefined when there is none that could be sent, or that could be guessed. */
async function readToken(file: string): Promise<string | undefined> {
  try {
    const read = readCredentialText(await readFile(file, "utf8"));
    return "text" in read && /^[\x21-\x7e]{16,4096}$/.test(read.text) ? read.text : undefined;
  } catch {
    return undefined;
  }
}

/** Takes as long for any wrong token, whatever its length. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

type Refused = { readonly refused: "tooLarge" | "tooSlow" };

function readBody(request: IncomingMessage, deadlineMs: number): Promise<string | Refused> {
  if (Number(request.headers["content-length"] ?? 0) > maxBodyBytes) return Promise.resolve({ refused: "tooLarge" });
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let size = 0;
    const end = (body: string | Refused) => {
      clearTimeout(timer);
      request.removeAllListeners("data");
      request.pause();
      resolve(body);
    };
    const timer = setTimeout(() => end({ refused: "tooSlow" }), deadlineMs);
    request.on("data", (part: Buffer) => {
      size += part.length;
      parts.push(part);
      if (size > maxBodyBytes) end({ refused: "tooLarge" });
    });
    request.once("end", () => end(Buffer.concat(parts).toString("utf8")));
    request.once("close", () => end({ refused: "tooSlow" }));
  });
}
