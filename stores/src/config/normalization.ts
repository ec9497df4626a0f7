// How a store's own numbers become the similarities that the application sees.
import { z } from "zod";

export const normalizationSchema = z.strictObject({
  strategy: z.enum(["auto", "cosine", "pgvector-l2"]).default("auto"),
  /** Similarities are mapped onto [min, max], both within 0..1. */
  targetRange: z
    .tuple([z.number().min(0).max(1), z.number().min(0).max(1)])
    .refine(([min, max]) => min < max, "expected min < max")
    .default([0, 1]),
});
export type Normalization = z.infer<typeof normalizationSchema>;
