// The sidecar's error codes in one table, and the one error class that carries them.
// Imports nothing; the reference page is generated from the table.

type ErrorEntry = {
  /** Status of the answer to the application; for codes that never answer a request, what a caller would deserve. */
  readonly httpStatus: number;
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean;
  readonly summary: string;
  readonly remedy: string;
};

export const errorTable = {
  RETR_CONFIG_INVALID: {
    httpStatus: 500,
    retryable: false,
    summary: "The base, the overlay or a setting of the process isn't valid.",
    remedy:
      "Correct every path the message lists; `retriever-sidecar check-config FILE` checks a file beforehand, with `--connect` its stores, too.",
  },
  RETR_CREDENTIAL_MISSING: {
    httpStatus: 503,
    retryable: false,
    summary: "A credential that the configuration refers to isn't set in this pod.",
    remedy: "Add the named variable or file to the container; the message names the reference, never its value.",
  },
  RETR_CREDENTIAL_INVALID: {
    httpStatus: 503,
    retryable: false,
    summary: "A credential isn't one line of printable text, or can't be sent to its store.",
    remedy: "Write it again without line breaks and invisible characters; one line break at the end does no harm.",
  },
  RETR_CREDENTIAL_NOT_ALLOWED: {
    httpStatus: 503,
    retryable: false,
    summary: "The overlay would send a credential to a host other than the one it is bound to.",
    remedy:
      "Bind the credential to this host in RETRIEVER_ALLOWED_HOSTS (`host=RETRIEVER_CRED_X`), or use the right one.",
  },
  RETR_HOST_NOT_ALLOWED: {
    httpStatus: 503,
    retryable: false,
    summary:
      "The overlay names a host that the pod template doesn't list, or lists with TLS only; or a host is, or its name leads to, a link-local or reserved address.",
    remedy:
      "Add the host to RETRIEVER_ALLOWED_HOSTS of the pod template if it is meant to be reached, or reach it with TLS. No list allows a link-local address.",
  },
  RETR_SOURCE_CHANGED: {
    httpStatus: 503,
    retryable: false,
    summary: "The base names another store than the one the migration started from.",
    remedy: "Restore the base's primary, or end the migration before the base changes its store.",
  },
  RETR_REQUEST_INVALID: {
    httpStatus: 400,
    retryable: false,
    summary: "The body of a retrieve request isn't valid.",
    remedy: "Correct the field the answer's path names.",
  },
  RETR_BODY_TOO_LARGE: {
    httpStatus: 413,
    retryable: false,
    summary: "The body of a retrieve request exceeds the limit.",
    remedy: "Send one embedding per request; base64 float32 is a quarter of the size of numbers.",
  },
  RETR_NOT_FOUND: {
    httpStatus: 404,
    retryable: false,
    summary: "There is no such path on this listener.",
    remedy:
      "The application listener serves POST /v1/retrieve; the admin listener /metrics, /v1/status, /healthz, /readyz.",
  },
  RETR_METHOD_NOT_ALLOWED: {
    httpStatus: 405,
    retryable: false,
    summary: "The path exists, the method doesn't.",
    remedy: "Use the method the `allow` header names.",
  },
  RETR_CLIENT_NOT_PROVED: {
    httpStatus: 403,
    retryable: false,
    summary: "Who asks showed no certificate of the operator, which this listener answers alone.",
    remedy:
      "Ask with a certificate for the name in RETRIEVER_OPERATOR_NAME, of an authority in `ca.crt` of RETRIEVER_POD_PROOF. Health and metrics need none.",
  },
  RETR_OVERLOADED: {
    httpStatus: 503,
    retryable: true,
    summary:
      "As many requests as the sidecar takes at once are under way, or their answers take all its room for them.",
    remedy: "Retry with backoff, ask for less content at once; add pods if it lasts.",
  },
  RETR_NOT_READY: {
    httpStatus: 503,
    retryable: true,
    summary: "No valid configuration is in force, or the sidecar is shutting down.",
    remedy:
      "Read the message: it names the document that can't be used. The sidecar picks up a corrected one by itself.",
  },
  RETR_BACKEND_UNAVAILABLE: {
    httpStatus: 503,
    retryable: true,
    summary: "The primary store can't be reached or failed.",
    remedy: "Do what the message says, or see stores[].lastError of /v1/status; the pods stay ready on purpose.",
  },
  RETR_BACKEND_AUTH: {
    httpStatus: 503,
    retryable: false,
    summary: "A store refused the credential.",
    remedy: "Correct the credential the adapter refers to, or its rights.",
  },
  RETR_BACKEND_TLS: {
    httpStatus: 503,
    retryable: false,
    summary: "The store's certificate couldn't be verified, or its own CA file couldn't be read.",
    remedy: "Set tls.caFile to the authority that signed the store's certificate.",
  },
  RETR_BACKEND_MISSING: {
    httpStatus: 503,
    retryable: false,
    summary: "The store answers, but the collection, table, column or database isn't there.",
    remedy: "Do what the message says: create it, or correct its name or what is set of it.",
  },
  RETR_BACKEND_ANSWER_INVALID: {
    httpStatus: 503,
    retryable: true,
    summary: "A store answered something that isn't an answer of its kind.",
    remedy:
      "Do what the message says; else check that the address is the store's own and no proxy answers in its place.",
  },
  RETR_DEADLINE_EXCEEDED: {
    httpStatus: 504,
    retryable: true,
    summary: "A store didn't answer within its adapter's timeoutMs.",
    remedy: "Find out why the store is slow; raise timeoutMs only if its normal answers take that long.",
  },
  RETR_DUAL_VARIANCE_HIGH: {
    httpStatus: 500,
    retryable: false,
    summary: "One dual-read sample differs beyond the thresholds; a log event, never an answer.",
    remedy: "See the causes in the event. One sample is no alarm; the operator judges rates.",
  },
  RETR_VERIFY_UNSUPPORTED: {
    httpStatus: 500,
    retryable: false,
    summary: "A store's adapter can't be verified or repaired: it doesn't let the store be read through or written.",
    remedy: "Give the adapter the missing side, see docs/adapters.md, or waive the verification.",
  },
  RETR_VERIFY_NOT_COMPARABLE: {
    httpStatus: 500,
    retryable: false,
    summary:
      "The two stores can't hold the same data as they are: dimension, metric, ids or fields are of other kinds.",
    remedy: "Correct the store or its configuration as the message says; a lower --level compares less.",
  },
  RETR_VERIFY_DUPLICATE_IDS: {
    httpStatus: 500,
    retryable: false,
    summary: "A store holds a chunk id more than once, so that it can't be said which of them counts.",
    remedy:
      "Remove the doubles the message names, and give the chunk id a unique index where the store has one; where ids are unique for each tenant only, name another field as the id (fields.id), such as one of a view that joins both.",
  },
  RETR_VERIFY_CHECKPOINT_INVALID: {
    httpStatus: 500,
    retryable: false,
    summary: "The checkpoint in the report folder can't be gone on from: damaged, or of another run.",
    remedy: "Resume with the options and stores of the interrupted run, or start anew without --resume.",
  },
  RETR_VERIFY_FOLDER_UNWRITABLE: {
    httpStatus: 500,
    retryable: true,
    summary: "The report folder can't be written: full, read-only or missing.",
    remedy: "Free space or correct the folder's rights; --resume goes on from the last checkpoint.",
  },
  RETR_REPAIR_REFUSED: {
    httpStatus: 500,
    retryable: false,
    summary:
      "The report can't be repaired from: edited, of other stores, incomplete, without a result, or a store hides rows.",
    remedy:
      "Verify again and repair from the report that was written then; the message says what is wrong with this one.",
  },
  RETR_REPAIR_WRITE_REFUSED: {
    httpStatus: 500,
    retryable: false,
    summary: "A store takes no writes of a repair; a single chunk that it can't take is listed and ends nothing.",
    remedy: "Correct the server, table or collection as the message says, then repair from the same report again.",
  },
  RETR_COPY_REFUSED: {
    httpStatus: 500,
    retryable: false,
    summary:
      "The destination isn't one that a copy or a sync can fill: it lacks an index, isn't what was to be made, or its chunks have no moments to follow.",
    remedy: "Correct the table or collection as the message says, or let `--create` make a new one.",
  },
  RETR_INTERNAL: {
    httpStatus: 500,
    retryable: false,
    summary: "A fault of the sidecar itself.",
    remedy: "Report it with the log line of the same time.",
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

/** What went wrong and where, without secrets: fit for status, logs and answers. */
export type Fault = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly path?: string;
  /** A store asked not to be called again before. */
  readonly retryAfterSeconds?: number;
  /** Of RETR_BACKEND_MISSING: the table or collection itself isn't there, and not only something of it. */
  readonly isAbsent?: boolean;
  /** The store refused the request for its rate, and did nothing of it. */
  readonly isRateLimited?: boolean;
  /** The answer is larger than any that is taken; one about fewer chunks may not be. */
  readonly isTooLarge?: boolean;
};

/** Characters that move a cursor, hide or reorder what a person reads; and how much of a text is worth reading. */
const unprintable = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;
const mostMessageChars = 1900;
const mostPathChars = 200;

/** Text of somebody else's as a terminal and a status may show it. */
export function printable(text: string, mostChars = mostMessageChars): string {
  const cut = text.length > mostChars ? `${text.slice(0, mostChars - 1)}…` : text;
  return cut.replaceAll(unprintable, "\ufffd");
}

/** The one error class of the sidecar; its message never holds a secret or a query. */
export class RetrieverError extends Error {
  readonly code: ErrorCode;
  readonly path: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly isAbsent: boolean;
  readonly isRateLimited: boolean;
  readonly isTooLarge: boolean;

  constructor(fault: Fault, cause?: unknown) {
    super(printable(fault.message), cause === undefined ? undefined : { cause });
    this.name = "RetrieverError";
    this.code = fault.code;
    this.path = fault.path === undefined ? undefined : printable(fault.path, mostPathChars);
    this.retryAfterSeconds = fault.retryAfterSeconds;
    this.isAbsent = fault.isAbsent === true;
    this.isRateLimited = fault.isRateLimited === true;
    this.isTooLarge = fault.isTooLarge === true;
  }
}

/** An error for a person at a terminal: its code, message and remedy, or the error itself when it isn't of this table. */
export function explain(error: unknown): string {
  if (!(error instanceof RetrieverError)) return String(error);
  return `${error.code}: ${error.message}\n${errorTable[error.code].remedy}`;
}

/** Makes errors of one code. */
export function errorsOf(code: ErrorCode): (message: string, cause?: unknown) => RetrieverError {
  return (message, cause) => new RetrieverError({ code, message }, cause);
}

/** The fault an unknown error stands for. Text of foreign errors is left out: it may quote what it was given. */
export function faultOf(error: unknown): Fault {
  if (!(error instanceof RetrieverError)) return { code: "RETR_INTERNAL", message: "internal error" };
  const { code, message, path, retryAfterSeconds } = error;
  return {
    code,
    message,
    ...(path === undefined ? {} : { path }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}
