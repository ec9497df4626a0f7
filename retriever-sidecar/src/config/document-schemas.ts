// Schemas of base and overlay over the adapters of a registry.

import type { AdapterDocument, Registry } from "@retriever/stores/kind.ts";
import { z } from "zod";
import { makeBaseConfigSchema } from "#contract/base.ts";
import { makeOverlaySchema } from "#contract/overlay.ts";

/** Made once: building them costs more than parsing a document. */
export function makeDocumentSchemas(registry: Registry) {
  return {
    base: makeBaseConfigSchema(unionOf(registry.map(({ base }) => base.schema))),
    overlay: makeOverlaySchema(unionOf(registry.map(({ overlay }) => overlay.schema))),
  };
}

export type DocumentSchemas = ReturnType<typeof makeDocumentSchemas>;
export type BaseConfig = z.infer<DocumentSchemas["base"]>;
export type OverlayDocument = z.infer<DocumentSchemas["overlay"]>;

type Option = z.core.$ZodTypeDiscriminable;

/** Told apart by `kind`, so that a fault is said of the adapter that was meant. */
function unionOf(schemas: readonly z.ZodType<AdapterDocument>[]): z.ZodType<AdapterDocument> {
  const [first, ...rest] = schemas as unknown as Option[];
  if (first === undefined) throw new RangeError("expected a registry with at least one adapter");
  return z.discriminatedUnion("kind", [first, ...rest]) as unknown as z.ZodType<AdapterDocument>;
}
