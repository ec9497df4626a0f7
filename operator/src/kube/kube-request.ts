// One call to the API server: a deadline, no redirects, a bounded answer, coded errors. JSON goes in and out as it is.
import { type Dispatcher, request } from "undici";
import { OperatorError } from "#errors.ts";
import { type Invalid, parseJson, readText, transportFault } from "#http/exchange.ts";
import type { Clock } from "#ports/clock.ts";
import { limitTime } from "#timing/deadline.ts";
import { describePlace, refusalOf } from "./api-errors.ts";
import type { KubeConnection } from "./kube-access.ts";
import { type Place, pathOf } from "./resources.ts";

export const mergePatch = "application/merge-patch+json";
export const applyPatch = "application/apply-patch+yaml";

/** Form of an answer that leaves out everything but metadata. */
export function metadataOf(kind: "PartialObjectMetadata" | "PartialObjectMetadataList"): string {
  return `application/json;as=${kind};g=meta.k8s.io;v=v1,application/json`;
}

export type KubeCall = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly place: Place;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Of the body; default application/json. */
  readonly contentType?: string;
  /** Another form of the answer; default application/json. */
  readonly accept?: string;
  /** The answer is no JSON: resolves with its text. */
  readonly form?: "text";
  readonly signal: AbortSignal;
};

/** Resolves with the parsed answer; rejects with a coded error. */
export type KubeRequest = (call: KubeCall) => Promise<unknown>;

export type CallReport = {
  readonly verb: string;
  readonly resource: string;
  readonly code: string;
  readonly seconds: number;
};

type RequestOptions = {
  readonly deadlineMs: number;
  readonly clock: Clock;
  /** Told of every call that ended, for metrics. */
  readonly report?: (call: CallReport) => void;
  /** Asked at the last moment before anything but a read is sent; a no is ROP_LEASE_LOST. Absent: always. */
  readonly mayWrite?: () => boolean;
  /** Told of the server's time with each answer, epoch ms, in whole seconds. */
  readonly onServerTime?: (ms: number) => void;
};

const maxAnswerBytes = 32 * 1024 * 1024;
/** Faults of a kept-alive connection that the server had closed: a read may simply be sent again. */
const staleConnectionCodes = new Set(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"]);

/** Requests over a connection, each with the same deadline. */
export function makeKubeRequest(connection: KubeConnection, options: RequestOptions): KubeRequest {
  const once = async (call: KubeCall): Promise<unknown> => {
    if (connection.isAttended === true) await waitForLogin(connection, call);
    const limit = limitTime({ clock: options.clock, limitMs: options.deadlineMs, signal: call.signal });
    try {
      // A program that logs in may wait for somebody who isn't there.
      const { headers, dispatcher } = await unlessAborted(connection.authorize(), limit.signal);
      if (call.method !== "GET" && options.mayWrite?.() === false)
        throw new OperatorError("ROP_LEASE_LOST", `${verbOf(call)} ${describePlace(call.place)} was not sent`);
      const answer = await request(urlOf(connection.server, call), {
        method: call.method,
        dispatcher,
        signal: limit.signal,
        headers: { ...headers, accept: call.accept ?? "application/json", ...bodyHeaders(call) },
        body: call.body === undefined ? null : JSON.stringify(call.body),
      });
      const serverMs = Date.parse(String(answer.headers["date"]));
      if (Number.isFinite(serverMs)) options.onServerTime?.(serverMs);
      return await readAnswer(call, answer, headers);
    } catch (fault) {
      throw transportFault(fault, {
        about: `${verbOf(call)} ${describePlace(call.place)}`,
        unreachable: "ROP_API_UNAVAILABLE",
        outer: call.signal,
        deadline: limit.signal,
      });
    } finally {
      limit.end();
    }
  };

  return async (call) => {
    const from = options.clock.elapsed();
    let code = "OK";
    try {
      return await withSecondChance(call, once, connection);
    } catch (fault) {
      code = fault instanceof OperatorError ? fault.code : "ROP_UNEXPECTED";
      throw fault;
    } finally {
      const seconds = (options.clock.elapsed() - from) / 1000;
      options.report?.({ verb: verbOf(call), resource: call.place.resource.plural, code, seconds });
    }
  };
}

/** A person who is asked for the login takes the time they need: the deadline counts from then on. */
async function waitForLogin(connection: KubeConnection, { signal, ...call }: KubeCall): Promise<void> {
  try {
    await unlessAborted(connection.authorize(), signal);
  } catch (fault) {
    const about = `${verbOf(call)} ${describePlace(call.place)}`;
    throw transportFault(fault, { about, unreachable: "ROP_API_UNAVAILABLE", outer: signal, deadline: signal });
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const give = () => aborted.reject(signal.reason as Error);
  if (signal.aborted) give();
  signal.addEventListener("abort", give, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", give);
  }
}

/** One more try: of a read whose connection was gone, or of any call with a token that had just been replaced. */
async function withSecondChance(call: KubeCall, once: KubeRequest, connection: KubeConnection): Promise<unknown> {
  try {
    return await once(call);
  } catch (fault) {
    if (!(fault instanceof OperatorError) || call.signal.aborted) throw fault;
    // A program that couldn't log in has told the person why, or asked them.
    if (fault.code === "ROP_UNAUTHENTICATED" && fault.details["login"] !== "failed") {
      connection.forget();
      return once(call);
    }
    const cause = (fault.cause as { code?: unknown } | undefined)?.code;
    if (call.method === "GET" && typeof cause === "string" && staleConnectionCodes.has(cause)) return once(call);
    throw fault;
  }
}

/** The verb as rights name it. */
export function verbOf(call: Pick<KubeCall, "method" | "place">): string {
  if (call.method === "GET") return call.place.name === undefined ? "list" : "get";
  return { POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" }[call.method];
}

/** Full URL of a call. */
export function urlOf(server: string, call: Pick<KubeCall, "place" | "query">): string {
  const query = new URLSearchParams(call.query).toString();
  return `${server}${pathOf(call.place)}${query === "" ? "" : `?${query}`}`;
}

function bodyHeaders(call: KubeCall): Record<string, string> {
  return call.body === undefined ? {} : { "content-type": call.contentType ?? "application/json" };
}

async function readAnswer(
  call: KubeCall,
  answer: Dispatcher.ResponseData,
  sent: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const invalid: Invalid = (what, cause) =>
    new OperatorError("ROP_API_ANSWER_INVALID", `${verbOf(call)} ${describePlace(call.place)}: ${what}`, { cause });
  const text = await readText(answer, maxAnswerBytes, invalid);
  if (answer.statusCode < 200 || answer.statusCode > 299) {
    const retryAfter = answer.headers["retry-after"];
    throw refusalOf({
      verb: verbOf(call),
      place: call.place,
      status: answer.statusCode,
      body: text,
      retryAfter: typeof retryAfter === "string" ? retryAfter : undefined,
      sent,
    });
  }
  if (call.form === "text") return text;
  return text === "" ? undefined : parseJson(text, invalid);
}
