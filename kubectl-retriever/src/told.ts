// A read whose failure is itself an answer: what may not be read, or isn't there, is told with its reason.
import type { Read } from "@retriever/operator/core/model/workload.ts";
import { asOperatorError, hasCode } from "@retriever/operator/errors.ts";

const hopeless = ["ROP_API_UNAVAILABLE", "ROP_UNAUTHENTICATED", "ROP_STOPPED"] as const;

/** What a call brings, or why it brings nothing. */
export async function told<T>(call: Promise<T>): Promise<Read<T>> {
  try {
    return { ok: true, value: await call };
  } catch (fault) {
    if (hopeless.some((code) => hasCode(fault, code))) throw fault;
    const { message, code, details } = asOperatorError(fault);
    const { verb, resource } = details;
    const right = code === "ROP_FORBIDDEN" && typeof verb === "string";
    return { ok: false, why: right ? `needs the right to ${verb} ${String(resource)}` : message };
  }
}
