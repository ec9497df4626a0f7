// `POST /v1/retrieve`, the retrieval service's contract (docs/sidecar-openapi.json).
import type { Candidate } from "@retriever/stores/ports/backend.ts";
import { z } from "zod";

export const maxK = 1000;
export const maxDimension = 16_000;
export const maxBodyBytes = 1_048_576;

const filterValueSchema = z.union([z.string().max(1024), z.number(), z.boolean()]);

/** The request without its embedding, which the hot path never turns into objects. */
export const retrieveEnvelopeSchema = z.strictObject({
  k: z.int().min(1).max(maxK),
  namespace: z.string().min(1).max(256).optional(),
  filters: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/, "expected a field name"), filterValueSchema)
    .refine((filters) => Object.keys(filters).length <= 32, "expected at most 32 filters")
    .optional(),
});
export type RetrieveEnvelope = z.infer<typeof retrieveEnvelopeSchema>;

export type RetrieveResponse = {
  /** Best first, at most k. */
  readonly candidates: readonly Candidate[];
  /** Time the store took. */
  readonly vectorMs: number;
};

export type ErrorResponse = {
  readonly error: { readonly code: string; readonly message: string; readonly path?: string };
};
