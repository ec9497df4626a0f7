// What a failure of Qdrant or of the way to it means, in our codes. Foreign text is left out: it may quote the query, or the
// key that came with it. Of it only numbers, words of Qdrant's own and names that were asked for are passed on.

import { type ErrorCode, type Fault, RetrieverError } from "#errors.ts";
import { codeOf, transportFault } from "#values/node-error.ts";
import { AnswerTooLarge, NoRoomForAnswer } from "./exchange.ts";

const givenUp = "Qdrant gave up at the request's timeout: see whether an index serves it";
const statuses: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  401: ["RETR_BACKEND_AUTH", "Qdrant wants an API key, and not the one it got: correct apiKey"],
  403: ["RETR_BACKEND_AUTH", "the API key has no right to read the collection: use one that has"],
  404: ["RETR_BACKEND_MISSING", "Qdrant has no such collection: correct its name"],
  408: ["RETR_DEADLINE_EXCEEDED", givenUp],
  413: ["RETR_BACKEND_ANSWER_INVALID", "the request is larger than Qdrant or a proxy before it takes: raise its limit"],
  429: ["RETR_BACKEND_UNAVAILABLE", "Qdrant's rate limit for the collection is used up: raise it, or ask less often"],
  500: ["RETR_BACKEND_UNAVAILABLE", "Qdrant failed: see its log"],
  502: ["RETR_BACKEND_UNAVAILABLE", "a proxy before Qdrant can't reach it"],
  503: ["RETR_BACKEND_UNAVAILABLE", "Qdrant isn't ready: it starts, or shards of the collection are away"],
  504: ["RETR_BACKEND_UNAVAILABLE", "a proxy before Qdrant had no answer from it in time"],
};

type Refusal = { readonly status: number; readonly text: string; readonly retryAfter?: string | undefined };

const mostRefusalChars = 16_384;

/** What of an answer with a status other than 200 is read: it stands at the beginning, whatever a strange server sends behind it. */
export function refusalOf<Answer extends Refusal>(answer: Answer): Answer {
  return { ...answer, text: answer.text.slice(0, mostRefusalChars) };
}

/** Whether the request held this text. */
type Asked = (text: string) => boolean;

/** Of what `refusalOf` gives. */
export function statusFault({ status, text, retryAfter }: Refusal, isAsked?: Asked): Fault {
  if (status === 400 || status === 422) return requestFault(status, text, isAsked);
  const told = toldFault(status, text);
  if (told !== undefined) return told;
  if (status >= 300 && status < 400) {
    return fault(
      "RETR_BACKEND_ANSWER_INVALID",
      `expected an answer, got a redirect (HTTP ${status}), which isn't followed: name where it leads`,
    );
  }
  const [code, message] = statuses[status] ?? ["RETR_BACKEND_UNAVAILABLE", "Qdrant, or a proxy before it, failed"];
  const seconds = /^\d{1,4}$/.exec(retryAfter ?? "")?.[0] ?? /Retry after (\d{1,4})s/.exec(text)?.[1];
  if (seconds === undefined) return { ...fault(code, `${message} (HTTP ${status})`), isAbsent: status === 404 };
  return {
    code,
    message: `${message} (HTTP ${status}); it asks to wait ${seconds} s`,
    retryAfterSeconds: Number(seconds),
    isRateLimited: status === 429,
  };
}

const tokenRefusals: readonly (readonly [RegExp, string])[] = [
  [/^ExpiredSignature/, "the token (JWT) in apiKey has expired: issue another one, that outlives what it is for"],
  [
    /^InvalidSignature/,
    "the token (JWT) in apiKey isn't signed with the server's own key: sign one with the api_key that it has now",
  ],
  [
    /'payload' constraint is deprecated/,
    "the token (JWT) in apiKey limits points by their payload, which this Qdrant takes no more: issue one without it",
  ],
  [
    /stateful validation failed/,
    "the token (JWT) in apiKey wants a point that isn't there (value_exists), as one does that was revoked: issue another one",
  ],
];

/** A token that Qdrant refuses whatever is asked, though 403 is also what one gets that hasn't the right to this. */
export function tokenFault(status: number, text: string): Fault | undefined {
  const refusal = tokenRefusals.find(([said]) => said.test(text));
  return refusal && fault("RETR_BACKEND_AUTH", `${refusal[1]} (HTTP ${status})`);
}

/** Where the text says more than the status does. */
const told: readonly (readonly [number, RegExp, ErrorCode, string])[] = [
  [
    403,
    /^\{"error":/,
    "RETR_BACKEND_AUTH",
    "what stands before Qdrant, as in its cloud, refuses requests without a key or with a wrong one: correct apiKey",
  ],
  // A server gives up so, not by 408 or 504.
  [500, /Timeout error: Operation '.{1,60}?' timed out/, "RETR_DEADLINE_EXCEEDED", givenUp],
  [
    500,
    /No space left on device/,
    "RETR_BACKEND_UNAVAILABLE",
    "Qdrant's disk is full: make room on its volume, or enlarge it",
  ],
  [
    429,
    /larger than rate limiter capacity/,
    "RETR_BACKEND_UNAVAILABLE",
    "one request is more than Qdrant's rate limit for the collection takes in a minute: raise the limit",
  ],
];

function toldFault(status: number, text: string): Fault | undefined {
  const known = told.find(([of, says]) => of === status && says.test(text));
  if (known !== undefined) return fault(known[2], `${known[3]} (HTTP ${status})`);
  if (status === 401 || status === 403) return tokenFault(status, text);
  // Qdrant says what isn't found. Of a path that it doesn't know it says nothing, as other servers don't.
  if (status !== 404 || text.includes("Not found:")) return undefined;
  const message = "what answers knows no such request: Qdrant has it from 1.10 on, and url has to be its own";
  return fault("RETR_BACKEND_MISSING", `${message} (HTTP 404)`);
}

/** Qdrant says 400 both for what the application asked and for what the configuration got wrong. */
function requestFault(status: number, body: string, isAsked?: Asked): Fault {
  const dimension = /expected dim: (\d{1,6}), got (\d{1,6})/.exec(body);
  if (dimension !== null) {
    const message = `embedding: expected ${dimension[1]} numbers, got ${dimension[2]}`;
    return { code: "RETR_REQUEST_INVALID", message, path: "embedding" };
  }
  if (body.includes("Not existing vector name")) {
    return fault("RETR_BACKEND_MISSING", "Qdrant has no vector of the configured name in this collection");
  }
  if (body.includes("Shard key not specified")) return fault("RETR_BACKEND_ANSWER_INVALID", shardKeys);
  const strict = strictModeFault(body, isAsked);
  if (strict !== undefined) return strict;
  // Whatever else could be wrong with a request has been checked before, so the application isn't to blame.
  return fault("RETR_BACKEND_ANSWER_INVALID", `Qdrant refused a valid request (HTTP ${status})`);
}

const shardKeys =
  "the collection wants a shard key with each write (sharding_method: custom), and none is known: let the application write it";

/** Where no search but an exact one could be answered. */
export const unindexedSearch =
  "strict mode of the collection refuses exact searches, and its hnsw_config (m: 0) makes no index for others: set m, or search_allow_exact";

const indexTypes = ["keyword", "integer", "float", "bool", "geo", "datetime", "text", "uuid"];

/** Strict mode's refusals name a key or a limit of the collection. */
export function strictModeFault(body: string, isAsked: Asked = () => false): Fault | undefined {
  const index =
    /Index required but not found for \\?"(.{1,200}?)\\?" of one of the following types: \[([a-z]{1,10})/.exec(body);
  if (index !== null && indexTypes.includes(index[2] ?? "")) {
    const [, named = "", type] = index;
    // A key that isn't plain has quotes of its own, which are escaped.
    const key = named.replaceAll("\\", "");
    const own = isAsked(`"key":${JSON.stringify(key)}`) ? key : "one of the keys";
    const message = `strict mode of the collection refuses a filter on ${own} without an index: create one of type ${type}`;
    return fault("RETR_BACKEND_MISSING", message);
  }
  const full =
    /(Max points count limit of \d+ reached|Max (vector|payload) storage size limit of [\d.e-]{1,30}MB reached|(Resident memory|Disk) usage is at \d+% of total (memory|capacity), exceeding the configured limit of \d+%)/.exec(
      body,
    );
  if (full !== null) {
    const message = `strict mode of the collection takes no more: ${full[1]}; make room, or raise the limit`;
    return fault("RETR_BACKEND_ANSWER_INVALID", message);
  }
  if (/Request is forbidden.{0,300}indexing is disabled/.test(body))
    return fault("RETR_BACKEND_MISSING", unindexedSearch);
  const limit =
    /(Limit exceeded \d{1,20} > \d{1,20}( for \\?"(limit|offset|timeout|hnsw_ef|oversampling|upsert limit)\b)?|Condition size limit reached \(\d+ > \d+\)|Filter condition limit reached \(\d+ > \d+\)|Exact search disabled)/.exec(
      body,
    );
  if (limit === null) return undefined;
  const said = (limit[1] ?? "").replaceAll(/[\\"]/g, "");
  return fault(
    "RETR_BACKEND_ANSWER_INVALID",
    `strict mode of the collection refused a request: ${said}; ask for less, or raise the limit`,
  );
}

/** Anything thrown on the way. A deadline shows as the signal's own reason. */
export function transportError(error: unknown, signal: AbortSignal): RetrieverError {
  if (error instanceof RetrieverError) return error;
  if (signal.aborted) {
    return new RetrieverError(fault("RETR_DEADLINE_EXCEEDED", "Qdrant didn't answer within the deadline"), error);
  }
  if (error instanceof AnswerTooLarge || codeOf(error) === "UND_ERR_RES_EXCEEDED_MAX_SIZE") {
    const message =
      "Qdrant's answer is larger than any that is taken: ask for less content or fewer chunks; if this isn't Qdrant, check the address";
    return new RetrieverError({ ...fault("RETR_BACKEND_ANSWER_INVALID", message), isTooLarge: true }, error);
  }
  if (error instanceof NoRoomForAnswer) {
    const message = "the answers that are under way take all the room for them: ask for less content, or less at once";
    return new RetrieverError({ ...fault("RETR_OVERLOADED", message), retryAfterSeconds: 1 }, error);
  }
  const code = codeOf(error);
  if (code.startsWith("HPE_") || isUnparsed(error)) {
    const message = "what answers at Qdrant's address speaks no HTTP, or only over TLS: check port and scheme (https)";
    return new RetrieverError(fault("RETR_BACKEND_ANSWER_INVALID", message), error);
  }
  return new RetrieverError(transportFault("Qdrant", code), error);
}

/** The parser's own error has no code where the first bytes are another protocol's, such as a TLS alert. */
function isUnparsed(error: unknown): boolean {
  return error instanceof Error && (error.name === "HTTPParserError" || isUnparsed(error.cause));
}

function fault(code: ErrorCode, message: string): Fault {
  return { code, message };
}
