// What a failed probe shows of a store.
import type { RetrieverError } from "#errors.ts";
import { type ProbeFacts, unknownFacts } from "#ports/backend.ts";

/** `tls`: of the connection, unless TLS itself failed. */
export function failedFacts({ code, message, isAbsent }: RetrieverError, tls: ProbeFacts["tls"]): ProbeFacts {
  const facts = { ...unknownFacts, fault: { code, message } };
  if (code === "RETR_BACKEND_TLS") return { ...facts, reachable: true, tls: "failed" };
  if (code === "RETR_BACKEND_AUTH") return { ...facts, reachable: true, tls, authenticated: false };
  if (code === "RETR_BACKEND_MISSING")
    return { ...facts, reachable: true, tls, authenticated: true, exists: !isAbsent };
  if (code === "RETR_BACKEND_ANSWER_INVALID") return { ...facts, reachable: true, tls };
  return { ...facts, reachable: false };
}
