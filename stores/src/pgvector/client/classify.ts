// What a failure of Postgres or of the way to it means, in our codes. Foreign text is left out: it may quote values.

import { type Fault, RetrieverError } from "#errors.ts";
import { codeOf, isOwnError, transportFault } from "#values/node-error.ts";
import { TooMuchFault, WireFault } from "./message-watch.ts";
import { isAfterBinding } from "./row-query.ts";
import { meanings, refusedLogin, refusedSetting } from "./sql-states.ts";

/** Anything thrown by the driver. A deadline shows as the signal's own reason. */
export function postgresError(error: unknown, signal: AbortSignal): RetrieverError {
  if (error instanceof RetrieverError) return error;
  if (signal.aborted) {
    return wrap({ code: "RETR_DEADLINE_EXCEEDED", message: "Postgres didn't answer within the deadline" }, error);
  }
  if (error instanceof TooMuchFault) {
    const message = `Postgres' answer is larger than any that is taken (${error.message}): ask for less content or fewer chunks; if this isn't Postgres, check host and port`;
    return wrap({ code: "RETR_BACKEND_ANSWER_INVALID", message, isTooLarge: true }, error);
  }
  if (error instanceof WireFault) {
    const message = `Postgres' answer can't be read (${error.message}): check that host and port are Postgres' own`;
    return wrap({ code: "RETR_BACKEND_ANSWER_INVALID", message }, error);
  }
  if (isOwnError(error)) {
    const message = `Postgres' answer can't be read (${error.name}): a value nests too deep or isn't what its type says`;
    return wrap({ code: "RETR_BACKEND_ANSWER_INVALID", message }, error);
  }
  return wrap(isSqlState(codeOf(error)) ? reportFault(error as Error) : wayFault(error), error);
}

/** Five characters are a report of the server, whatever it says; the driver's and Node's own codes are longer, or EPIPE. */
function isSqlState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code) && code !== "EPIPE";
}

function reportFault(error: Error): Fault {
  const { message } = error;
  const code = codeOf(error);
  const known = meanings.find(({ state, says }) => state.test(code) && (says === undefined || says.test(message)));
  if (known !== undefined) {
    return { code: known.code, message: `${known.message} (${code})`, isAbsent: known.isAbsent === true };
  }
  if (code.startsWith("08")) {
    return { code: "RETR_BACKEND_UNAVAILABLE", message: `Postgres broke the connection off (${code})` };
  }
  const isFatal = "severity" in error && error.severity === "FATAL";
  if (code.startsWith("22")) return isFatal ? settingFault(code) : dataFault(error, code);
  // Poolers and proxies say of a login that failed in whatever way that it is an internal error.
  if (code === "XX000" && isFatal) return { code: "RETR_BACKEND_UNAVAILABLE", message: `${refusedLogin} (${code})` };
  return {
    code: "RETR_BACKEND_ANSWER_INVALID",
    message: `Postgres answered with an error (SQLSTATE ${code}): see its log`,
  };
}

function settingFault(code: string): Fault {
  return { code: "RETR_BACKEND_MISSING", message: `${refusedSetting} (${code})` };
}

/** What the driver says itself, without a code, by how it begins. */
const driverFaults: readonly (readonly [RegExp, Fault])[] = [
  [
    /does not support SSL/,
    {
      code: "RETR_BACKEND_TLS",
      message:
        "Postgres has no TLS, which is asked for: switch it on there, or say sslmode=disable where plain text is meant",
    },
  ],
  [
    /^There was an error establishing an SSL/,
    {
      code: "RETR_BACKEND_TLS",
      message: "what answers at Postgres' address doesn't say whether it has TLS: check host and port",
    },
  ],
  [
    /^SASL.*password must be/,
    { code: "RETR_BACKEND_AUTH", message: "Postgres wants a password, and there is none: add it" },
  ],
  [/^SASL/, { code: "RETR_BACKEND_AUTH", message: "Postgres wants another way to log in than a password (SASL)" }],
  [
    /^Unknown authenticationOk/,
    { code: "RETR_BACKEND_AUTH", message: "Postgres wants another way to log in than a password" },
  ],
  [
    /^received invalid response|^Unexpected .*message|length/,
    {
      code: "RETR_BACKEND_ANSWER_INVALID",
      message: "what answers at Postgres' address isn't Postgres: check host and port",
    },
  ],
  [
    /^timeout exceeded when trying to connect/,
    {
      code: "RETR_BACKEND_UNAVAILABLE",
      message: "no connection to Postgres came free within timeoutMs: raise poolSize, or find out why it is slow",
    },
  ],
  [
    /terminated due to connection timeout|^timeout expired/,
    {
      code: "RETR_BACKEND_UNAVAILABLE",
      message: "Postgres can't be reached (timeout): check host, port and network policies",
    },
  ],
  [
    /^Connection terminated|^Client was closed|not queryable/,
    { code: "RETR_BACKEND_UNAVAILABLE", message: "Postgres broke the connection off" },
  ],
];

function wayFault(error: unknown): Fault {
  const text = error instanceof Error ? error.message : "";
  const known = codeOf(error) === "unknown" ? driverFaults.find(([says]) => says.test(text)) : undefined;
  return known?.[1] ?? transportFault("Postgres", codeOf(error));
}

/** Of vectors, of bits, and of a cast. */
const otherDimensions = [
  /dimensions (\d{1,6}) and (\d{1,6})/,
  /bit lengths (\d{1,6}) and (\d{1,6})/,
  /expected (\d{1,6}) dimensions, not (\d{1,6})/,
];

/** The same of a statement that holds no request's values: what can't be read is a row's. */
export function readingError(error: unknown, signal: AbortSignal): RetrieverError {
  const known = postgresError(error, signal);
  if (known === error || known.code !== "RETR_REQUEST_INVALID") return known;
  return wrap({ code: "RETR_VERIFY_NOT_COMPARABLE", message: unreadableRow(codeOf(error)) }, error);
}

/** Of a value that the server stumbled over in a row. */
function unreadableRow(code: string): string {
  if (code === "22021") return `a text of a row isn't UTF-8 (${code}): correct the row`;
  if (code === "22P05") {
    const found = `JSON of a row has an escape for which the database's encoding has no character (${code})`;
    return `${found}: correct the row, or make the database anew in UTF8`;
  }
  const found = `a row can't be read as what a view, the base's where or a function makes of it (${code})`;
  return `${found}: correct the view, the condition or the row`;
}

/**
 * Class 22 is "data exception": a value of the request that the column can't be compared with. Once the server has taken
 * the values in, it is one of a row, by way of a view or a condition.
 */
function dataFault(error: Error, code: string): Fault {
  const { message } = error;
  const dimensions = otherDimensions.map((pattern) => pattern.exec(message)).find((found) => found !== null);
  if (dimensions !== undefined) {
    const text = `embedding: expected ${dimensions[1]} numbers, got ${dimensions[2]}`;
    return { code: "RETR_REQUEST_INVALID", message: text, path: "embedding" };
  }
  if (message.includes("halfvec")) {
    const text = "embedding: expected numbers that half precision holds, at most 65504";
    return { code: "RETR_REQUEST_INVALID", message: text, path: "embedding" };
  }
  if (isAfterBinding(error)) return { code: "RETR_BACKEND_ANSWER_INVALID", message: unreadableRow(code) };
  const text = `filters: expected values of the columns' own types (${code})`;
  return { code: "RETR_REQUEST_INVALID", message: text, path: "filters" };
}

function wrap(fault: Fault, cause: unknown): RetrieverError {
  return new RetrieverError(fault, cause);
}
