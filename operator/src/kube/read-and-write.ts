// Reads of what may be gone, and writes under the version that was read: what is judged is what is changed, however long
// the process stood still between.
import { hasCode } from "#errors.ts";
import type { KubeObject } from "./documents.ts";
import type { KubeRequest } from "./kube-request.ts";
import type { Place } from "./resources.ts";

/** How often somebody else may be faster before the pass gives up and comes again later. */
const tries = 4;

/** Reads and writes again when somebody else wrote in between. */
export async function overtakenAgain<T>(readAndWrite: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await readAndWrite();
    } catch (fault) {
      if (!hasCode(fault, "ROP_CONFLICT") || attempt === tries) throw fault;
    }
  }
}

/** Undefined when what the call is about isn't there. */
export async function ifThere<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (fault) {
    if (hasCode(fault, "ROP_NOT_FOUND")) return undefined;
    throw fault;
  }
}

/** Undefined when it isn't there. */
export async function readObject(
  request: KubeRequest,
  place: Place,
  signal: AbortSignal,
  accept?: string,
): Promise<KubeObject | undefined> {
  const call = { method: "GET", place, signal, ...(accept === undefined ? {} : { accept }) } as const;
  return (await ifThere(request(call))) as KubeObject | undefined;
}
