// Refusals in the shape of the real API server: one exception that carries a Status object.
// Only builds them; what is refused is decided elsewhere.

export type Cause = { readonly reason: string; readonly message: string; readonly field: string };

export type StatusBody = {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: Record<string, unknown>;
  readonly status: "Failure" | "Success";
  readonly message?: string;
  readonly reason?: string;
  readonly details?: Record<string, unknown>;
  readonly code: number;
};

/** Which resource a refusal speaks of. */
type Subject = { readonly group: string; readonly plural: string; readonly kind: string };

/** A request that is answered with a failed Status. */
export class ApiFailure extends Error {
  readonly status: StatusBody;
  constructor(status: StatusBody) {
    super(status.message ?? status.reason ?? "failure");
    this.status = status;
  }
}

type Parts = { code: number; reason: string; message: string; details?: Record<string, unknown> };

/** Any refusal. Prefer the named ones below. */
export function failure(parts: Parts): ApiFailure {
  return new ApiFailure({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", ...parts });
}

function qualified(subject: Subject): string {
  return subject.group === "" ? subject.plural : `${subject.plural}.${subject.group}`;
}

function details(subject: Subject, name: string): Record<string, unknown> {
  return {
    ...(name === "" ? {} : { name }),
    ...(subject.group === "" ? {} : { group: subject.group }),
    kind: subject.plural,
  };
}

export function notFound(subject: Subject, name: string): ApiFailure {
  const message = `${qualified(subject)} "${name}" not found`;
  return failure({ code: 404, reason: "NotFound", message, details: details(subject, name) });
}

/** The path names nothing that is served. */
export class NoSuchPath extends ApiFailure {
  constructor() {
    const message = "the server could not find the requested resource";
    super(failure({ code: 404, reason: "NotFound", message, details: {} }).status);
  }
}

export function alreadyExists(subject: Subject, name: string): ApiFailure {
  const message = `${qualified(subject)} "${name}" already exists`;
  return failure({ code: 409, reason: "AlreadyExists", message, details: details(subject, name) });
}

export function conflict(subject: Subject, name: string, why: string): ApiFailure {
  const message = `Operation cannot be fulfilled on ${qualified(subject)} "${name}": ${why}`;
  return failure({ code: 409, reason: "Conflict", message, details: details(subject, name) });
}

/** The text of an optimistic-concurrency conflict. */
export const staleVersion =
  "the object has been modified; please apply your changes to the latest version and try again";

export function invalid(subject: Subject, name: string, causes: readonly Cause[]): ApiFailure {
  const lines = [...new Set(causes.map((cause) => `${cause.field}: ${cause.message}`))];
  const list = lines.length === 1 ? lines[0] : `[${lines.join(", ")}]`;
  const kind = subject.group === "" ? subject.kind : `${subject.kind}.${subject.group}`;
  const more = { ...details(subject, name), kind: subject.kind, causes };
  return failure({ code: 422, reason: "Invalid", message: `${kind} "${name}" is invalid: ${list}`, details: more });
}

export function forbidden(subject: Subject, name: string, why: string): ApiFailure {
  const message = `${qualified(subject)}${name === "" ? "" : ` "${name}"`} is forbidden: ${why}`;
  return failure({ code: 403, reason: "Forbidden", message, details: details(subject, name) });
}

export function badRequest(message: string): ApiFailure {
  return failure({ code: 400, reason: "BadRequest", message });
}

export function unauthorized(): ApiFailure {
  return failure({ code: 401, reason: "Unauthorized", message: "Unauthorized" });
}

/** The asked version is older than the kept history. */
export function gone(message: string): ApiFailure {
  return failure({ code: 410, reason: "Expired", message });
}

export function methodNotAllowed(): ApiFailure {
  const message = "the server does not allow this method on the requested resource";
  return failure({ code: 405, reason: "MethodNotAllowed", message, details: {} });
}

export function unsupportedMediaType(got: string, supported: readonly string[]): ApiFailure {
  const message = `the body of the request was in an unknown format - accepted media types include: ${supported.join(", ")} (got ${got})`;
  return failure({ code: 415, reason: "UnsupportedMediaType", message });
}

/** The Status of a refusal; anything else is an internal error. */
export function statusOf(error: unknown): StatusBody {
  if (error instanceof ApiFailure) return error.status;
  const message = error instanceof Error ? error.message : String(error);
  return failure({ code: 500, reason: "InternalError", message: `Internal error occurred: ${message}` }).status;
}
