// Writes under the version that was read: what is judged is what is changed, however long the process stood still between.
import { hasCode } from "#errors.ts";
import type { KubeObject } from "./documents.ts";
import type { KubeRequest } from "./kube-request.ts";
import type { Place } from "./resources.ts";

/** How often somebody else may be faster before the pass gives up and comes again later. */
const tries = 4;

/** Reads and writes again when somebody else wrote in between. */
export async function overtakenAgain(readAndWrite: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await readAndWrite();
    } catch (fault) {
      if (!hasCode(fault, "ROP_CONFLICT") || attempt === tries) throw fault;
    }
  }
}

/** Undefined when it isn't there. */
export async function readObject(
  request: KubeRequest,
  place: Place,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  try {
    return (await request({ method: "GET", place, signal })) as KubeObject;
  } catch (fault) {
    if (hasCode(fault, "ROP_NOT_FOUND")) return undefined;
    throw fault;
  }
}
