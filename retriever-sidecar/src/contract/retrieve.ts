// `POST /v1/retrieve`, the retrieval service's contract (docs/sidecar-openapi.json).
import type { Candidate } from "@retriever/stores/ports/backend.ts";
import { z } from "zod";

export const maxK = 1000;
export { maxDimension } from "@retriever/stores/ports/backend.ts";
export const maxBodyBytes = 1_048_576;

/** A lone half of a surrogate pair has no place in UTF-8: it would reach a store as another text. */
const isWellFormed = (text: string): boolean => text.isWellFormed();
const unicode = "expected text in valid Unicode";
const filterText = z.string().max(1024).refine(isWellFormed, unicode);
const filterValueSchema = z.union([filterText, z.number(), z.boolean()], "expected a text, a number or a boolean");

/** The request without its embedding, which the hot path never turns into objects. */
export const retrieveEnvelopeSchema = z.strictObject({
  k: z.int().min(1).max(maxK),
  namespace: z
    .string()
    .min(1)
    .max(256)
    .refine(isWellFormed, unicode)
    .regex(/^\P{Cc}*$/u, "expected no control character")
    .optional(),
  filters: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/, "expected a field name"), filterValueSchema)
    .refine((filters) => Object.keys(filters).length <= 32, "expected at most 32 filters")
    .optional(),
  /** Read by `parseFilter`, which knows the fields that the base declares. */
  filter: z.unknown().optional(),
  /** What the answer is to hold beside the contract's facts, as far as the base's `select` permits. */
  include: z
    .array(z.enum(["text", "metadata"]))
    .max(2)
    .optional(),
});
export type RetrieveEnvelope = z.infer<typeof retrieveEnvelopeSchema>;

/** A candidate as an answer holds it. */
export type AnsweredCandidate = Candidate & {
  /** Its text goes on, or its metadata was left out, because the answer would be too large. */
  readonly isCut?: true;
};

export type RetrieveResponse = {
  /** Best first, at most k. */
  readonly candidates: readonly AnsweredCandidate[];
  /** Time the store took. */
  readonly vectorMs: number;
};

export type ErrorResponse = {
  readonly error: { readonly code: string; readonly message: string; readonly path?: string };
};
