// What becomes of an effect that failed: a coded fault that names it, and what people are told where it lasts.
import type { apply } from "#apply/apply.ts";
import type { Announcement } from "#core/model/decision.ts";
import { type ErrorCode, OperatorError } from "#errors.ts";

type Failed = Extract<Awaited<ReturnType<typeof apply>>, { readonly ok: false }>;

/** Those that last until somebody does something. */
const lasting: readonly ErrorCode[] = ["ROP_NAME_TAKEN", "ROP_FORBIDDEN", "ROP_INVALID"];

/** Keeps the effect's own code and says which effect it was. */
export class EffectFault extends OperatorError {
  readonly isHeldUp: boolean;

  constructor({ kind, error, isHeldUp }: Failed) {
    super(error.code, `effect ${kind}: ${error.message}`, {
      cause: error.cause,
      details: { ...error.details, effect: kind },
    });
    this.isHeldUp = isHeldUp;
  }
}

/** Of a Job or report that nothing waits for: nobody would hear of it otherwise. Undefined where it may pass by itself. */
export function tellBeside({ kind, error, isHeldUp }: Failed): Announcement | undefined {
  if (isHeldUp || !lasting.includes(error.code)) return undefined;
  const [reason, what] =
    kind === "keepReport"
      ? ["DifferencesNotKept", "The differences that a verification found can't be kept"]
      : ["JobRefused", kind === "createJob" ? "A Job can't be made" : "A Job can't be deleted"];
  return { type: "Warning", reason, message: `${what} (${error.message}); the migration goes on.`, severity: null };
}
