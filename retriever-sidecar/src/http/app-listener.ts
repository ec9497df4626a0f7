// The application's side: POST /v1/retrieve.
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Fault, faultOf, RetrieverError } from "@retriever/stores/errors.ts";
import type { Clock } from "@retriever/stores/ports/clock.ts";
import type { Retrieve, Retrieved } from "#ports/retrieval.ts";
import { type AnswerRoom, makeAnswerRoom } from "./answer-room.ts";
import { type BodyRoom, makeBodyRoom } from "./body-room.ts";
import { type ContentTurns, makeContentTurns, type Turn } from "./content-turns.ts";
import type { Handler } from "./listener.ts";
import { isAnnouncedTooLarge, readBody, refuseBody, tooLarge } from "./read-body.ts";
import { sendFault, sendJson } from "./respond.ts";
import { readTraceContext } from "./trace-context.ts";

/** Requests that have come whole. */
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
  const answers = makeAnswerRoom();
  const nowMs = (): number => context.clock.monotonicMs();
  const turns = makeContentTurns({ nowMs, unread: answers.unread, relieve: () => answers.relieve(nowMs()) });
  const load: Load = { inFlight: 0, room: makeBodyRoom(), answers, turns, takers: new WeakSet() };
  return (request, response) => {
    const refusal = refusalOf(request, load);
    if (refusal !== undefined) {
      context.onRejected(refusal.fault);
      reject(request, response, refusal);
      return;
    }
    const progress: Progress = { afterwards: undefined, isCounted: false, turn: undefined };
    // "close" follows an answer that has been written, and comes alone when the client has left.
    const exchange: Exchange = { request, response, progress, load };
    response.once("close", () => {
      setCounted(exchange, false);
      load.room.release(request);
      progress.turn?.leave();
      progress.afterwards?.();
    });
    if (request.headers.expect !== undefined) response.writeContinue();
    void answer(exchange, context);
  };
}

type Load = {
  inFlight: number;
  readonly room: BodyRoom;
  readonly answers: AnswerRoom;
  readonly turns: ContentTurns;
  readonly takers: WeakSet<object>;
};
/** What is left to do for a request once it has been answered. */
type Progress = { afterwards: Retrieved["afterwards"] | undefined; isCounted: boolean; turn: Turn | undefined };
type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly progress: Progress;
  readonly load: Load;
};
type Refusal = { readonly fault: Fault; readonly headers?: object };

function refusalOf(request: IncomingMessage, { inFlight }: Load): Refusal | undefined {
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
  return inFlight < maxRequestsInFlight ? undefined : { fault: overloaded };
}

const overloaded: Fault = {
  code: "RETR_OVERLOADED",
  message: `${maxRequestsInFlight} requests are under way, the most at once`,
  retryAfterSeconds: 1,
};

/** A refused request's body is not read: the connection ends with the answer. */
function reject(request: IncomingMessage, response: ServerResponse, { fault, headers }: Refusal): void {
  if (isAnnouncedTooLarge(request)) refuseBody(request, response);
  else sendFault(response, fault, { ...headers, connection: "close" });
}

async function answer(exchange: Exchange, context: AppContext): Promise<void> {
  const { request, response, progress, load } = exchange;
  try {
    const body = await readBody(request, load.room);
    // Counted only now: who sends half a body, and waits, would take the place of a whole request.
    if (load.inFlight >= maxRequestsInFlight) throw new RetrieverError(overloaded);
    setCounted(exchange, true);
    const startedAt = context.clock.monotonicMs();
    const retrieved = await context.retrieve(body, readTraceContext(request.headers), {
      onFailed: (afterwards) => {
        progress.afterwards = afterwards;
      },
      enter: (chunks) => enterTurn(exchange, chunks),
    });
    progress.afterwards = retrieved.afterwards;
    const bytes = sendJson(response, 200, retrieved.response);
    const now = context.clock.monotonicMs();
    load.answers.hold(response, now);
    if (progress.turn !== undefined) {
      progress.turn.written(bytes);
      // All of it is out: the client takes what it asks for.
      response.once("finish", () => load.takers.add(request.socket));
    }
    context.onTotal(now - startedAt);
  } catch (error) {
    progress.turn?.failed();
    fail(request, response, faultOf(error), context);
  }
}

/** While it waits it takes no place of a request that is under way: those without content need no turn. */
async function enterTurn(exchange: Exchange, chunks: number): Promise<void> {
  const { request, response, progress, load } = exchange;
  const turn = load.turns.enter(chunks, load.takers.has(request.socket));
  progress.turn = turn;
  if (response.destroyed) turn.leave();
  setCounted(exchange, false);
  await turn.ready;
  setCounted(exchange, true);
}

/** Never once the client has left: whoever was told of that has counted it off. */
function setCounted({ response, progress, load }: Exchange, isUnderWay: boolean): void {
  const isCounted = isUnderWay && !response.destroyed;
  if (progress.isCounted !== isCounted) load.inFlight += isCounted ? 1 : -1;
  progress.isCounted = isCounted;
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
  if (ownCodes.test(fault.code)) context.onRejected(fault);
  // What is left of a body isn't read.
  sendFault(response, shown, request.complete ? {} : { connection: "close" });
}

const ownCodes = /^RETR_(REQUEST_INVALID|NOT_READY|OVERLOADED)$/;
const storeCodes = /^RETR_(BACKEND_|CREDENTIAL_|HOST_|SOURCE_)/;
