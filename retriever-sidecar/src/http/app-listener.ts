// The application's side: POST /v1/retrieve.
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Fault, faultOf } from "@retriever/stores/errors.ts";
import type { Clock } from "@retriever/stores/ports/clock.ts";
import type { Retrieve, Retrieved } from "#ports/retrieval.ts";
import type { Handler } from "./listener.ts";
import { isAnnouncedTooLarge, readBody, refuseBody, tooLarge } from "./read-body.ts";
import { sendFault, sendJson } from "./respond.ts";
import { readTraceContext } from "./trace-context.ts";

const maxRequestsInFlight = 256;
const path = "/v1/retrieve";

type AppContext = {
  readonly clock: Clock;
  readonly retrieve: Retrieve;
  readonly onTotal: (totalMs: number) => void;
  readonly onRejected: (fault: Fault) => void;
};

/** Handler of the application's listener. */
export function makeAppHandler(context: AppContext): Handler {
  let inFlight = 0;
  return (request, response) => {
    const refusal = refusalOf(request, inFlight);
    if (refusal !== undefined) {
      context.onRejected(refusal.fault);
      reject(request, response, refusal);
      return;
    }
    inFlight += 1;
    const progress: Progress = { afterwards: undefined };
    // "close" follows an answer that has been written, and comes alone when the client has left.
    response.once("close", () => {
      inFlight -= 1;
      progress.afterwards?.();
    });
    if (request.headers.expect !== undefined) response.writeContinue();
    void answer(request, response, progress, context);
  };
}

/** What is left to do for a request once it has been answered. */
type Progress = { afterwards: Retrieved["afterwards"] | undefined };
type Refusal = { readonly fault: Fault; readonly headers?: object };

function refusalOf(request: IncomingMessage, inFlight: number): Refusal | undefined {
  const [pathname] = (request.url ?? "").split("?", 1);
  if (pathname !== path) return { fault: { code: "RETR_NOT_FOUND", message: `expected ${path}` } };
  if (request.method !== "POST") {
    return { fault: { code: "RETR_METHOD_NOT_ALLOWED", message: "expected POST" }, headers: { allow: "POST" } };
  }
  if (request.headers["content-encoding"] !== undefined) {
    const message = "content-encoding: expected a body that isn't compressed";
    return { fault: { code: "RETR_REQUEST_INVALID", message, path: "content-encoding" } };
  }
  if (isAnnouncedTooLarge(request)) return { fault: tooLarge };
  if (inFlight >= maxRequestsInFlight) {
    const message = `${maxRequestsInFlight} requests are under way, the most at once`;
    return { fault: { code: "RETR_OVERLOADED", message }, headers: { "retry-after": "1" } };
  }
  return undefined;
}

/** A refused request's body is not read: the connection ends with the answer. */
function reject(request: IncomingMessage, response: ServerResponse, { fault, headers }: Refusal): void {
  if (isAnnouncedTooLarge(request)) refuseBody(request, response);
  else sendFault(response, fault, { ...headers, connection: "close" });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  progress: Progress,
  context: AppContext,
): Promise<void> {
  try {
    const body = await readBody(request);
    const startedAt = context.clock.monotonicMs();
    const retrieved = await context.retrieve(body, readTraceContext(request.headers), (afterwards) => {
      progress.afterwards = afterwards;
    });
    progress.afterwards = retrieved.afterwards;
    sendJson(response, 200, retrieved.response);
    context.onTotal(context.clock.monotonicMs() - startedAt);
  } catch (error) {
    fail(request, response, faultOf(error), context);
  }
}

/** To the application every fault of a store is one code (docs/sidecar-openapi.json); the finer ones are in the status. */
function fail(request: IncomingMessage, response: ServerResponse, fault: Fault, context: AppContext): void {
  if (request.destroyed && !request.complete) return;
  if (fault.code === "RETR_BODY_TOO_LARGE") {
    context.onRejected(fault);
    refuseBody(request, response);
    return;
  }
  const isOfStore = fault.code !== "RETR_DEADLINE_EXCEEDED" && storeCodes.test(fault.code);
  const shown: Fault = isOfStore ? { ...fault, code: "RETR_BACKEND_UNAVAILABLE" } : fault;
  if (fault.code === "RETR_REQUEST_INVALID" || fault.code === "RETR_NOT_READY") context.onRejected(fault);
  sendFault(response, shown);
}

const storeCodes = /^RETR_(BACKEND_|CREDENTIAL_|HOST_|SOURCE_)/;
