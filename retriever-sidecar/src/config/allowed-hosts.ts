// Hosts an overlay's adapter may connect to, and the credentials bound to them. From the pod template, never the overlay.
import { credentialEnvPattern, credentialFilePattern } from "@retriever/stores/config/credential.ts";
import type { Fault } from "@retriever/stores/errors.ts";

export type AllowedHost = {
  readonly host: string;
  /** Null: any port. */
  readonly port: number | null;
  /** Variable or file that may go only to hosts it is bound to; null: the entry binds none. */
  readonly credential: string | null;
  /** Only with TLS. */
  readonly demandsTls: boolean;
};

const entryPattern =
  /^((?:https|tls):\/\/)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::(\d{1,5}))?(?:=(.+))?$/;

/** `[https://]host[:port][=credential],…`, with `tls://` for the same; the position of the first entry that isn't one otherwise. */
export function parseAllowedHosts(text: string): { hosts: AllowedHost[] } | { faultyEntry: number } {
  const entries = text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  const hosts = entries.map(parseEntry);
  const faultyEntry = hosts.indexOf(undefined);
  return faultyEntry >= 0 ? { faultyEntry } : { hosts: hosts.filter((host) => host !== undefined) };
}

function parseEntry(entry: string): AllowedHost | undefined {
  const match = entryPattern.exec(entry);
  if (match === null) return undefined;
  const [, scheme, host = "", port, credential = null] = match;
  // What no overlay can name would bind nothing, and leave the credential that was meant free to go anywhere.
  if (credential !== null && !credentialEnvPattern.test(credential) && !credentialFilePattern.test(credential)) {
    return undefined;
  }
  const at = { host: plainHost(host), port: port === undefined ? null : Number(port) };
  if (at.port === 0 || (at.port ?? 1) > 65_535) return undefined;
  return { ...at, credential, demandsTls: scheme !== undefined };
}

function plainHost(host: string): string {
  return host.replace(/^\[|\]$/g, "").toLowerCase();
}

type Target = { readonly host: string; readonly port: number };

function entriesFor(allowed: readonly AllowedHost[], { host, port }: Target): AllowedHost[] {
  return allowed.filter((entry) => entry.host === plainHost(host) && (entry.port ?? port) === port);
}

/** Whether an overlay may connect to `host:port` with these credentials (variables or files); the fault otherwise. */
export function checkAllowed(
  allowed: readonly AllowedHost[],
  target: Target,
  credentials: readonly string[],
): Fault | undefined {
  const host = plainHost(target.host);
  const matching = entriesFor(allowed, target);
  if (matching.length === 0) {
    return {
      code: "RETR_HOST_NOT_ALLOWED",
      message: `destination: host ${host}:${target.port} isn't listed in RETRIEVER_ALLOWED_HOSTS of this pod`,
    };
  }
  const boundElsewhere = credentials.find((credential) => isBoundElsewhere(allowed, matching, credential));
  if (boundElsewhere === undefined) return undefined;
  return {
    code: "RETR_CREDENTIAL_NOT_ALLOWED",
    message: `destination: ${boundElsewhere} is bound to another host than ${host}:${target.port} in RETRIEVER_ALLOWED_HOSTS`,
  };
}

/** The fault of a connection in plain text to a host that any entry allows with TLS only. */
export function checkTls(allowed: readonly AllowedHost[], target: Target, isEncrypted: boolean): Fault | undefined {
  if (isEncrypted || !entriesFor(allowed, target).some(({ demandsTls }) => demandsTls)) return undefined;
  const message = `destination: RETRIEVER_ALLOWED_HOSTS of this pod allows ${plainHost(target.host)}:${target.port} with TLS only`;
  return { code: "RETR_HOST_NOT_ALLOWED", message };
}

function isBoundElsewhere(
  allowed: readonly AllowedHost[],
  matching: readonly AllowedHost[],
  credential: string,
): boolean {
  const bound = allowed.filter((entry) => entry.credential === credential);
  return bound.length > 0 && !bound.some((entry) => matching.includes(entry));
}
