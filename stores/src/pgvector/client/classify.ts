// What a failure of Postgres or of the way to it means, in our codes. Foreign text is left out: it may quote values.

import { type ErrorCode, type Fault, RetrieverError } from "#errors.ts";
import { codeOf, isBrokenOff, isOwnError, isTlsCode } from "#values/node-error.ts";

const bySqlState: readonly (readonly [RegExp, ErrorCode, string])[] = [
  [/^28/, "RETR_BACKEND_AUTH", "Postgres refused the credential"],
  [/^42501$/, "RETR_BACKEND_AUTH", "the credential has no right to read the table"],
  [/^3D000$/, "RETR_BACKEND_MISSING", "Postgres has no such database"],
  [/^(42P01|3F000)$/, "RETR_BACKEND_MISSING", "Postgres has no such table"],
  [/^42703$/, "RETR_BACKEND_MISSING", "the table lacks a configured or required column"],
  [
    /^42883$/,
    "RETR_BACKEND_MISSING",
    "the embedding column has no such distance, or a filter compares what can't be compared",
  ],
  [/^428(04|46)$/, "RETR_BACKEND_MISSING", "a column's type can't be read as what the column stands for"],
  [
    /^(08P01|26000|42P05)$/,
    "RETR_BACKEND_ANSWER_INVALID",
    "a pooler lost a prepared statement: set preparedStatements: false",
  ],
  [
    /^25006$/,
    "RETR_BACKEND_AUTH",
    "the server takes no writes: it is a replica, or default_transaction_read_only is set",
  ],
  [/^53300$/, "RETR_BACKEND_UNAVAILABLE", "Postgres has no connection left: raise max_connections, or lower poolSize"],
  [/^57P0/, "RETR_BACKEND_UNAVAILABLE", "Postgres is starting or shutting down"],
  [/^57014$/, "RETR_DEADLINE_EXCEEDED", "Postgres gave up at statement_timeout"],
];

/** Anything thrown by the driver. A deadline shows as the signal's own reason. */
export function postgresError(error: unknown, signal: AbortSignal): RetrieverError {
  if (error instanceof RetrieverError) return error;
  if (signal.aborted) {
    return wrap({ code: "RETR_DEADLINE_EXCEEDED", message: "Postgres didn't answer within the deadline" }, error);
  }
  if (isOwnError(error)) {
    const message = `Postgres' answer can't be read (${error.name}): a value nests too deep or isn't what its type says`;
    return wrap({ code: "RETR_BACKEND_ANSWER_INVALID", message }, error);
  }
  return wrap(classify(codeOf(error), error instanceof Error ? error.message : ""), error);
}

function classify(code: string, message: string): Fault {
  if (code === "28000" && /no encryption|SSL off/.test(message)) {
    return { code: "RETR_BACKEND_TLS", message: "Postgres takes connections over TLS only (28000): set tls" };
  }
  const known = bySqlState.find(([pattern]) => pattern.test(code));
  if (known !== undefined) return { code: known[1], message: `${known[2]} (${code})` };
  if (code.startsWith("22")) return requestFault(code, message);
  if (isTlsCode(code) || message.includes("does not support SSL")) {
    return { code: "RETR_BACKEND_TLS", message: `TLS with Postgres failed (${code})` };
  }
  if (message.startsWith("SASL")) return { code: "RETR_BACKEND_AUTH", message: "Postgres wants another credential" };
  // Five characters are a report of the server, whatever it says; the driver's own codes are longer.
  if (/^[0-9A-Z]{5}$/.test(code) && !code.startsWith("08") && code !== "EPIPE") {
    return { code: "RETR_BACKEND_ANSWER_INVALID", message: `Postgres answered with an error (SQLSTATE ${code})` };
  }
  const what = isBrokenOff(code) ? "Postgres broke the connection off" : "Postgres can't be reached";
  return { code: "RETR_BACKEND_UNAVAILABLE", message: `${what} (${code})` };
}

/** Of vectors, of bits, and of a cast. */
const otherDimensions = [
  /dimensions (\d{1,6}) and (\d{1,6})/,
  /bit lengths (\d{1,6}) and (\d{1,6})/,
  /expected (\d{1,6}) dimensions, not (\d{1,6})/,
];

/** Class 22 is "data exception": a value of the request that the column can't be compared with. */
function requestFault(code: string, message: string): Fault {
  const dimensions = otherDimensions.map((pattern) => pattern.exec(message)).find((found) => found !== null);
  if (dimensions !== undefined) {
    const text = `embedding: expected ${dimensions[1]} numbers, got ${dimensions[2]}`;
    return { code: "RETR_REQUEST_INVALID", message: text, path: "embedding" };
  }
  if (message.includes("halfvec")) {
    const text = "embedding: expected numbers that half precision holds, at most 65504";
    return { code: "RETR_REQUEST_INVALID", message: text, path: "embedding" };
  }
  const text = `filters: expected values of the columns' own types (${code})`;
  return { code: "RETR_REQUEST_INVALID", message: text, path: "filters" };
}

function wrap(fault: Fault, cause: unknown): RetrieverError {
  return new RetrieverError(fault, cause);
}
