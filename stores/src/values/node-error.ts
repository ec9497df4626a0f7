// Error codes of Node's sockets and TLS, the same for every store.

const tlsCodes =
  /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO|INVALID_CA|INVALID_PURPOSE)/;

/** Whether an error code speaks of TLS. */
export function isTlsCode(code: string): boolean {
  return tlsCodes.test(code);
}

/** The error's code, else its cause's; "unknown" otherwise. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.cause === undefined ? "unknown" : codeOf(error.cause);
}
