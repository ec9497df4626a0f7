// Docs for the fields of a schema that is declared elsewhere, and stays without them there.
import type { FieldDoc } from "@retriever/stores/config/field-doc.ts";
import { z } from "zod";

/** Docs of what is in a field: of the fields of an object, or of the objects of a union, in its order. */
type ObjectDocs = { readonly [name: string]: FieldDoc | ObjectDocs | readonly ObjectDocs[] };

/**
 * A schema of the sidecar's contract with docs at its fields; it takes and refuses the same. The contract's own schemas
 * stay without: its documents are other pages.
 */
export function documented<Schema extends z.ZodType>(schema: Schema, docs: ObjectDocs): Schema {
  return withDocs(schema, docs) as Schema;
}

function withDocs(schema: z.ZodType, docs: ObjectDocs[string]): z.ZodType {
  if (isFieldDoc(docs)) return schema.meta({ ...docs });
  if (schema instanceof z.ZodOptional) return withDocs(schema.unwrap() as z.ZodType, docs).optional();
  if (schema instanceof z.ZodUnion) {
    const branches = docs as readonly ObjectDocs[];
    return z.union(schema.options.map((option, index) => withDocs(option as z.ZodType, branches[index] ?? {})));
  }
  if (!(schema instanceof z.ZodObject)) throw new TypeError("docs of fields, but no object");
  const shape = schema.shape as Readonly<Record<string, z.ZodType>>;
  const named = Object.entries(docs).map(([name, inner]) => [name, withDocs(fieldOf(shape, name), inner)]);
  return schema.safeExtend(Object.fromEntries(named));
}

function fieldOf(shape: Readonly<Record<string, z.ZodType>>, name: string): z.ZodType {
  const field = shape[name];
  if (field === undefined) throw new TypeError(`docs of ${name}, which is no field`);
  return field;
}

function isFieldDoc(docs: ObjectDocs[string]): docs is FieldDoc {
  return "description" in docs && typeof docs.description === "string";
}
