// Answers of the API server that aren't successes, as coded errors. Bodies are read as Status objects and bounded.
import { type ErrorCode, OperatorError } from "#errors.ts";
import { BodyTooLarge } from "#http/exchange.ts";
import { type Place, rightOf } from "./resources.ts";

type StatusCause = { readonly reason?: string; readonly message?: string; readonly field?: string };
type StatusBody = {
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly kind?: string; readonly causes?: readonly StatusCause[] };
};

type Refusal = {
  readonly verb: string;
  readonly place: Place;
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | undefined;
  /** Headers of the call: what proves who asks may come back in the answer, above all from a proxy. */
  readonly sent: Readonly<Record<string, unknown>>;
};

/** The coded error of a refused call. */
export function refusalOf(refusal: Refusal): OperatorError {
  const redacted = redactorOf(refusal.sent);
  const status = parseStatus(refusal.body, redacted);
  const call = `${refusal.verb} ${describePlace(refusal.place)}`;
  const conflict = refusal.status === 409 ? fieldConflictOf(status, call) : undefined;
  if (conflict !== undefined) return conflict;
  const code = codeOf(refusal.status, status.reason ?? "");
  const said =
    status.message === undefined || code === "ROP_NOT_FOUND" || code === "ROP_CONFLICT" ? "" : `: ${status.message}`;
  return new OperatorError(code, `${call} (HTTP ${refusal.status})${said}`, {
    details: {
      verb: refusal.verb,
      resource: rightOf(refusal.place),
      ...(refusal.place.namespace === undefined ? {} : { namespace: refusal.place.namespace }),
      httpStatus: refusal.status,
      // A create is answered with 404 for want of its namespace as well as of its definition.
      ...(status.details?.kind === "namespaces" ? { absent: "namespace" } : {}),
      ...(status.reason === undefined ? {} : { reason: status.reason.slice(0, 80) }),
      ...(refusal.retryAfter === undefined ? {} : { retryAfter: redacted(refusal.retryAfter).slice(0, 40) }),
    },
  });
}

/** An answer larger than this process takes, or than the API server, its etcd or a proxy can send. */
export function isAnswerTooLarge(fault: unknown): boolean {
  if (!(fault instanceof OperatorError)) return false;
  const { httpStatus } = fault.details;
  if (fault.cause instanceof BodyTooLarge || httpStatus === 413) return true;
  return httpStatus === 500 && /larger than max|too large|ResourceExhausted/.test(fault.message);
}

/** `configmaps search/app`: what a call was about. */
export function describePlace(place: Place): string {
  const path = [place.namespace, place.name].filter((part) => part !== undefined).join("/");
  return path === "" ? rightOf(place) : `${rightOf(place)} ${path}`;
}

const codeByStatus: ReadonlyMap<number, ErrorCode> = new Map([
  [401, "ROP_UNAUTHENTICATED"],
  [403, "ROP_FORBIDDEN"],
  [404, "ROP_NOT_FOUND"],
  [409, "ROP_CONFLICT"],
  [410, "ROP_EXPIRED"],
  [429, "ROP_API_UNAVAILABLE"],
]);

function codeOf(status: number, reason: string): ErrorCode {
  if (reason === "Expired") return "ROP_EXPIRED";
  const known = codeByStatus.get(status);
  if (known !== undefined) return known;
  if (status >= 500) return "ROP_API_UNAVAILABLE";
  return status >= 400 ? "ROP_INVALID" : "ROP_API_ANSWER_INVALID";
}

function fieldConflictOf(status: StatusBody, call: string): OperatorError | undefined {
  const causes = (status.details?.causes ?? []).filter((cause) => cause.reason === "FieldManagerConflict");
  if (causes.length === 0) return undefined;
  const managers = causes.map((cause) => /"([^"]{1,128})"/.exec(cause.message ?? "")?.[1] ?? "unknown manager");
  const fields = causes.map((cause) => (cause.field ?? "unknown field").slice(0, 120));
  const about = causes.map((_, index) => `${managers[index]} owns ${fields[index]}`).join("; ");
  return new OperatorError("ROP_FIELD_CONFLICT", `${call}: ${about}`, { details: { managers, fields } });
}

/** Text without what proves who asks, whatever the scheme, also as JSON and addresses spell it; of `Basic` the password by itself, too. */
function redactorOf({ authorization }: Refusal["sent"]): (text: string) => string {
  if (typeof authorization !== "string") return (text) => text;
  const [scheme = "", credential = ""] = authorization.split(" ", 2);
  const login = scheme.toLowerCase() === "basic" ? Buffer.from(credential, "base64").toString("utf8") : "";
  const spellings = [credential, login.slice(login.indexOf(":") + 1)]
    .filter((secret) => secret !== "")
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), goEscaped(secret), encodeURIComponent(secret)])
    .toSorted((a, b) => b.length - a.length);
  if (spellings.length === 0) return (text) => text;
  // In one pass: a short secret must not be looked for in the marks of another.
  const any = new RegExp(
    spellings.map((spelling) => spelling.replaceAll(/[$()*+.?[\\\]^{|}\-/]/g, String.raw`\$&`)).join("|"),
    "g",
  );
  return (text) => text.replaceAll(any, "[secret]");
}

/** Within JSON that stands within a message, as the API server writes it. */
function goEscaped(text: string): string {
  const escaped = JSON.stringify(text).slice(1, -1);
  return escaped.replaceAll(/[&<>]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

/** Parsed first: as JSON a secret may be spelt in many ways, and be a word of the answer's own. */
function parseStatus(body: string, redacted: (text: string) => string): StatusBody {
  try {
    return JSON.parse(body, (_key, value: unknown) => (typeof value === "string" ? redacted(value) : value)) ?? {};
  } catch {
    return {};
  }
}
