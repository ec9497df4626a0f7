// The operator's one error class and the table of its codes.
import { printable } from "@retriever/stores/values/printable.ts";

type ErrorRow = {
  readonly retryable: boolean;
  readonly summary: string;
  readonly remedy: string;
};

/** Every code the operator can report: what it means and what to do. `docs/errors.md` is held to it. */
export const errorTable = {
  ROP_CONFLICT: {
    retryable: true,
    summary: "the object changed since it was read",
    remedy: "Nothing to do: the operator reads it again and decides anew.",
  },
  ROP_NAME_TAKEN: {
    retryable: true,
    summary: "an object that the operator would write is somebody else's",
    remedy: "Rename or delete the named object: the operator neither changes it nor takes it for its own.",
  },
  ROP_FIELD_CONFLICT: {
    retryable: true,
    summary: "another field manager owns the overlay",
    remedy: "Stop the named manager from writing the overlay's ConfigMap; see the ignore rules for GitOps tools.",
  },
  ROP_UNAUTHENTICATED: {
    retryable: true,
    summary: "the API server does not know who is asking",
    remedy: "Check the service account's token, or the kubeconfig's user.",
  },
  ROP_FORBIDDEN: {
    retryable: true,
    summary: "the API server refused for lack of rights or by an admission policy",
    remedy: "Grant the named verb on the named resource, or read the policy's message.",
  },
  ROP_NOT_FOUND: {
    retryable: true,
    summary: "the object does not exist",
    remedy: "Check name and namespace; for a resource kind, install its CustomResourceDefinition.",
  },
  ROP_INVALID: {
    retryable: false,
    summary: "the API server refused the object as invalid",
    remedy: "Read the named field; after an upgrade, install the matching CustomResourceDefinitions.",
  },
  ROP_DEFINITION_OUTDATED: {
    retryable: true,
    summary: "the API server drops fields of the status: its CustomResourceDefinition is older than the operator",
    remedy: "Install the CustomResourceDefinitions of this release; until then nothing moves but a rollback.",
  },
  ROP_EXPIRED: {
    retryable: true,
    summary: "the resource version is too old",
    remedy: "Nothing to do: the operator lists again.",
  },
  ROP_API_UNAVAILABLE: {
    retryable: true,
    summary: "the API server cannot be reached or is overloaded",
    remedy: "Check the API server and the network policy; the operator tries again by itself.",
  },
  ROP_API_ANSWER_INVALID: {
    retryable: true,
    summary: "the API server sent an answer that cannot be used",
    remedy: "Check for a proxy between operator and API server.",
  },
  ROP_DEADLINE_EXCEEDED: {
    retryable: true,
    summary: "no answer within the deadline",
    remedy: "Check the named peer; raise the deadline only if it is merely slow.",
  },
  ROP_STOPPED: {
    retryable: true,
    summary: "given up because the operator stops",
    remedy: "Nothing to do: the next leader goes on from the cluster's state.",
  },
  ROP_SIDECAR_UNREACHABLE: {
    retryable: true,
    summary: "a sidecar does not answer",
    remedy: "Check that the container retriever-sidecar runs and that port admin is open to the operator.",
  },
  ROP_SIDECAR_PLAIN_TEXT_REFUSED: {
    retryable: true,
    summary: "somebody takes the connection on port admin and answers no plain HTTP",
    remedy: "Except port admin from the mesh's strict mutual TLS (Istio: portLevelMtls of a PeerAuthentication).",
  },
  ROP_SIDECAR_ANSWER_INVALID: {
    retryable: true,
    summary: "a sidecar sent an answer that is not a status",
    remedy: "Check the sidecar's version and that port admin belongs to it.",
  },
  ROP_SIDECAR_NOT_PROVED: {
    retryable: true,
    summary: "who answers for a pod doesn't prove to be this pod",
    remedy:
      "Check that its container mounts a token for retriever-operator, and who else answers at the pod's address; the operator's account needs `create tokenreviews` (sidecarTls.clientSecretName of its chart).",
  },
  ROP_ALERTS_UNAVAILABLE: {
    retryable: true,
    summary: "a Prometheus or Alertmanager can't be read",
    remedy: "Check the named source: its address, its token and CA files, and that it answers within the deadline.",
  },
  ROP_ALERTS_ANSWER_INVALID: {
    retryable: true,
    summary: "a Prometheus or Alertmanager sent an answer that can't be used whole",
    remedy: "Check that the address is the API's own and no proxy's, and what the source warns of.",
  },
  ROP_STATUS_UNREADABLE: {
    retryable: false,
    summary: "the migration's status cannot be read by this version, or has fields it doesn't know",
    remedy:
      "Run the operator version that wrote it, or a newer one; nothing is changed meanwhile, so that no field is lost. Only a Rollback or Abort act is followed.",
  },
  ROP_OVERLAY_INVALID: {
    retryable: false,
    summary: "no sidecar would read the overlay that is to be written, so it is not",
    remedy:
      "Correct the named field: where it comes from the plan, abort and create another migration; else restore the status.",
  },
  ROP_LEASE_LOST: {
    retryable: true,
    summary: "this process is no longer the leader",
    remedy: "Nothing to do: the process ends and another one leads.",
  },
  ROP_QUEUE_FULL: {
    retryable: true,
    summary: "too many migrations wait to be reconciled",
    remedy: "Split the watched namespaces over several operators.",
  },
  ROP_SETTINGS_INVALID: {
    retryable: false,
    summary: "the settings cannot be used",
    remedy: "Correct every listed setting.",
  },
  ROP_UNEXPECTED: {
    retryable: true,
    summary: "unexpected fault",
    remedy: "Please report it with the log line.",
  },
} as const satisfies Readonly<Record<string, ErrorRow>>;

export type ErrorCode = keyof typeof errorTable;

/** Plain facts about a failure: names, numbers, field paths. Never a secret, a body or a query. */
type ErrorDetails = Readonly<Record<string, string | number | readonly string[]>>;

/** A failure with a code of the table. Its message is bounded and fit for logs, status and events. */
export class OperatorError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly details: ErrorDetails;

  constructor(
    code: ErrorCode,
    about: string,
    more: { readonly cause?: unknown; readonly details?: ErrorDetails } = {},
  ) {
    const { summary, retryable } = errorTable[code];
    super(`${summary}: ${bounded(about)}`, more.cause === undefined ? {} : { cause: more.cause });
    this.name = "OperatorError";
    this.code = code;
    this.retryable = retryable;
    this.details = more.details ?? {};
  }
}

/** The error itself when it is coded, else ROP_UNEXPECTED with the fault's class only: its text may hold anything. */
export function asOperatorError(fault: unknown): OperatorError {
  if (fault instanceof OperatorError) return fault;
  const kind = fault instanceof Error ? fault.name : typeof fault;
  return new OperatorError("ROP_UNEXPECTED", kind, { cause: fault });
}

/** Whether the fault carries this code. */
export function hasCode(fault: unknown, code: ErrorCode): boolean {
  return fault instanceof OperatorError && fault.code === code;
}

/** What to do about a code. */
export function remedyOf(code: ErrorCode): string {
  return errorTable[code].remedy;
}

/** Of foreign text that is made into one line: more than is shown of any. */
const mostRead = 10_000;

/** At most 300 characters, on one line. */
export function bounded(text: string): string {
  const line = printable(text.slice(0, mostRead).replace(/\s+/g, " ").trim());
  return line.length <= 300 ? line : `${line.slice(0, 299)}…`;
}
