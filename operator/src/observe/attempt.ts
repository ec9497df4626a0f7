// A read that becomes data whatever happens to it.

import type { Read } from "#core/model/workload.ts";
import { asOperatorError } from "#errors.ts";
import type { Clock } from "#ports/clock.ts";
import { within } from "#timing/deadline.ts";

/** Of one read: its deadline, and the signal of the whole reconcile. */
export type ReadDeadline = { readonly clock: Clock; readonly deadlineMs: number; readonly signal: AbortSignal };

/** The value, or a bounded sentence of why there is none. Never rejects, never lasts longer than the deadline. */
export async function attempt<T>(
  deadline: ReadDeadline,
  about: string,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<Read<T>> {
  try {
    return { ok: true, value: await within({ ...deadline, about }, call) };
  } catch (fault) {
    const error = asOperatorError(fault);
    return { ok: false, why: `${error.code}: ${error.message}` };
  }
}
