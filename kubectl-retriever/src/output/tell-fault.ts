// What a person at the command line is told of a fault: what went wrong, where, and what to do.
import { asOperatorError, type ErrorCode, type OperatorError, remedyOf } from "@retriever/operator/errors.ts";
import { exitCodeOfFault, exitCodes } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

type Around = { readonly terminal: Terminal; readonly signal: AbortSignal };

const servers = new WeakMap<object, string>();

/** Remembers which server a fault came from. */
export function cameFrom(fault: unknown, server: string): void {
  if (typeof fault === "object" && fault !== null) servers.set(fault, server);
}

/** Says what went wrong and what to do. */
export function tellFault(fault: unknown, { terminal, signal }: Around): number {
  const error = asOperatorError(fault);
  terminal.endFrames();
  if (error.code === "ROP_STOPPED") {
    terminal.warn("interrupted");
    return exitCodes.interrupted;
  }
  terminal.warn(`${error.code}: ${error.message}`);
  terminal.warn(remedyFor(error, servers.get(error) ?? ""));
  return signal.aborted ? exitCodes.interrupted : exitCodeOfFault(error);
}

/** What helps a person whose call to a server failed. */
export function remedyFor(error: OperatorError, server: string): string {
  return remedies[error.code]?.(error, server) ?? remedyOf(error.code);
}

type Remedy = (error: OperatorError, server: string) => string | undefined;

/** What the table says to the operator's administrator is not always what helps here. */
const remedies: Readonly<Partial<Record<ErrorCode, Remedy>>> = {
  ROP_API_UNAVAILABLE: ({ cause }, server) =>
    remedyOfTls((cause as { readonly code?: unknown } | undefined)?.code, server) ??
    `Nobody answers at ${server}: check that the cluster runs and that this is the context you mean (--context).`,
  ROP_NOT_FOUND: ({ details }) =>
    details["served"] === "no"
      ? "Install the operator's chart, or the CustomResourceDefinitions of this program's release; if they are there, check the namespace (-n)."
      : "Check name and namespace (-n).",
  ROP_DEADLINE_EXCEEDED: (_, server) => `No answer from ${server} in time: give it longer by --request-timeout.`,
  ROP_UNAUTHENTICATED: (_, server) => `${server} doesn't know you: log in anew, or choose another --context.`,
  ROP_FORBIDDEN: ({ details }) =>
    typeof details["verb"] === "string"
      ? `If you lack the right: ask for "${details["verb"]}" on "${String(details["resource"])}" ${whereOf(details["namespace"])}.`
      : undefined,
  ROP_SETTINGS_INVALID: () =>
    "Give --kubeconfig and --context, or set KUBECONFIG; kubectl config get-contexts lists them.",
  ROP_STATUS_UNREADABLE: () =>
    "Another version wrote it: use the kubectl-retriever of that release. kubectl retriever version compares them.",
};

function whereOf(namespace: unknown): string {
  return typeof namespace === "string"
    ? `in namespace ${namespace}`
    : "in all namespaces, or look at one alone (-n; of check --in)";
}

/** Somebody answers there, but nothing was asked: undefined for any other fault. */
function remedyOfTls(code: unknown, server: string): string | undefined {
  if (typeof code !== "string") return undefined;
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID")
    return `The certificate of ${server} isn't valid today: have it renewed, or check this machine's clock.`;
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return `The certificate of ${server} is for another name: check server and tls-server-name of the kubeconfig's cluster.`;
  if (/^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_)/.test(code))
    return `The certificate of ${server} isn't of an authority that the kubeconfig's cluster names: check its certificate-authority, or log in anew.`;
  if (code.startsWith("ERR_OSSL_"))
    return "A certificate or key of the kubeconfig can't be used: log in anew, or write certificate-authority, client-certificate and client-key again.";
  return undefined;
}
