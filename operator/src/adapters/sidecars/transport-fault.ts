// What becomes of a request to a pod that brought no usable answer.
import { OperatorError } from "#errors.ts";

type Signals = { readonly outer: AbortSignal; readonly deadline: AbortSignal };

/** `what` was asked of `peer`. A coded error stays as it is; who stopped it comes before what the transport says. */
export function transportFault(
  fault: unknown,
  { what, peer }: { readonly what: string; readonly peer: string },
  { outer, deadline }: Signals,
): OperatorError {
  if (fault instanceof OperatorError) return fault;
  if (outer.aborted) return new OperatorError("ROP_STOPPED", `${what} of ${peer}`, { cause: fault });
  if (deadline.aborted) return new OperatorError("ROP_DEADLINE_EXCEEDED", `${what} of ${peer}`, { cause: fault });
  const code = (fault as { code?: unknown }).code;
  const about = `${peer} (${typeof code === "string" ? code : "connection failed"})`;
  return new OperatorError("ROP_SIDECAR_UNREACHABLE", about, { cause: fault });
}
