// Error codes of Node's sockets and TLS, the same for every store: what failed on the way, and what to do about it.
import type { Fault } from "#errors.ts";
import { forbiddenAddressCode } from "./guarded-lookup.ts";

const tlsCodes =
  /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO|INVALID_CA|INVALID_PURPOSE)/;

const tlsReasons: readonly (readonly [RegExp, string])[] = [
  [
    /ALTNAME|HOSTNAME_MISMATCH/,
    "its certificate is for another name than the configured host: use the name that it is for",
  ],
  [/EXPIRED|NOT_YET_VALID/, "its certificate isn't valid now: renew it, or set the clock right"],
  [
    /SELF_SIGNED|UNABLE_TO|DEPTH_ZERO|INVALID_CA/,
    "nobody that is trusted signed its certificate: set tls.caFile to the authority's",
  ],
  [/CERTIFICATE_REQUIRED/, "it wants a certificate of the client, which isn't sent: let it take clients without one"],
  [
    /ALERT|UNRECOGNIZED_NAME/,
    "the server ended it: see its log for the name, version or client's certificate it wants",
  ],
  [/WRONG_VERSION_NUMBER|EPROTO/, "what answers there speaks no TLS: check port and scheme"],
];

const wayReasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there: check host and port, and whether it runs",
  ENOTFOUND: "the host's name isn't known: check its spelling and the pod's DNS",
  EAI_AGAIN: "the host's name can't be looked up now: check the pod's DNS",
  ETIMEDOUT: "nothing answers there: check host, port and network policies",
  UND_ERR_CONNECT_TIMEOUT: "nothing answers there: check host, port and network policies",
  EHOSTUNREACH: "there is no way to it: check host and network policies",
  ENETUNREACH: "there is no way to it: check host and network policies",
  ENOENT: "the socket isn't there: check its folder, and that it is mounted",
  EACCES: "the socket may not be opened: check its rights",
  EPERM: "a network policy forbids it",
};

/** What a failure between this process and a store means; only what wasn't reached can't be reached. */
export function transportFault(store: string, code: string): Fault {
  if (code === forbiddenAddressCode) {
    const message = `the name of ${store}'s host leads to a link-local or reserved address, where no store is`;
    return { code: "RETR_HOST_NOT_ALLOWED", message };
  }
  if (tlsCodes.test(code)) {
    const reason = tlsReasons.find(([codes]) => codes.test(code))?.[1] ?? "see what its certificate lacks";
    return { code: "RETR_BACKEND_TLS", message: `TLS with ${store} failed (${code}): ${reason}` };
  }
  if (isBrokenOff(code))
    return { code: "RETR_BACKEND_UNAVAILABLE", message: `${store} broke the connection off (${code})` };
  const reason = wayReasons[code];
  const message =
    reason === undefined
      ? `the connection to ${store} failed (${code})`
      : `${store} can't be reached (${code}): ${reason}`;
  return { code: "RETR_BACKEND_UNAVAILABLE", message };
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
