// Error codes of Node's sockets and TLS, the same for every store.

const tlsCodes =
  /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO|INVALID_CA|INVALID_PURPOSE)/;

/** Whether an error code speaks of TLS. */
export function isTlsCode(code: string): boolean {
  return tlsCodes.test(code);
}

/** Errors that the runtime throws while it reads an answer, such as one that nests too deep: the store was reached. */
export function isOwnError(error: unknown): error is Error {
  return error instanceof RangeError || error instanceof SyntaxError;
}

/** Whether the other side was there and broke off. */
export function isBrokenOff(code: string): boolean {
  return code === "ECONNRESET" || code === "EPIPE" || code === "UND_ERR_SOCKET";
}

/** The error's code, else its cause's; "unknown" otherwise. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.cause === undefined ? "unknown" : codeOf(error.cause);
}
