// What becomes of an effect that failed: a coded fault that names it, and what people are told where it lasts.
import type { apply } from "#apply/apply.ts";
import type { Announcement } from "#core/model/decision.ts";
import type { MigrationMeta } from "#core/model/migration.ts";
import { asOperatorError, type ErrorCode, OperatorError } from "#errors.ts";
import type { makeEventRecorder } from "./event-recorder.ts";

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

/** Of what nothing waits for: nobody would hear of it otherwise. Undefined where it may pass by itself. */
export function tellBeside({ kind, error, isHeldUp }: Failed): Announcement | undefined {
  if (isHeldUp || !lasting.includes(error.code)) return undefined;
  const { reason, what } = wordsOf(kind);
  return { type: "Warning", reason, message: `${what} (${error.message}); the migration goes on.`, severity: null };
}

function wordsOf(kind: Failed["kind"]): { readonly reason: string; readonly what: string } {
  switch (kind) {
    case "annotatePods":
      return {
        reason: "PodsNotAnnotated",
        what: "Pods can't be annotated, so that each reads the overlay when its kubelet gets to it, within two minutes or so",
      };
    case "keepReport":
      return { reason: "DifferencesNotKept", what: "The differences that a verification found can't be kept" };
    case "createJob":
      return { reason: "JobRefused", what: "A Job can't be made" };
    default:
      return { reason: "JobRefused", what: "A Job can't be deleted" };
  }
}

/** A status that the API server keeps in part only can't say so itself: an event does, once for the fields it is about. */
export async function tellUnkept(
  fault: unknown,
  meta: MigrationMeta,
  { recordOnce }: Pick<ReturnType<typeof makeEventRecorder>, "recordOnce">,
  signal: AbortSignal,
): Promise<void> {
  const { code, message: about } = asOperatorError(fault);
  if (code !== "ROP_DEFINITION_OUTDATED") return;
  const message = `Nothing moves but a rollback: the CustomResourceDefinition is older than the operator (${about}); install the definitions of the operator's release.`;
  await recordOnce(
    meta,
    { type: "Warning", reason: "DefinitionOutdated", message, severity: "ticket" },
    signal,
    message,
  );
}
