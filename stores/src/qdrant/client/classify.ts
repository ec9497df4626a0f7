// What a failure of Qdrant or of the way to it means, in our codes. Foreign text is left out: it may quote the query.

import { type ErrorCode, type Fault, RetrieverError } from "#errors.ts";
import { codeOf, isTlsCode } from "#values/node-error.ts";

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
  // Whatever else could be wrong with a request has been checked before, so the application isn't to blame.
  return fault("RETR_BACKEND_ANSWER_INVALID", `Qdrant refused a valid request (HTTP ${status})`);
}

/** Anything thrown on the way. A deadline shows as the signal's own reason. */
export function transportError(error: unknown, signal: AbortSignal): RetrieverError {
  if (error instanceof RetrieverError) return error;
  if (signal.aborted) {
    return new RetrieverError(fault("RETR_DEADLINE_EXCEEDED", "Qdrant didn't answer within the deadline"), error);
  }
  const code = codeOf(error);
  if (isTlsCode(code)) return new RetrieverError(fault("RETR_BACKEND_TLS", `TLS with Qdrant failed (${code})`), error);
  return new RetrieverError(fault("RETR_BACKEND_UNAVAILABLE", `Qdrant can't be reached (${code})`), error);
}

function fault(code: ErrorCode, message: string): Fault {
  return { code, message };
}
