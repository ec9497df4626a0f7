// Why an overlay was written, as its ConfigMap carries it: one notation for the writer and the reader.
import { z } from "zod";
import type { OverlayIntent } from "#core/model/workload.ts";

/** Annotation of the overlay's ConfigMap, written in the same request as the overlay. */
export const intentAnnotation = "retriever.dev/intent";

const intentSchema = z.object({
  migrationUid: z.string(),
  epoch: z.int(),
  rollback: z.object({ reason: z.string(), causes: z.array(z.string()), actor: z.string().nullable() }).nullable(),
  frozen: z.string().exactOptional(),
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
