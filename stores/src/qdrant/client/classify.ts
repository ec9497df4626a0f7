// What a failure of Qdrant or of the way to it means, in our codes. Foreign text is left out: it may quote the query.

import { type ErrorCode, type Fault, RetrieverError } from "#errors.ts";
import { codeOf, isBrokenOff, isTlsCode } from "#values/node-error.ts";

/** An answer with a status other than 200. */
export function statusFault(status: number, body: string): Fault {
  if (status === 401 || status === 403)
    return fault("RETR_BACKEND_AUTH", `Qdrant refused the credential (HTTP ${status})`);
  if (status === 404) return fault("RETR_BACKEND_MISSING", "Qdrant has no such collection (HTTP 404)");
  if (status === 400 || status === 422) return requestFault(status, body);
  if (status >= 300 && status < 400) {
    return fault(
      "RETR_BACKEND_ANSWER_INVALID",
      `expected an answer, got a redirect (HTTP ${status}), which isn't followed`,
    );
  }
  if (status === 429) {
    const wait = /Retry after (\d{1,6})s/.exec(body)?.[1];
    const after = wait === undefined ? "" : `, it asks to wait ${wait} s`;
    return fault("RETR_BACKEND_UNAVAILABLE", `Qdrant's rate limit for the collection is used up (HTTP 429)${after}`);
  }
  return fault("RETR_BACKEND_UNAVAILABLE", `Qdrant failed (HTTP ${status})`);
}

/** Qdrant says 400 both for what the application asked and for what the configuration got wrong. */
function requestFault(status: number, body: string): Fault {
  const dimension = /expected dim: (\d{1,6}), got (\d{1,6})/.exec(body);
  if (dimension !== null) {
    const message = `embedding: expected ${dimension[1]} numbers, got ${dimension[2]}`;
    return { code: "RETR_REQUEST_INVALID", message, path: "embedding" };
  }
  if (body.includes("Not existing vector name")) {
    return fault("RETR_BACKEND_MISSING", "Qdrant has no vector of the configured name in this collection");
  }
  const strict = strictModeFault(body);
  if (strict !== undefined) return strict;
  // Whatever else could be wrong with a request has been checked before, so the application isn't to blame.
  return fault("RETR_BACKEND_ANSWER_INVALID", `Qdrant refused a valid request (HTTP ${status})`);
}

/** Strict mode's refusals name a key or a limit of the collection, and nothing of a query. */
function strictModeFault(body: string): Fault | undefined {
  const index =
    /Index required but not found for \\?"([^"\\]{1,200})\\?" of one of the following types: \[([^\]]{1,100})\]/.exec(
      body,
    );
  if (index !== null) {
    const [, key, types] = index;
    const message = `strict mode of the collection refuses a filter on ${key} without an index: create one of type ${types}`;
    return fault("RETR_BACKEND_MISSING", message);
  }
  const limit =
    /(Limit exceeded \d+ > \d+ for \\?"[a-z_ ]{1,40}|Condition size limit reached \(\d+ > \d+\)|Filter condition limit reached \(\d+ > \d+\)|Exact search disabled)/.exec(
      body,
    );
  if (limit === null) return undefined;
  const said = (limit[1] ?? "").replaceAll(/[\\"]/g, "");
  return fault("RETR_BACKEND_ANSWER_INVALID", `strict mode of the collection refused a request: ${said}`);
}

/** Anything thrown on the way. A deadline shows as the signal's own reason. */
export function transportError(error: unknown, signal: AbortSignal): RetrieverError {
  if (error instanceof RetrieverError) return error;
  if (signal.aborted) {
    return new RetrieverError(fault("RETR_DEADLINE_EXCEEDED", "Qdrant didn't answer within the deadline"), error);
  }
  const code = codeOf(error);
  if (isTlsCode(code)) return new RetrieverError(fault("RETR_BACKEND_TLS", `TLS with Qdrant failed (${code})`), error);
  // Codes of the HTTP parser.
  if (code.startsWith("HPE_")) {
    const message = `what answers at Qdrant's address speaks no HTTP (${code}): check the address`;
    return new RetrieverError(fault("RETR_BACKEND_ANSWER_INVALID", message), error);
  }
  const what = isBrokenOff(code) ? "Qdrant broke the connection off" : "Qdrant can't be reached";
  return new RetrieverError(fault("RETR_BACKEND_UNAVAILABLE", `${what} (${code})`), error);
}

function fault(code: ErrorCode, message: string): Fault {
  return { code, message };
}
