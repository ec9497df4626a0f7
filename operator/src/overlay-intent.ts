// Why an overlay was written, as its ConfigMap carries it: one notation for the writer and the reader.
import { reasonWord, sentence, shortName } from "@retriever/crds/fields/field-types.ts";
import { epochSchema } from "@retriever/sidecar/contract/overlay.ts";
import { z } from "zod";
import type { OverlayIntent } from "#core/model/workload.ts";

/** Annotation of the overlay's ConfigMap, written in the same request as the overlay. */
export const intentAnnotation = "retriever.dev/intent";

/** No more than the status can hold: whoever may edit the ConfigMap can write anything. */
const intentSchema = z.object({
  migrationUid: z.string().max(64),
  epoch: epochSchema,
  rollback: z.object({ reason: reasonWord, causes: z.array(sentence).max(10), actor: shortName.nullable() }).nullable(),
  frozen: shortName.exactOptional(),
});

/** Value of the annotation. */
export function printIntent(intent: OverlayIntent): string {
  return JSON.stringify(intent);
}

/** The intent of an annotation; null when there is none that can be read. */
export function parseIntent(text: string | undefined): OverlayIntent | null {
  try {
    return intentSchema.safeParse(JSON.parse(text ?? "")).data ?? null;
  } catch {
    return null;
  }
}
