// What a failure of Postgres or of the way to it means, in our codes. Foreign text is left out: it may quote values.

import { type ErrorCode, type Fault, RetrieverError } from "#errors.ts";
import { codeOf, isTlsCode } from "#values/node-error.ts";

const bySqlState: readonly (readonly [RegExp, ErrorCode, string])[] = [
  [/^28/, "RETR_BACKEND_AUTH", "Postgres refused the credential"],
  [/^42501$/, "RETR_BACKEND_AUTH", "the credential has no right to read the table"],
  [/^3D000$/, "RETR_BACKEND_MISSING", "Postgres has no such database"],
  [/^(42P01|3F000)$/, "RETR_BACKEND_MISSING", "Postgres has no such table"],
  [/^42703$/, "RETR_BACKEND_MISSING", "the table lacks a configured or required column"],
  [/^42883$/, "RETR_BACKEND_MISSING", "the embedding column isn't a vector, or the extension is missing"],
  [/^57014$/, "RETR_DEADLINE_EXCEEDED", "Postgres gave up at statement_timeout"],
];

/** Anything thrown by the driver. A deadline shows as the signal's own reason. */
export function postgresError(error: unknown, signal: AbortSignal): RetrieverError {
  if (error instanceof RetrieverError) return error;
  if (signal.aborted) {
    return wrap({ code: "RETR_DEADLINE_EXCEEDED", message: "Postgres didn't answer within the deadline" }, error);
  }
  return wrap(classify(codeOf(error), error instanceof Error ? error.message : ""), error);
}

function classify(code: string, message: string): Fault {
  const known = bySqlState.find(([pattern]) => pattern.test(code));
  if (known !== undefined) return { code: known[1], message: `${known[2]} (${code})` };
  if (code.startsWith("22")) return requestFault(code, message);
  if (isTlsCode(code) || message.includes("does not support SSL")) {
    return { code: "RETR_BACKEND_TLS", message: `TLS with Postgres failed (${code})` };
  }
  if (message.startsWith("SASL")) return { code: "RETR_BACKEND_AUTH", message: "Postgres wants another credential" };
  return { code: "RETR_BACKEND_UNAVAILABLE", message: `Postgres can't be reached or failed (${code})` };
}

/** Class 22 is "data exception": a value of the request that the column can't be compared with. */
function requestFault(code: string, message: string): Fault {
  const dimensions = /dimensions (\d{1,6}) and (\d{1,6})/.exec(message);
  if (dimensions !== null) {
    const text = `embedding: expected ${dimensions[1]} numbers, got ${dimensions[2]}`;
    return { code: "RETR_REQUEST_INVALID", message: text, path: "embedding" };
  }
  const text = `filters: expected values of the columns' own types (${code})`;
  return { code: "RETR_REQUEST_INVALID", message: text, path: "filters" };
}

function wrap(fault: Fault, cause: unknown): RetrieverError {
  return new RetrieverError(fault, cause);
}
