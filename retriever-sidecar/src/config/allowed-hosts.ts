// Hosts an overlay's adapter may connect to, and the credentials bound to them. From the pod template, never the overlay.
import type { Fault } from "@retriever/stores/errors.ts";
import { type AllowedHost, plainHost } from "#contract/allowed-hosts.ts";

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
