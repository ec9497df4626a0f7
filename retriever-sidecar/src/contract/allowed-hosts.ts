// Hosts an overlay's adapter may connect to, as a pod template names them (RETRIEVER_ALLOWED_HOSTS), and the credentials
// bound to them.
import { credentialEnvPattern, credentialFilePattern } from "@retriever/stores/config/credential.ts";

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

/** Without brackets, in lower case. */
export function plainHost(host: string): string {
  return host.replace(/^\[|\]$/g, "").toLowerCase();
}
