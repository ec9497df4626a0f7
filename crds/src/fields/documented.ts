// Docs for the fields of a schema that is declared elsewhere, and stays without them there.
import type { FieldDoc } from "@retriever/stores/config/field-doc.ts";
import type { z } from "zod";

/**
 * A schema of the sidecar's contract with docs at its fields; it takes and refuses the same. The contract's own schemas
 * stay without: its documents are other pages.
 */
export function documented<Schema extends z.ZodObject>(
  schema: Schema,
  docs: Readonly<Record<string, FieldDoc>>,
): Schema {
  const shape = schema.shape as Readonly<Record<string, z.ZodType>>;
  const fields = Object.entries(docs).map(([name, fieldDoc]) => {
    const field = shape[name];
    if (field === undefined) throw new TypeError(`docs of ${name}, which is no field`);
    return [name, field.meta({ ...fieldDoc })];
  });
  return schema.safeExtend(Object.fromEntries(fields)) as unknown as Schema;
}
